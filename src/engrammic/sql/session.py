"""One connection of a pool, lent for one statement or one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.sql.layout import Layout

Posting: TypeAlias = tuple[bytes, int, float, int]
"""The digest of a term, a row, the weighted frequency, the record's length."""


class Session(ABC):
    """Statements with `%s` for each parameter."""

    @abstractmethod
    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a statement's answer."""

    @abstractmethod
    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """How many rows a statement changed."""

    @abstractmethod
    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each of `rows`."""

    @abstractmethod
    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Insert rows; names are quoted already."""

    @abstractmethod
    async def insert_vectors(
        self, table: str, rows: Sequence[int], vectors: Sequence[NDArray[np.float32]]
    ) -> None:
        """Insert vectors by the numbers of their rows."""

    @abstractmethod
    async def insert_words(self, table: str, postings: Sequence[Posting]) -> None:
        """Insert into a table of terms."""

    @abstractmethod
    async def numbers(self, count: int) -> list[int]:
        """Numbers for new rows, never given before."""

    async def touched(self, layout: Layout, rows: Sequence[int]) -> None:
        """Called when vectors of these rows were written or deleted."""
