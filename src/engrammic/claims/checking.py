"""Whether two statements contradict each other, and why: pure rules over their frames."""

from __future__ import annotations

from collections.abc import Iterator

from engrammic.claims.meaning import Frame
from engrammic.claims.nouns import Claim, Clash, ClashKind
from engrammic.claims.reading import claims_in, frames_of
from engrammic.claims.relating import exchanged, subjects_agree, verdict

_WHY = {
    ClashKind.NEGATION: "one says what the other denies",
    ClashKind.NUMBER: "the numbers differ",
    ClashKind.VALUE: "the values differ",
    ClashKind.OPPOSITE: "the words are opposites",
}


def contradictions(first: str | Claim, second: str | Claim) -> Iterator[Clash]:
    """Every clash between what two texts, or two claims, say."""
    if (by_keys := _by_keys(first, second)) is not None:
        yield by_keys
        return
    for one in frames_of(_text(first)):
        for other in frames_of(_text(second)):
            agree = subjects_agree(one, other)
            found = verdict(one, other) if agree else exchanged(one, other)
            if found is not None:
                yield Clash(
                    found, _claim(one, first), _claim(other, second), _reason(found, one, other)
                )


def _by_keys(first: str | Claim, second: str | Claim) -> Clash | None:
    """The clash of two claims whose sentences no rule can read: one denies what the other says."""
    if isinstance(first, str) or isinstance(second, str):
        return None
    if frames_of(first.text) and frames_of(second.text):
        return None
    same = (first.key, first.value_key) == (second.key, second.value_key)
    if not same or first.positive == second.positive:
        return None
    return Clash(ClashKind.NEGATION, first, second, f"{first.key}: {_WHY[ClashKind.NEGATION]}")


def contradiction(first: str | Claim, second: str | Claim) -> Clash | None:
    """The first clash, or None: the two may both hold."""
    return next(contradictions(first, second), None)


def _text(given: str | Claim) -> str:
    return given.text if isinstance(given, Claim) else given


def _claim(frame: Frame, given: str | Claim) -> Claim:
    return given if isinstance(given, Claim) else next(claims_in(frame))


def _reason(kind: ClashKind, one: Frame, other: Frame) -> str:
    about = " ".join(sorted(one.subject.words)) or "we"
    return f"{about}, {one.verb}: {_WHY[kind]}: {one.text!r} and {other.text!r}"
