"""The vectors of one partition in this process, kept current by the list of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic.emulation.ranks import Ranked
from engrammic.emulation.vectors import Vectors
from engrammic.keys import Key
from engrammic.sql.layout import Layout
from engrammic.sql.session import Session
from engrammic.types import Kind

RETAINED = 50_000
"""Changes that are kept for the processes that have not seen them."""

PASSAGES = 1000
"""Changes in a row that are read one by one; after more, all vectors are read again."""


class Matrix:
    """Vectors by key, as of one place in the list of changes."""

    def __init__(self, layout: Layout, field: str, partition: Any) -> None:
        self.layout, self.field, self.partition = layout, field, partition
        self.vectors = Vectors(layout.schema.field(field).dimension or 0)
        self.seq = -1
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._keys: dict[int, Key] = {}
        self._rows: dict[Key, int] = {}

    @property
    def turn(self) -> asyncio.Lock:
        """Held by the one who renews and ranks; a lock for each loop, one loop at a time."""
        running = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not running:
            self._turn = running, asyncio.Lock()
        return self._turn[1]

    def keys_of(self, rows: Iterable[int]) -> set[Key]:
        """The keys of those rows that have a vector."""
        return {self._keys[row] for row in rows if row in self._keys}

    def rows_of(self, keys: Iterable[Key]) -> list[int]:
        """The rows of keys that have a vector."""
        return [self._rows[key] for key in keys]

    def rank(self, query: NDArray[np.float32], count: int) -> Ranked:
        """The nearest by cosine, best first, equal ones by key."""
        return self.vectors.rank(query, count)

    async def renew(self, session: Session) -> None:
        """Bring the vectors up to what the session's transaction sees."""
        number = self.layout.number
        rows = await session.rows(
            "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM engrammic_changes"
        )
        lowest, last = int(rows[0][0]), int(rows[0][1])
        if last <= self.seq:
            return
        missed = self.seq < 0 or lowest > self.seq + 1
        changes = [] if missed else await session.rows(
            "SELECT low, high FROM engrammic_changes WHERE tbl = %s AND seq > %s "
            "ORDER BY seq LIMIT %s", [number, self.seq, PASSAGES + 1],
        )  # fmt: skip
        if missed or len(changes) > PASSAGES:
            self.vectors = Vectors(self.layout.schema.field(self.field).dimension or 0)
            self._keys, self._rows = {}, {}
            self._put(await self._read(session, ""))
        for low, high in [] if missed or len(changes) > PASSAGES else changes:
            for row in self._within(int(low), int(high)):
                self._remove(row)
            self._put(await self._read(session, f"v.row_ BETWEEN {int(low)} AND {int(high)}"))
        self.seq = last

    def _within(self, low: int, high: int) -> list[int]:
        if high - low < len(self._keys):
            return [row for row in range(low, high + 1) if row in self._keys]
        return [row for row in self._keys if low <= row <= high]

    def _remove(self, row: int) -> None:
        key = self._keys.pop(row)
        del self._rows[key]
        self.vectors.remove(key)

    async def _read(self, session: Session, condition: str) -> list[Any]:
        layout, name = self.layout, self.layout.schema.partition
        keys = ", ".join(f"t.{layout.column(k)}" for k in layout.schema.key)
        conditions = [condition] if condition else []
        values = []
        if name is not None:
            conditions.append(f"t.{layout.column(name)} = %s")
            values.append(self.partition)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return await session.rows(
            f"SELECT v.row_, v.v, {keys} FROM {layout.vectors_of(self.field)} v "
            f"JOIN {layout.table} t ON t.row_ = v.row_ {where}",
            values,
        )

    def _put(self, rows: Iterable[Any]) -> None:
        schema, dialect = self.layout.schema, self.layout.dialect
        texts = [schema.field(n).kind is Kind.TEXT for n in schema.key]
        for row, vector, *key in rows:
            read = tuple(
                [dialect.read_text(v) if t else v for t, v in zip(texts, key, strict=True)]
            )
            self._keys[row], self._rows[read] = read, row
            self.vectors.put(read, dialect.read_vector(vector))
