"""What a clause says, in the form in which two clauses are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engrammic.claims.drafts import Draft
from engrammic.claims.phrases import Phrase, phrase
from engrammic.claims.unifying import unified
from engrammic.claims.words import several

_AT_ONE_PLACE = several("deploy host run live locate store keep publish sit land park exist")
PLACED = {"on": "in", "at": "in", "to": "in", "into": "in", "onto": "in"}
_TIMED = several("in on at for from by to after")


@dataclass(frozen=True, slots=True)
class Frame:
    """Who does what; `roles` are the object ("obj"), the time, and what follows a preposition."""

    subject: Phrase
    verb: str
    roles: Mapping[str, Phrase] = field(default_factory=dict)
    positive: bool = True
    past: bool = False
    perfect: bool = False
    certain: bool = True
    must: bool = False
    soft: bool = False
    only: bool = False
    condition: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    text: str = ""


def meanings(draft: Draft, text: str, condition: frozenset[str]) -> list[Frame]:
    """The frames of a clause: mostly one; a change of state gives the new and denies the old."""
    return [_frame(one, text, condition) for one in unified(draft)]


def _frame(made: Draft, text: str, condition: frozenset[str]) -> Frame:
    roles: dict[str, Phrase] = {}
    times: list[str] = []
    if made.object:
        roles["obj"] = phrase(made.object)
    for name, tokens in made.phrases:
        found = phrase(tokens)
        if (name in _TIMED and found.is_time) or _is_hour(name, found):
            times += tokens
            roles["time"] = phrase(times)
        elif not found.is_empty:
            roles[PLACED.get(name, name) if one_place(made.verb) else name] = found
    bare = roles.get("obj")
    if bare is not None and bare.is_time and "time" not in roles:
        first = made.object[0].lower()
        if made.verb == "be" or first in ("every", "each", "this", "next", "last"):
            roles["time"] = roles.pop("obj")
    return Frame(
        phrase(made.subject), made.verb, roles, made.positive, made.past, made.perfect,
        made.certain, made.must, made.soft, made.only, condition, made.times, text,
    )  # fmt: skip


def _is_hour(name: str, given: Phrase) -> bool:
    """Whether it is "at 9", as for a clock."""
    plain = [q for q in given.numbers if not q.dimension and q.low == q.high and 0 <= q.low <= 24]
    return name == "at" and not given.words and len(plain) == 1


def one_place(verb: str) -> bool:
    """Whether in, on, at and to all say where."""
    return verb in _AT_ONE_PLACE
