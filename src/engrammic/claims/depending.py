"""What a text says only of something else that it says: clauses that refer back."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from engrammic.claims.attributes import attributes
from engrammic.claims.parts import (
    AUXILIARIES,
    Part,
    bare_word,
    is_person,
    main_verbs,
    statements,
    subject,
)
from engrammic.claims.plain import finite
from engrammic.claims.words import ADVERBS, BE, DETERMINERS, POSSESSIVES, PREPOSITIONS, several
from engrammic.patterns import lazy_pattern
from engrammic.text.tokens import telling

_TIMES = several(
    "year month week weekend day morning afternoon evening night time moment season term spring "
    "summer autumn fall winter century decade quarter semester monday tuesday wednesday thursday "
    "friday saturday sunday days weeks months years"
)
_SO = lazy_pattern(r"\b(?:do|does|did|done|doing|say|says|said|think|thinks|thought) so\b|"
                 r"^\W*so\b", re.IGNORECASE)  # fmt: skip
_SINCE = lazy_pattern(r"\b(?:(?:ever )?since(?: then)?|as one|the same|because of|as a result|"
                    r"therefore|thus|accordingly|hence|thereby|either way|as such)\W*$"
                    r"|\b(?:therefore|thus|accordingly|hence|thereby|as a result|as such|"
                    r"as one)\b", re.IGNORECASE)  # fmt: skip
_HELD_OPEN = lazy_pattern(r"^it (?:\w+ )?\w+ (?:to|that)\b", re.IGNORECASE)
_DEFINITE = DETERMINERS & {"the", "this", "that", "these", "those"} | POSSESSIVES
_ITS = frozenset(("its",))
_POINTERS = frozenset(("it", "this", "that", "these", "those"))
_OF_SUCH = frozenset(("one", "any", "none"))
"""At the end of a clause, one of what was named before: "owns no car and never drove one"."""
_OBJECTS = frozenset(("a", "an")) | POSSESSIVES


def depending(
    told: Sequence[Part], gone: Collection[int], asked: str, content: str
) -> frozenset[int]:
    """The numbers of the statements that go with those that are gone.

    In one sentence: what refers back to one that goes before it ("and follows that
    strictly"), says something of its value, or is told anew by the content too.
    """
    found = set(gone)
    fresh = list(statements(content)) if content else []
    for number in sorted(gone, reverse=True):
        if _leans_on(told, number, content):
            found.add(number - 1)
    for number, part in enumerate(told):
        lost = [told[n] for n in sorted(found) if told[n].start == part.start]
        last = _last_before(told, found, number)
        if number not in found and (
            (last and _refers_back(part.text, last))
            or any(_of_value(part.text, p.text, content) for p in lost)
            or any(_presupposes(part.text, p.text, asked, content) for p in lost)
            or (fresh[1:] and lost and _told_anew(part.text, lost, fresh))
        ):
            found.add(number)
    return frozenset(found - set(gone))


def _leans_on(told: Sequence[Part], number: int, content: str) -> bool:
    """Whether a statement only refers to the one before, whose value the content has not."""
    if not number or told[number - 1].start != told[number].start:
        return False
    before = told[number - 1].text
    value = telling(before[len(subject(before)) :])
    return _refers_back(told[number].text, before) and not value & telling(content)


def _last_before(told: Sequence[Part], found: Collection[int], number: int) -> str:
    """The last lost statement before one, in its sentence, or right before its "It"."""
    part = told[number]
    lost = [n for n in found if n < number and told[n].start == part.start]
    if not lost and number - 1 in found and _opens_with_it(part.text):
        lost = [number - 1]
    return told[max(lost)].text if lost else ""


def _opens_with_it(statement: str) -> bool:
    return bare_word(statement.split()[0]) in _POINTERS if statement.split() else False


def _refers_back(clause: str, before: str) -> bool:
    """Whether a clause has a word for what was said before it, or leaves its verb to it."""
    owner = subject(clause)
    rest = clause[len(owner) :].strip().rstrip(".!?")
    return (
        _is_of_object(owner, before)
        or _has_pointer(rest.split(), owner)
        or bool(_SO.search(rest) or _SINCE.search(rest))
        or _is_elliptic(rest)
    )


def _is_of_object(owner: str, before: str) -> bool:
    """Whether a clause opens with a word that stands for the object of the clause before."""
    other = subject(before)
    said = [bare_word(w) for w in before[len(other) :].split()]
    return (
        owner.lower() in _POINTERS and is_person(other) and not BE & set(said[:1])
        and bool(_OBJECTS & set(said))
    )  # fmt: skip


def _has_pointer(said: Sequence[str], owner: str) -> bool:
    for n, word in enumerate(said):
        low = bare_word(word)
        following = [bare_word(w) for w in said[n + 1 :]]
        if low == "it" and not _HELD_OPEN.match(" ".join(said[n:]).lower()):
            return True
        if low in ("him", "them"):
            return True
        if low in _OF_SUCH and not following:
            return True
        if low == "her" and _is_closed(following):
            return True
        if low == "there" and not (following and following[0] in AUXILIARIES):
            return True
        if low in _ITS and is_person(owner):
            return True
        if low in ("this", "these", "those") and not set(following[:1]) & _TIMES:
            return True
        if low == "that" and not any(map(finite, following)):
            return True
    return False


def _is_closed(following: Sequence[str]) -> bool:
    """Whether no noun follows: the word before stands by itself."""
    return not following or following[0] in ADVERBS | PREPOSITIONS | {"and", "or", "but", "so"}


def _is_elliptic(rest: str) -> bool:
    """Whether nothing follows an auxiliary: "and never will"."""
    said = [bare_word(w) for w in rest.split()]
    left = [w for w in said if w not in ADVERBS and w != "not"]
    return bool(left) and all(w in AUXILIARIES or w.endswith("n't") for w in left)


def _of_value(clause: str, lost: str, content: str) -> bool:
    """Whether a clause is about the value that a lost one names, and what is new does not."""
    owner, other = subject(clause), subject(lost)
    mine = telling(owner)
    value = telling(lost[len(other) :])
    return bool(mine) and mine <= value - telling(other) and not mine & telling(content)


def _presupposes(clause: str, lost: str, asked: str, content: str) -> bool:
    """Whether a clause names, as known, something of what the lost one and the new are about."""
    owner = subject(clause)
    if not owner or owner.lower() != subject(lost).lower():
        return False
    wanted, new = attributes(asked), attributes(content)
    spoken_of = (attributes(lost[len(owner) :]) & (wanted | new)) | (wanted & new)
    known = telling(lost[len(owner) :])
    said = clause[len(owner) :].rstrip(".!?").split()
    for n, word in enumerate(said[:-1]):
        if bare_word(word) in _DEFINITE:
            noun = said[n + 1]
            if attributes(noun) & spoken_of or telling(noun) & known:
                return True
    return False


def _told_anew(clause: str, lost: Sequence[Part], fresh: Sequence[str]) -> bool:
    """Whether one of several new clauses has the verb of this one, and none of those lost."""
    mine, owner = main_verbs(clause), subject(clause).lower()
    others = set().union(*(main_verbs(p.text) for p in lost))
    return any(
        mine & main_verbs(new) - others
        and (subject(new).lower().split()[:1] == owner.split()[:1] or not subject(new))
        for new in fresh
    )
