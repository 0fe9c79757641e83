"""Cutting a text into passages that each fit a model's window."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from engrammic.embed.base import Span

Fit: TypeAlias = Callable[[str], int]
"""How many characters of a text, from its start, the window holds; all of them: its length."""

CHARACTERS_PER_TOKEN = 8
"""How far ahead one passage looks; longer than a passage of ordinary text ever is."""

_BORDERS = (
    re.compile(r"\n\s*\n\s*"),
    re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]|\n"),
    re.compile(r"\s+"),
)


def cut_passages(text: str, fit: Fit, tokens: int) -> list[Span]:
    """Spans that follow each other without a gap and cover `text`, each one that `fit`s.

    Cut behind a paragraph, else a sentence, else a word, in the second half of
    what fits; inside a word only where nothing else is left. `tokens` is the
    room in the window. An empty text has one empty span.
    """
    spans: list[Span] = []
    start = 0
    while start < len(text) or not spans:
        ahead = text[start : start + tokens * CHARACTERS_PER_TOKEN]
        room = fit(ahead)
        if start + room < len(text):
            room = _shrunk(ahead, _border(ahead, room), fit)
        spans.append((start, start + room))
        start += room
    return spans


def _border(text: str, room: int) -> int:
    """The last good place to cut `text` within `room` characters, at least half of them."""
    for pattern in _BORDERS:
        ends = [m.end() for m in pattern.finditer(text, room // 2, room)]
        if ends:
            return ends[-1]
    return max(room, 1)


def _shrunk(text: str, room: int, fit: Fit) -> int:
    """`room`, less what a cut inside a word may cost: its parts can need more tokens."""
    while room > 1 and (fits := fit(text[:room])) < room:
        room = max(1, fits)
    return room
