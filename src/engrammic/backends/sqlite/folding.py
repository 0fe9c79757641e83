"""Upper case in terms, which FTS5 would take for lower case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import overload

_UPPER = re.compile("[A-Z]")
_CAPITALS = ascii_uppercase.encode()


_MARKED = re.compile("\x01([a-z])")


@overload
def unfolded(terms: str) -> str: ...
@overload
def unfolded(terms: str | None) -> str | None: ...
def unfolded(terms: str | None) -> str | None:
    """Terms as FTS5 gets them: it folds ASCII upper case, so that is written as a mark and lower.

    The mark, a control character, is in no term. The analyser's terms have no upper case.
    """
    if not terms:
        return terms
    raw = terms.encode()
    if len(raw.translate(None, _CAPITALS)) == len(raw):  # four times as quick as a search
        return terms
    return _UPPER.sub(lambda found: "\x01" + found[0].lower(), terms)


def unfolded_all(column: Sequence[str | None]) -> Sequence[str | None]:
    """As `unfolded`, for each: mostly one look tells that there is nothing to do."""
    raw = "".join(filter(None, column)).encode()
    if len(raw.translate(None, _CAPITALS)) == len(raw):
        return column
    return list(map(unfolded, column))


def folded(stored: str | None) -> str | None:
    """The terms that `unfolded` wrote so."""
    if not stored or "\x01" not in stored:
        return stored
    return _MARKED.sub(lambda found: found[1].upper(), stored)
