"""A clause while it is read, and what adverbs add to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engrammic.claims.words import several

_SOFT = several(
    "rarely seldom mostly usually sometimes occasionally often generally typically partly "
    "largely mainly normally frequently hardly"
)
UNSURE = several("might may could would perhaps possibly probably maybe")
_WHOLLY = several("always completely entirely fully exactly strictly exclusively only just")
THEN = several("yesterday ago formerly previously earlier originally initially")


@dataclass
class Draft:
    """A clause while it is read. Words keep their case."""

    subject: list[str]
    verb: str
    object: list[str] = field(default_factory=list)
    phrases: list[tuple[str, list[str]]] = field(default_factory=list)
    positive: bool = True
    passive: bool = False
    past: bool = False
    perfect: bool = False
    certain: bool = True
    must: bool = False
    soft: bool = False
    only: bool = False
    imperative: bool = False
    times: frozenset[str] = frozenset()


def note_adverb(made: Draft, word: str) -> None:
    """Note in the draft what an adverb says: often, only, perhaps, formerly."""
    made.soft = made.soft or word in _SOFT
    made.only = made.only or word in ("only", "exclusively", "solely")
    made.certain = made.certain and word not in UNSURE
    if word in _WHOLLY and not made.positive:
        made.certain = False
    if word in THEN:
        made.past = True
