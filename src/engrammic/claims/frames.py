"""One clause as a draft: who, does what, to what, where, and whether that is denied."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.claims.drafts import THEN, Draft, note_adverb
from engrammic.claims.quantities import MONTHS, NUMBERS
from engrammic.claims.verb_group import verb_group
from engrammic.claims.verb_place import guessed, verb_at
from engrammic.claims.words import (
    ADVERBS,
    DETERMINERS,
    NOT,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    several,
)

_TIMES = several(
    "yesterday today tomorrow tonight ago last next recently formerly previously once earlier "
    "originally initially"
)
_RANGES = several("about around over under above below at up to than")
_SPANS = several(
    "second minute hour day night week weekend month quarter year decade summer winter spring "
    "autumn fall time monday tuesday wednesday thursday friday saturday sunday morning evening"
)


def draft(tokens: Sequence[str], before: Draft | None = None) -> Draft | None:
    """The clause as a draft; None when no verb is found. `before` lends its subject."""
    opening, tokens = _opening(list(tokens))
    lower = [t.lower() for t in tokens]
    start = verb_at(lower, before is not None)
    if start is None:
        start = guessed(lower)
    if start is None:
        return None
    made = Draft([t for t in tokens[:start] if t != ","], "")
    after = verb_group(made, tokens, start)
    if not made.verb:
        return None
    _adverbs_of_subject(made)
    if not made.subject:
        if before is not None and not (made.imperative and before.imperative):
            made.subject = list(before.subject)
            made.imperative = False
            made.past = made.past or (before.past and made.perfect)
        elif made.imperative:
            made.must = True
        else:
            return None
    _complements(made, tokens[after:])
    made.phrases += opening
    return made


def _opening(tokens: list[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Phrases before the subject, such as "In production"; and the rest."""
    if not tokens or tokens[0].lower() not in PREPOSITIONS:
        return [], tokens
    for at in range(1, len(tokens)):
        low = tokens[at].lower()
        if tokens[at] == ",":
            return [(tokens[0].lower(), tokens[1:at])], tokens[at + 1 :]
        starts = low in PRONOUNS or low in DETERMINERS or low in POSSESSIVES
        inside = tokens[at - 1].lower() in DETERMINERS | POSSESSIVES
        begins = starts or (tokens[at][0].isupper() and low != "i" and not inside)
        begins = begins or (at == 2 and _is_when(tokens[1]))
        if at > 1 and begins and tokens[at - 1].lower() not in PREPOSITIONS:
            return [(tokens[0].lower(), tokens[1:at])], tokens[at:]
    return [], tokens


def _is_when(word: str) -> bool:
    """Whether one word is a time by itself: "In January", "In 2019", "On Mondays"."""
    low = word.lower().removesuffix("s")
    return low in _SPANS or low in MONTHS or (low.isdigit() and len(low) == 4)


def _adverbs_of_subject(made: Draft) -> None:
    kept = []
    for token in made.subject:
        low = token.lower()
        if low in NOT:
            made.positive = not made.positive
        elif low in ADVERBS:
            note_adverb(made, low)
        else:
            kept.append(token)
    made.subject = kept
    if made.subject and made.subject[0].lower() == "no":
        made.positive, made.subject = not made.positive, made.subject[1:]
    made.imperative = made.imperative or not made.subject


def _is_span(tokens: Sequence[str], at: int) -> bool:
    """Whether "last" and "next" are said of a time."""
    word = tokens[at].lower().removesuffix("s") if at < len(tokens) else ""
    return word in _SPANS or word in MONTHS


def _complements(made: Draft, tokens: Sequence[str]) -> None:
    """The object and the phrases behind the verb."""
    times: set[str] = set()
    current = made.object
    for at, word in enumerate(tokens):
        low = word.lower()
        if low == "anymore":
            made.positive = False
        elif (low in ("not", "never", "not_anymore") and at == 0) or (low == "no" and not current):
            made.positive = not made.positive
        elif low in ADVERBS and low not in ("right", "well", "even", "together", "still"):
            note_adverb(made, low)
            if low in _TIMES:
                times.add(low)
        elif low in ("last", "next") and not _is_span(tokens, at + 1):
            current.append(word)
        elif low in _TIMES or (low == "this" and _is_span(tokens, at + 1)):
            times |= {low, *(t.lower() for t in tokens[at + 1 : at + 2])}
            made.past = made.past or (low in THEN and made.verb != "schedule")
        elif low in _RANGES and _numeric(tokens, at + 1):
            current.append(word)
        elif low in PREPOSITIONS and not (low == "like" and current is made.object):
            current = []
            made.phrases.append((low, current))
        elif word != "," or at + 1 < len(tokens):
            current.append(word)
    made.times = frozenset(times)


def _numeric(tokens: Sequence[str], at: int) -> bool:
    """Whether what follows bounds a number: "at least 3", "over 40", "up to 5"."""
    following = [t.lower() for t in tokens[at - 1 : at + 2]]
    if following[0] in ("at", "up", "to", "than"):
        bound = {"at": ("least", "most"), "up": ("to",)}.get(following[0], ())
        before = tokens[at - 2].lower() if at > 1 else ""
        inside = (following[0], before) in (
            ("to", "up"),
            ("than", "more"),
            ("than", "less"),
            ("than", "fewer"),
        )
        return following[1:2] != [] and (following[1] in bound or inside)
    return following[1:2] != [] and (following[1][0].isdigit() or following[1] in NUMBERS)
