"""Identifiers whatever their punctuation: `J.I.R.A-123`, `jira 123` and `JIRA-123` are one."""

from __future__ import annotations

import re

LONGEST = 8
"""Pieces that are read as one, at most."""

_PIECE = re.compile(r"[^\W\d_]+|\d+")
_WORD = re.compile(r"\S+")
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][a-z]+")
_VERSION = re.compile(r"v(?=\d)")


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case, without the v of a version."""
    return _VERSION.sub("", "".join(_PIECE.findall(text.casefold())), count=1)


def identifiers(text: str) -> frozenset[str]:
    """The identifiers in a text, squeezed: words with digits, an @, or marks inside."""
    found = (word.strip(".,:;!?()[]\"'`") for word in _WORD.findall(text))
    return frozenset(squeeze(w) for w in found if _is_identifier(w)) - {""}


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
