# ruff: noqa: E501
"""300 cases of what must be gone and what must stay: five families of sixty, made alike each time.

People, projects and values are drawn in turn from short tables; the sentences were written
for this set. A step names an item by its text, often in other words than it was stored with.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

EACH = 60
PEOPLE = ("Alice", "Bruno", "Chiara", "Dmitri", "Esther", "Farid", "Greta", "Hiro", "Ines", "Jonas")
CITIES = ("Berlin", "Lisbon", "Oslo", "Kyoto", "Quito", "Dakar", "Perth", "Turin", "Ghent", "Minsk")
THINGS = ("parser", "billing", "search", "login", "export", "mailer", "cache", "router", "queue", "editor")  # fmt: skip


class Case(NamedTuple):
    """What is stored, what is done, what is asked, and what the answer holds and lacks."""

    family: str
    stored: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    query: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]


def cases() -> list[Case]:
    """All of them, family by family."""
    made = (_supersession, _decay, _amnesia, _purge, _drift)
    return [make(n) for make in made for n in range(EACH)]


def _drawn(n: int) -> tuple[str, str, str, str, str]:
    """Two people, two cities and a thing, other ones for every number."""
    turn = n // len(PEOPLE)
    return (
        PEOPLE[n % 10], PEOPLE[(n + 1 + turn) % 10], CITIES[(n * 3 + turn) % 10],
        CITIES[(n * 3 + turn + 4) % 10], THINGS[(n * 7 + turn) % 10],
    )  # fmt: skip


def _supersession(n: int) -> Case:
    one, two, old, new, thing = _drawn(n)
    v, w = f"{n % 5 + 1}.{n % 7}.{n % 9}", f"{n % 5 + 2}.{n % 7}.{n % 9}"
    first, meant, then, query, gone, kept = (
        (f"{one} lives in {old}.", f"{one} lives in {old}.", f"{one} lives in {new}.",
         f"Where does {one} live?", old, new),
        (f"The {thing} service runs release v{v}.", f"{thing} is on release {v}",
         f"The {thing} service runs release v{w}.", f"Which release does {thing} run?", v, w),
        (f"{one}'s office is in {old}, on the second floor.", f"the office of {one} is in {old}",
         f"{one}'s office is in {new}, near the harbour.", f"Where is the office of {one}?",
         old, new),
        (f"Ticket JIRA-{n + 100} is assigned to {one}.", f"jira {n + 100} is with {one}",
         f"Ticket JIRA-{n + 100} is assigned to {two}.", f"Who has JIRA-{n + 100}?",
         f"assigned to {one}", f"assigned to {two}"),
        (f"{one} wohnt in {old}.", f"{one} wohnt jetzt in {old}", f"{one} wohnt in {new}.",
         f"Wo wohnt {one}?", old, new),
        (f"We meet {one} every Monday at {n % 8 + 9}:15.", f"{one} is met on Mondays",
         f"We meet {one} every Thursday at noon.", f"When do we meet {one}?", "Monday", "Thursday"),
    )[n % 6]  # fmt: skip
    sibling = f"{two} collects stamps and old maps."
    return Case("supersession", (first, sibling), (("supersede", meant, then),), query,
                (kept,), (gone,))  # fmt: skip


def _decay(n: int) -> Case:
    one, two, old, new, thing = _drawn(n)
    first, meant, query, gone = (
        (f"{one} is allergic to peanuts.", f"{one}'s peanut allergy", f"What is {one} allergic to?",
         "peanuts"),
        (f"The password hint for {thing} is 'blue heron'.", f"password hint of {thing}",
         f"What is the password hint for {thing}?", "blue heron"),
        (f"Order #A-{n + 4000} ships on Friday.", f"order A{n + 4000}",
         f"When does order A-{n + 4000} ship?", "Friday"),
        (f"{one} habite à {old}.", f"{one} habite dans la ville de {old}",
         f"Où habite {one} ?", old),
        (f"The {thing} team deploys from branch release-{n}.", f"{thing} deploys from release {n}",
         f"Which branch does {thing} deploy from?", f"release-{n}"),
        (f"{one} wants to move to {new} in spring.", f"{one} plans to move to {new}",
         f"Where does {one} want to move?", new),
    )[n % 6]  # fmt: skip
    sibling = f"{two} plays the cello in a quartet."
    return Case("decay", (first, sibling), (("release", meant),), query, (), (gone,))


def _amnesia(n: int) -> Case:
    """The sibling has nearly the same words, and survives."""
    one, two, old, new, thing = _drawn(n)
    first, other, meant, query, kept, gone = (
        (f"{one} likes green tea.", f"{two} likes green tea.", f"{one} likes green tea",
         "Who likes green tea?", f"{two} likes", f"{one} likes"),
        (f"The {thing} API key is K-{n}71.", f"The {thing} API key is K-{n}72.",
         f"API key k{n}71", f"What is the {thing} API key?", f"K-{n}72", f"K-{n}71"),
        (f"{one} was born in {old}.", f"{one} was married in {new}.",
         f"birthplace of {one}: {old}", f"What do we know of {one}?", "married", "born"),
        (f"JIRA-{n}12 is blocked by the {thing}.", f"JIRA-{n}13 is blocked by the {thing}.",
         f"jira {n}12", f"What is blocked by the {thing}?", f"JIRA-{n}13", f"JIRA-{n}12"),
        (f"{one} trinkt gern Kaffee.", f"{two} trinkt gern Kaffee.", f"{one} trinkt Kaffee",
         "Wer trinkt Kaffee?", f"{two} trinkt", f"{one} trinkt"),
        (f"Backup of {thing} runs at 02:00 in {old}.", f"Backup of {thing} runs at 03:30 in {new}.",
         f"{thing} backup at 02:00", f"When does the backup of {thing} run?", "03:30", "02:00"),
    )[n % 6]  # fmt: skip
    return Case("amnesia", (first, other), (("release", meant),), query, (kept,), (gone,))


def _purge(n: int) -> Case:
    one, two, old, new, thing = _drawn(n)
    low, bob = one.lower(), two.lower()
    dotted = ".".join(low)
    name, first, more, other, kept = (
        (f"{low}@example.org", f"Write to {low}@example.org about {thing}.",
         f"{low}@example.org pays the bills.", f"Write to {bob}@example.org about {thing}.", bob),
        (f"{low}@", f"The {thing} alarm goes to {low}@example.org.", f"{low}@work.test is on leave.",
         f"The {thing} alarm goes to {bob}@example.org.", bob),
        (one, f"{one} has a sister in {old}.", f"Last week {one} broke an arm.",
         f"{two} has a sister in {new}.", two),
        (dotted, f"The user {low} signed up for {thing}.", f"{dotted} asked for a refund.",
         f"The user {bob} signed up for {thing}.", bob),
        (f"customer {n}77", f"Customer-{n}77 owns a {thing}.", f"Invoice of customer {n}77 is late.",
         f"Customer-{n}78 owns a {thing}.", f"{n}78"),
        (one, f"{one}さんは{old}に住んでいます。", f"{one} speaks Japanese.",
         f"{two}さんは{new}に住んでいます。", two),
    )[n % 6]  # fmt: skip
    query = f"{one} {two} {thing} customer {n}77 sister"
    gone = (first, more)
    return Case("purge", (first, more, other), (("purge", name),), query, (kept,), gone)


def _drift(n: int) -> Case:
    """A value that changes five times: only the last one is found."""
    one, two, _, _, thing = _drawn(n)
    form, query = (
        ("{0} works in {1}.", "Where does {0} work?"),
        ("The {2} cluster is hosted in {1}.", "Where is the {2} cluster hosted?"),
        ("{0} now prefers the flat in {1} to all others.", "Which flat does {0} prefer?"),
        ("Der Vertrag von {0} liegt in {1}.", "Wo liegt der Vertrag von {0}?"),
    )[n % 4]
    values = [CITIES[(n + step * 3) % 10] for step in range(6)]
    said = [form.format(one, value, thing) for value in values]
    steps = tuple(("supersede", a, b) for a, b in pairwise(said))
    sibling = f"{two} sings in a choir."
    return Case("drift", (said[0], sibling), steps, query.format(one, "", thing),
                (values[-1],), tuple(values[:-1]))  # fmt: skip
