"""Glob patterns, read once into parts, so that every engine means the same by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

LONGEST = 4096
"""Characters in a pattern, at most."""


class Wild(Enum):
    """`*`, any run of characters, also an empty one and across `/`; `?`, exactly one."""

    RUN = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Charset:
    """`[...]`: one character within (or outside) sorted, disjoint, inclusive code point ranges."""

    ranges: tuple[tuple[int, int], ...]
    negated: bool = False


Part: TypeAlias = str | Wild | Charset
"""A string stands for itself."""


@lru_cache(maxsize=256)
def parse(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern, literals joined and no two runs in a row.

    `[abc]`, `[a-z]`, `[!abc]`; a `]` right after the opening is a member, a
    `[` without an end stands for itself, and so does a backslash.
    """
    parts: list[Part] = []
    at = 0
    while at < len(pattern):
        part, at = _next(pattern, at)
        last = parts[-1] if parts else None
        if isinstance(part, str) and isinstance(last, str):
            parts[-1] = last + part
        elif not (part is Wild.RUN and last is Wild.RUN):
            parts.append(part)
    return tuple(parts)


def _next(pattern: str, at: int) -> tuple[Part, int]:
    if pattern[at] in "*?":
        return Wild(pattern[at]), at + 1
    if pattern[at] == "[":
        start = at + 1 + pattern.startswith("!", at + 1)
        end = pattern.find("]", start + 1)
        if end > 0:
            return Charset(_ranges(pattern[start:end]), start > at + 1), end + 1
    return pattern[at], at + 1


def _ranges(members: str) -> tuple[tuple[int, int], ...]:
    """Sorted and merged; `z-a` is read as `a-z`."""
    found = []
    at = 0
    while at < len(members):
        wide = at + 2 < len(members) and members[at + 1] == "-"
        low, high = sorted((ord(members[at]), ord(members[at + 2 if wide else at])))
        found.append((low, high))
        at += 3 if wide else 1
    merged: list[tuple[int, int]] = []
    for low, high in sorted(found):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


@lru_cache(maxsize=256)
def regex(pattern: str) -> re.Pattern[str]:
    """A regular expression to be used with `fullmatch`.

    Runs but the last are atomic up to what follows them: an earliest match is
    never taken back, which keeps the time polynomial for any pattern.
    """
    segments: list[str] = [""]
    for part in parse(pattern):
        if part is Wild.RUN:
            segments.append("")
        else:
            segments[-1] += _regex_of(part)
    if len(segments) == 1:
        return re.compile(segments[0], re.DOTALL)
    first, *middle, last = segments
    runs = "".join(f"(?>.*?{m})" for m in middle)
    return re.compile(f"{first}{runs}.*{last}", re.DOTALL)


def _regex_of(part: str | Wild | Charset) -> str:
    if isinstance(part, str):
        return re.escape(part)
    if isinstance(part, Wild):
        return "."
    spans = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in part.ranges)
    return f"[{'^' if part.negated else ''}{spans}]"
