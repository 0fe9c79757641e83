"""Telling whoever watches how far something long has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Advance: TypeAlias = Callable[[int, int, str], None]
"""Called with what is done, what there is in all, and what is at hand."""


def ignored(done: int, total: int, what: str) -> None:
    """An Advance that nobody watches."""
