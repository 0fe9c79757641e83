"""Identifiers whatever their punctuation: `J.I.R.A-123`, `jira 123` and `JIRA-123` are one."""

from __future__ import annotations

import re

from engrammic.patterns import lazy_pattern

LONGEST = 8
"""Pieces that are read as one, at most."""

_PIECE = lazy_pattern(r"[^\W\d_]+|\d+")
_WORD = lazy_pattern(r"\S+")
_NAME = lazy_pattern(r"(?<=[\w,;] )[A-Z][a-z]+")
_VERSION = lazy_pattern(r"v(?=\d)")
_MARKS = ".,:;!?()[]\"'`"
_ZEROS = lazy_pattern(r"(v?\d+(?:\.\d+)+?)(?:\.0)+$", re.IGNORECASE)
_THOUSANDS = lazy_pattern(r"\D?(\d{1,3})[,. ]?000$")
_SHORT_THOUSANDS = lazy_pattern(r"\D?(\d+)k$", re.IGNORECASE)
_ORDINAL = lazy_pattern(r"(\d{1,2})(?:st|nd|rd|th)?$", re.IGNORECASE)
LAST_ORDINAL = 99
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case, without the v of a version."""
    return _VERSION.sub("", "".join(_PIECE.findall(text.casefold())), count=1)


def identifiers(text: str) -> frozenset[str]:
    """The identifiers in a text, squeezed: words with digits, an @, or marks inside."""
    found = (word.strip(_MARKS) for word in _WORD.findall(text))
    return frozenset(squeeze(w) for w in found if _is_identifier(w)) - {""}


def holds_identifiers(asked: str, text: str) -> bool:
    """Whether a text holds all identifiers that another names, in whatever spelling."""
    pieces = squeezed(text)
    words = (word.strip(_MARKS) for word in _WORD.findall(asked))
    return all(spellings(w) & pieces for w in words if _is_identifier(w) and squeeze(w))


def spellings(word: str) -> frozenset[str]:
    """An identifier and what else it may be written as, squeezed.

    `2.4.0` is `2.4`, `12,000` is `12k`, `5th` and `5` are `fifth`.
    """
    found = {squeeze(word)}
    if shorter := _ZEROS.match(word):
        found.add(squeeze(shorter[1]))
    if thousands := _THOUSANDS.match(word):
        found.add(squeeze(f"{thousands[1]}k"))
    if short := _SHORT_THOUSANDS.match(word):
        found.add(f"{short[1]}000")
    if (ordinal := _ORDINAL.match(word)) and 0 < int(ordinal[1]) <= LAST_ORDINAL:
        found |= {ordinal[1], _ordinal(int(ordinal[1]))}
    return frozenset(found)


def _ordinal(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number < len(_ORDINALS):
        return _ORDINALS[number]
    return f"{_TENS[tens]}{_ORDINALS[ones]}" if ones else f"{_TENS[tens][:-1]}ieth"


def _is_identifier(word: str) -> bool:
    return any(c.isdigit() for c in word) or "@" in word or word.count(".") > 1


def names(text: str) -> frozenset[str]:
    """The words with a capital inside a sentence, in lower case."""
    return frozenset(name.casefold() for name in _NAME.findall(text))


def squeezed(text: str) -> frozenset[str]:
    """All that an identifier could be in a text: its pieces, and neighbours read as one."""
    pieces = _PIECE.findall(text.casefold())
    return frozenset(
        "".join(pieces[start:end]).removeprefix("v") if end - start > 1 else pieces[start]
        for start in range(len(pieces))
        for end in range(start + 1, min(start + LONGEST, len(pieces)) + 1)
    )


def is_in(subject: str, text: str) -> bool:
    """Whether a text holds the subject, an identifier, however it is punctuated."""
    return squeeze(subject) in squeezed(text)
