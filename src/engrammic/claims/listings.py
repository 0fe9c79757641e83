"""Statements that hold several values, and what is left of them when one is corrected."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from engrammic.claims.attributes import kinds
from engrammic.claims.parts import bare_word, has_verb, subject
from engrammic.claims.plain import finite, words
from engrammic.claims.words import ADVERBS, PREPOSITIONS, VERBS, WILL, Form, noun, several, third
from engrammic.patterns import lazy_pattern
from engrammic.text import terms
from engrammic.text.tokens import telling

_EVENT = several(
    "is are was were takes take starts start begins begin meets meet happens happen leaves leave "
    "departs depart opens open closes close lands land arrives arrive"
)
_SUBJECTS = lazy_pattern(r"((?:[A-Z][\w-]+,\s*)*[A-Z][\w-]+,?\s+and\s+[A-Z][\w-]+)\b")
_TOGETHER = lazy_pattern(
    r"\b(?:together|each other|one another|jointly|they|them|their|share[sd]?|married|engaged|"
    r"divorced|related|siblings|friends|twins|neighbours|neighbors|colleagues|partners|spouses|"
    r"brothers|sisters|cousins|couple|dating|alike)\b",
    re.IGNORECASE,
)
_OF_ONE = {"are": "is", "were": "was", "have": "has", "do": "does", "aren't": "isn't",
           "weren't": "wasn't", "haven't": "hasn't", "don't": "doesn't"}  # fmt: skip
_PARTICLES = frozenset(("of", "like", "than", "up", "down", "off", "out", "over"))
"""These open no phrase of when or where: "is backed up at midnight"."""
_TIMES = frozenset(("clock", "date", "weekday", "month", "daytime"))
_PLACED = lazy_pattern(r"\b(?:in|at|on|from)\s+(?!now\b|then\b)", re.IGNORECASE)
_BETWEEN = lazy_pattern(r"\bbetween\s+(?:(?!\band\b)[^,;])*$", re.IGNORECASE)
"""What an "and" stands behind that ends a span, no list: "between May and June"."""
_LAST = lazy_pattern(r",?\s+(?:and|or|as well as)\s+", re.IGNORECASE)


def left_of(statement: str, asked: str, content: str) -> str:
    """What stays true of a statement that gives way to the content; mostly nothing.

    Of a list, the values that neither the question nor the content names, where one
    of them names some: of "allergic to nuts and shellfish" the shellfish, where the
    nuts are corrected. Of a time and a place, the one of which the content says nothing.
    """
    return without(statement, f"{asked} {content}") or _left_of_event(statement, content)


def without(statement: str, asked: str) -> str:
    """What a list keeps when a question names some of its values; nothing of what is no list."""
    given = frozenset(terms(asked))
    found = listing(statement)
    owner = frozenset(terms(found.before)) if found else frozenset()
    return members_without(statement, lambda member: bool((telling(member) - owner) & given))


def members_without(statement: str, goes: Callable[[str], bool]) -> str:
    """What a list keeps without the values that go; nothing where all go, or none."""
    for found in (listing(statement), subjects(statement)):
        named = [] if found is None else [n for n, m in enumerate(found.members) if goes(m)]
        if found is not None and 0 < len(named) < len(found.members):
            return found.without(named)
    return ""


def subjects(statement: str) -> Listing | None:
    """The list of subjects in front of a verb; None of two who do something with each other."""
    found = _SUBJECTS.match(statement)
    if found is None:
        return None
    members = re.split(r",\s*(?:and\s+)?|\s+and\s+", found[1])
    behind = statement[found.end(1) :]
    verb = next((w for w in behind.split() if bare_word(w) not in ADVERBS | {"both", "each"}), "")
    if not finite(verb.lower()) or (not members[2:] and _TOGETHER.search(behind)):
        return None
    return Listing("", tuple(members), behind, singular(behind))


def singular(predicate: str) -> str:
    """What is said of several, said of one: " both support it" is " supports it"."""
    said = predicate.split(" ")
    at = next((n for n, w in enumerate(said) if w and w.lower() not in ADVERBS | {"both", "each"}),
              len(said) - 1)  # fmt: skip
    kept = [w for w in said[:at] if w.lower() not in ("both", "each")]
    verb = said[at]
    base = VERBS.get(verb, {}).get(verb) is Form.BASE
    one = _OF_ONE.get(verb, third(verb) if base and verb not in WILL else verb)
    rest = said[at + 1 :]
    if verb in ("are", "were") and rest and _is_plural(rest[0].rstrip(".!?;,")):
        bare = rest[0].rstrip(".!?;,")
        article = "an" if bare[0].lower() in "aeiou" else "a"
        rest[0] = f"{article} {noun(bare)}{rest[0][len(bare) :]}"
    return " ".join([*kept, one, *rest])


def _is_plural(word: str) -> bool:
    return word.endswith("s") and word.lower() not in ADVERBS and noun(word) != word


def _left_of_event(statement: str, content: str) -> str:
    """Of a statement of when and where, what the content leaves open."""
    owner = subject(statement)
    rest = statement[len(owner) :].strip().rstrip(".!?").split()
    if not owner or not rest or bare_word(rest[0]) not in _EVENT:
        return ""
    if not telling(owner) & frozenset(terms(content)):
        return ""
    phrases: list[list[str]] = [[]]
    for word in rest:
        if bare_word(word) in PREPOSITIONS - _PARTICLES and phrases[-1]:
            phrases.append([])
        phrases[-1].append(word)
    head, *adjuncts = [" ".join(p).rstrip(",") for p in phrases]
    timed = [a for a in adjuncts if kinds(a) & _TIMES]
    others = [a for a in adjuncts if a not in timed]
    if not timed or not others or kinds(head) & _TIMES:
        return ""
    placed = [c for c in _PLACED.split(content)[1:] if not kinds(" ".join(c.split()[:3])) & _TIMES]
    when = bool(kinds(content) & _TIMES)
    numbered = any(c.isdigit() for c in content)
    if when == bool(placed) or (numbered and not when):
        return ""
    return f"{owner} {head} {' '.join(others if when else timed)}"


class Listing(NamedTuple):
    """A statement that lists values: the words before, the values, and those behind."""

    before: str
    members: tuple[str, ...]
    behind: str
    of_one: str | None = None

    def without(self, gone: Collection[int]) -> str:
        """The statement with fewer members."""
        left = [m for n, m in enumerate(self.members) if n not in gone]
        joined = left[0] if len(left) == 1 else f"{', '.join(left[:-1])} and {left[-1]}"
        alone = len(left) == 1 and self.of_one is not None
        return f"{self.before}{joined}{self.of_one if alone else self.behind}"


def listing(statement: str) -> Listing | None:
    """The list of values in a statement, behind its verb; None where there is none."""
    joints = list(_LAST.finditer(statement))
    if not joints or not has_verb(statement[: joints[-1].start()]):
        return None
    joint = joints[-1]
    head, tail = statement[: joint.start()], statement[joint.end() :]
    if _BETWEEN.search(head):
        return None
    last, behind = _up_to_preposition(tail)
    *more, first = _backwards(head)
    if any(bare_word(m.split()[0]) in PREPOSITIONS for m in more) or has_verb(last):
        return None
    if more and first[:1].islower() and last[:1].isupper():
        return None  # "two cats, Salt and Pepper" names two, it does not list three
    if not first or not last or finite(words(last)[0].lower() if words(last) else "be"):
        return None
    before = statement[: head.rfind(first, 0, len(head) - sum(len(m) + 2 for m in more))] \
        if more else head[: len(head) - len(first)]  # fmt: skip
    return Listing(before, (first, *more[::-1], last), behind)


def _backwards(head: str) -> list[str]:
    """The members before the last "and": the last of them first, the opening one at the end."""
    chunks = [c.strip() for c in head.split(",")]
    opening = len(chunks) - 1
    while opening and not has_verb(chunks[opening]) and len(chunks[opening].split()) <= 4:
        opening -= 1
    return [*chunks[:opening:-1], _tail_of(chunks[opening])]


def _tail_of(chunk: str) -> str:
    """The words behind the last verb or preposition."""
    said = chunk.split()
    at = len(said)
    while at:
        low = bare_word(said[at - 1])
        if low in PREPOSITIONS | ADVERBS | {"called", "named"} or finite(low) or low.endswith(":"):
            break
        at -= 1
    return " ".join(said[at:])


def _up_to_preposition(tail: str) -> tuple[str, str]:
    said = re.split(r"(?<=\w)(?=[.!?,;]|\s)", tail)
    at = next((n for n, w in enumerate(said)
               if n and (w.strip().lower() in PREPOSITIONS or w.strip()[:1] in set(".,;!?"))),
              len(said))  # fmt: skip
    return "".join(said[:at]), "".join(said[at:])
