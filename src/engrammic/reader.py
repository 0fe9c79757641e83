"""What a decision may read before it says what to write: see `Backend.transact`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

from engrammic.changes import Change
from engrammic.filters import Filter
from engrammic.types import Order, Record


class Reader(Protocol):
    """The reads that `Backend.transact` allows."""

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        """As `Backend.query`."""

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""


Decide: TypeAlias = Callable[[Reader], Coroutine[Any, Any, Sequence[Change]]]
"""Reads, then says what to write."""
