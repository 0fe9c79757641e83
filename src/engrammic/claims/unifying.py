"""Rules that give different wordings one form, and add what follows from a change of state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engrammic.claims.drafts import Draft
from engrammic.claims.kinds import DIETS
from engrammic.claims.phrases import is_name, phrase
from engrammic.claims.words import DETERMINERS, GROUP, POSSESSIVES, VERBS, Form, several

_CHANGES = several(
    "increase decrease raise lower reduce bump extend "
    "reschedule postpone relocate switch move migrate convert upgrade change transfer downgrade"
)
_CHOSEN = several("choose pick select adopt")
_GROWS = several("change increase decrease drop rise")
_LEFT = several("leave quit resign retire")
_STOPS = several("stop quit cease discontinue")
_HIRED = several("start get take have begin accept find")
_GOT = several("married divorced engaged widowed retired sick pregnant")
_OFFERED = several("support use include contain allow accept offer provide need require")
_DROPPED = several("drop abandon ditch")
_PLANNED = several("plan schedule set book")


def unified(made: Draft) -> Iterator[Draft]:
    """The draft after every rule that fits; some rules add what follows from it."""
    made = _flattened(made)
    low = [t.lower() for t in made.subject]
    if low == ["there"] and made.verb in ("be", "exist"):
        if _to(made, "in"):
            rest = [(n, t) for n, t in made.phrases if n != "in"]
            yield replace(made, subject=_to(made, "in"), verb="have", phrases=rest)
        yield replace(made, subject=[], verb="exist")
    elif made.verb in _STOPS and made.object and _ing(made.object[0]):
        yield replace(
            made, verb=_ing(made.object[0]), object=made.object[1:],
            positive=not made.positive, past=False,
        )  # fmt: skip
    elif made.verb in ("start", "begin") and made.object and _ing(made.object[0]):
        yield replace(made, verb=_ing(made.object[0]), object=made.object[1:], past=False)
    elif made.verb in _CHANGES and made.positive and _to(made, "to"):
        yield from _changed(made)
    elif made.verb == "replace" and made.positive and (_to(made, "with") or _to(made, "by")):
        yield from _replaced(made)
    elif made.verb == "prefer" and made.positive and (_to(made, "over") or _to(made, "to")):
        rest = [(n, t) for n, t in made.phrases if n not in ("over", "to")]
        other = _to(made, "over") or _to(made, "to")
        yield replace(made, phrases=rest)
        yield replace(made, object=other, phrases=rest, positive=False)
    elif made.positive and (job := _job(made)) is not None:
        yield from job
    elif made.verb == "be":
        yield from _being(made)
    else:
        yield from _doing(made)


def _job(made: Draft) -> Iterator[Draft] | None:
    """Who got a job works there; who left it no longer does."""
    place, named = _to(made, "at"), "job" in {t.lower() for t in made.object}
    work = replace(made, verb="work", object=[], past=False)
    if made.verb in _HIRED and named and place:
        return iter([replace(work, phrases=[("at", place)])])
    if made.verb in _LEFT and made.object and is_name(made.object[-1]):
        return iter([replace(work, phrases=[("at", made.object)], positive=False)])
    if made.verb in _LEFT and named and place:
        return iter([replace(work, phrases=[("at", place)], positive=False)])
    if made.verb in ("step", "resign", "retire") and _to(made, "as"):
        role = ["the", *(t for t in _to(made, "as") if t.lower() not in DETERMINERS)]
        return _being(replace(made, verb="be", object=role, phrases=[], positive=False, past=False))
    return None


def _flattened(made: Draft) -> Draft:
    """What follows "of" goes on with the phrase before it; a bare preposition is the object."""
    objects = list(made.object)
    phrases: list[tuple[str, list[str]]] = []
    for name, tokens in made.phrases:
        if name == "of" and (phrases or objects):
            (phrases[-1][1] if phrases else objects).extend(["of", *tokens])
        elif not tokens and not phrases:
            objects.append(name)
        elif tokens:
            phrases.append((name, list(tokens)))
    return replace(made, object=objects, phrases=phrases)


def _ing(word: str) -> str:
    forms = VERBS.get(word.lower(), {})
    return next((verb for verb, form in forms.items() if form is Form.ING), "")


def _to(made: Draft, name: str) -> list[str]:
    return next((tokens for found, tokens in made.phrases if found == name), [])


def _changed(made: Draft) -> Iterator[Draft]:
    """From A to B: B holds now, and A does not."""
    what = made.subject if made.passive or made.verb in _GROWS else made.object
    what = what if made.passive or not made.object else made.object
    rest = [(n, t) for n, t in made.phrases if n not in ("to", "from") and not phrase(t).is_time]
    if what and what[0].lower() in ("her", "his", "their", "its"):
        what = [*made.subject, "'s", *what[1:]]
    person = not made.passive and not made.object and made.verb in ("move", "transfer")
    for name, positive in (("to", True), ("from", False)):
        value = _to(made, name)
        if not value:
            continue
        now = replace(made, past=False, perfect=False, passive=False, positive=positive)
        if person and not phrase(value).is_time and not _is_group(made.subject):
            verb = "locate" if made.subject[0].lower() in DETERMINERS | POSSESSIVES else "live"
            yield replace(now, verb=verb, object=[], phrases=[("in", value), *rest])
            continue
        timed = phrase(value).is_time
        if what or timed:
            kept = what or made.subject
            where = [("on", value)] if timed or made.verb == "move" else []
            yield replace(
                now, subject=kept, verb="be", object=[] if where else value, phrases=where + rest
            )
        if not timed:
            scope = [("for", what)] if what else []
            agent = [] if made.passive else made.subject
            yield replace(now, subject=agent, verb="use", object=value, phrases=scope + rest)


def _is_group(subject: list[str]) -> bool:
    return {t.lower() for t in subject} <= GROUP | DETERMINERS | POSSESSIVES


def _replaced(made: Draft) -> Iterator[Draft]:
    old = made.subject if made.passive else made.object
    new = _to(made, "with") or _to(made, "by")
    agent = [] if made.passive else made.subject
    rest = [(n, t) for n, t in made.phrases if n not in ("with", "by")]
    for value, positive in ((new, True), (old, False)):
        yield replace(
            made, subject=agent, verb="use", object=value, phrases=rest, past=False,
            perfect=False, passive=False, positive=positive,
        )  # fmt: skip


def _being(made: Draft) -> Iterator[Draft]:
    objects = [t.lower() for t in made.object]
    subject = {t.lower() for t in made.subject}
    if objects[-2:] == ["years", "old"]:
        yield replace(made, subject=[*made.subject, "age"], object=made.object[:-2])
    elif objects[:1] == ["married"] and _to(made, "to"):
        yield replace(made, phrases=[])
        yield replace(made, verb="marry", object=[])
    elif made.perfect and _to(made, "to"):
        rest = [(n, t) for n, t in made.phrases if n != "to"]
        yield replace(made, verb="visit", object=_to(made, "to"), phrases=rest)
    elif subject & {"home", "house", "residence"} and _to(made, "in"):
        owner = [t for t in made.subject if t.lower() not in ("home", "house", "residence", "'s")]
        yield replace(made, subject=owner, verb="live")
    elif objects[:1] == ["allergic"] and made.positive and _to(made, "to"):
        yield made
        yield replace(made, verb="have", object=["an", "allergy"], phrases=[])
        for verb in ("eat", "drink"):
            yield replace(made, verb=verb, object=_to(made, "to"), phrases=[], positive=False)
    elif made.positive and (diet := next((DIETS[w] for w in objects if w in DIETS), None)):
        yield made
        for kind in diet[1]:
            yield replace(made, verb=diet[0], object=[kind], phrases=[], positive=False)
    elif _is_role(made):
        yield replace(made, subject=made.object, object=made.subject)
    elif subject == {"it"} and (what := _to(made, "to")) and _verb(what[0]):
        rest = [(n, t) for n, t in made.phrases if n != "to"]
        yield replace(made, subject=what, phrases=rest)
    else:
        yield made


def _verb(word: str) -> bool:
    return Form.BASE in VERBS.get(word.lower(), {}).values()


def _is_role(made: Draft) -> bool:
    """Whether it says who has a role: "Ana is my manager"."""
    if not made.object or not made.subject:
        return False
    first = made.object[0].lower()
    owned = first in POSSESSIVES or first == "the" or "'s" in made.object
    named = is_name(made.subject[-1]) or made.subject[-1].replace(".", "").isdigit()
    plain = made.subject[0].lower() not in DETERMINERS | POSSESSIVES and "'s" not in made.subject
    return owned and named and plain and not is_name(made.object[-1].replace(".", ""))


def _doing(made: Draft) -> Iterator[Draft]:
    """Other verbs: the passive as an active without its agent, attributes as their own."""
    names = {name for name, _ in made.phrases}
    if made.verb in ("call", "name") and made.passive and made.object:
        yield replace(made, subject=[*made.subject, "name"], verb="be", passive=False)
    elif made.verb == "license" and "under" in names:
        value = _to(made, "under")
        yield replace(made, subject=["license"], verb="be", object=value, phrases=[])
    elif made.verb in _PLANNED and made.passive and names & {"for", "on", "at"}:
        yield replace(made, verb="be", passive=False)
    elif made.verb == "base" and made.passive:
        yield replace(made, verb="locate", passive=False)
    elif made.verb == "locate" and made.passive and not _to(made, "by"):
        yield replace(made, passive=False)
    elif made.verb == "expire" and made.perfect:
        yield replace(made, verb="be", object=["expired"], perfect=False, past=False)
    elif (
        made.verb in ("take", "cost")
        and [t.lower() for t in made.subject] == ["it"]
        and (what := _to(made, "to"))
    ):
        rest = [(n, t) for n, t in made.phrases if n != "to"]
        yield replace(made, subject=what, phrases=rest)
    else:
        yield from _states(made, names)


def _states(made: Draft, names: set[str]) -> Iterator[Draft]:
    """Verbs that say what something is now, or was from its beginning."""
    if made.verb == "bear":
        yield replace(made, past=False, passive=False)
    elif made.verb == "die" or (made.verb == "pass" and made.object[:1] == ["away"]):
        yield replace(made, verb="be", object=["dead"], phrases=[], past=False, times=frozenset())
    elif made.verb in _DROPPED and made.object and is_name(made.object[-1]):
        yield replace(
            made, verb="use", positive=not made.positive, past=False, perfect=False, passive=False
        )
    elif made.verb == "get" and made.object and made.object[0].lower() in _GOT:
        yield replace(made, verb="be", past=False, perfect=False, phrases=[], times=frozenset())
    elif made.verb == "become":
        yield replace(made, verb="be", past=False, perfect=False)
    elif made.verb == "work" and "as" in names:
        yield replace(made, verb="be", object=_to(made, "as"), phrases=[])
    elif made.verb in ("enable", "disable") and not made.passive and made.object:
        state = made.verb + "d"
        yield replace(made, subject=made.object, verb="be", object=[state], past=False)
    elif made.verb in _CHOSEN and made.object:
        yield replace(made, verb="use", past=False, perfect=False)
    elif (port := _port(made)) is not None:
        yield replace(made, subject=[*made.subject, "port"], verb="be", object=port, phrases=[])
    elif made.verb == "have" and (slot := _had(made)) is not None:
        yield slot
    elif made.passive and not made.object and made.verb in _OFFERED and _to(made, "in"):
        rest = [(n, t) for n, t in made.phrases if n != "in"]
        yield replace(
            made, subject=_to(made, "in"), object=made.subject, phrases=rest, passive=False
        )
        yield replace(made, subject=[], object=made.subject, passive=False)
    elif made.passive and not made.object:
        rest = [(n, t) for n, t in made.phrases if n != "by"]
        agent = _to(made, "by")
        if agent:
            yield replace(made, subject=[], object=made.subject, passive=False)
        yield replace(made, subject=agent, object=made.subject, phrases=rest, passive=False)
    else:
        yield made


def _port(made: Draft) -> list[str] | None:
    """The number when the clause says on which port something is."""
    for name, tokens in [*made.phrases, ("obj", made.object)]:
        low = [t.lower() for t in tokens]
        number = low[-1:] if low and low[-1].isdigit() else []
        said = "port" in low or (made.verb == "listen" and name == "on")
        if number and said and made.verb in ("listen", "run", "use", "serve", "expose", "start"):
            return number
    return None


def _had(made: Draft) -> Draft | None:
    """What its timeout is, for "It has a timeout of 30 seconds"."""
    low = [t.lower() for t in made.object]
    if "of" not in low or low[:1] not in (["a"], ["an"]):
        return None
    at = low.index("of")
    value = phrase(made.object[at + 1 :])
    if not value.numbers:
        return None
    return replace(
        made, subject=[*made.subject, *made.object[1:at]], verb="be", object=made.object[at + 1 :]
    )
