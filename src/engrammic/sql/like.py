"""Glob patterns as LIKE patterns, for both servers."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic import glob

_SPECIAL = {"%": "!%", "_": "!_", "!": "!!"}


def like(parts: Sequence[glob.Part]) -> str | None:
    """The pattern with `!` as its escape; None where it has sets of characters."""
    if any(isinstance(part, glob.Charset) for part in parts):
        return None
    return "".join(map(_part, parts))


def _part(part: glob.Part) -> str:
    if isinstance(part, str):
        return "".join(_SPECIAL.get(c, c) for c in part)
    return "%" if part is glob.Wild.RUN else "_"
