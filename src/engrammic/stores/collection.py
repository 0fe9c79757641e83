"""Vectors given by the caller: one table, one length of vector in a scope, words beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from engrammic.changes import Change, Check, Delete, Put
from engrammic.checks import check_count, shown
from engrammic.clock import Clock, now
from engrammic.errors import Conflict, EmbeddingMismatch, InvalidInput
from engrammic.filters import EVERYTHING, Compare, Filter, Op, eq
from engrammic.records import cleaner
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, Store
from engrammic.stores.meta import MetaStore
from engrammic.types import Field, Kind, Record, Schema

LONGEST_VECTOR = 65_535
BATCH = 1_000
"""Records in one change list."""

COLLECTIONS = Schema(
    "collections",
    (
        Field("name", Kind.TEXT, nullable=False),
        Field("dimension", Kind.INT),
        Field("metadata", Kind.JSON),
    ),
    key=("name",),
)
"""For each table of a scope: the length of its vectors, and what its user noted about it."""


class Collection(Store):
    """Records with vectors in one table of one scope.

    The length of the vectors is the scope's own matter: each has a field of its
    own in the table, so that scopes, or a scope that was emptied, differ freely.
    """

    base: ClassVar[Schema]
    """The table without its vectors."""

    def __init__(self, backend: Storage, *, clock: Clock = now) -> None:
        super().__init__(backend, clock=clock)
        self.dimension: int | None = None

    @property
    def table(self) -> str:
        """The table's name."""
        return self.base.name

    @property
    def length(self) -> int:
        """The length of a vector. Raises InvalidInput before it is known."""
        if self.dimension is None:
            raise InvalidInput(
                "dimension", "is not known yet; `await initialize(dimension)` comes first"
            )
        return self.dimension

    @property
    def vector(self) -> str:
        """The field of the vectors. Raises InvalidInput before their length is known."""
        return vector_field(self.length)

    @property
    def schema(self) -> Schema:
        """The table; without a dimension it has no vectors (yet)."""
        if self.dimension is None:
            return self.base
        field = Field(self.vector, Kind.VECTOR, dimension=self.dimension)
        return replace(self.base, fields=(*self.base.fields, field))

    def schemas(self) -> Sequence[Schema]:
        """The collection's table, and the one that knows its dimension."""
        return (COLLECTIONS, self.schema)

    async def ready(self) -> None:
        """Declare the tables, once, with the dimension that is stored.

        Raises AnalyserMismatch where the words were made by another analyser.
        """
        if self._declared:
            return
        await MetaStore(self.backend.backend).check_analyser()
        await self.backend.ensure_table(COLLECTIONS)
        if self.dimension is None:
            stored = await self.backend.get(COLLECTIONS.name, (self.table,))
            self.dimension = None if stored is None else stored["dimension"]
        await super().ready()

    async def initialize(self, dimension: int) -> None:
        """Make ready for vectors of this length; what is stored stays.

        Raises EmbeddingMismatch where vectors of another length are stored.
        """
        check_count("dimension", dimension, 1, LONGEST_VECTOR)
        await self.ready()
        await self.backend.transact(lambda reader: self._agreed(reader, dimension))
        if self.dimension != dimension:
            self.dimension, self._declared = dimension, False
            await self.ready()

    async def _agreed(self, reader: Scoped, dimension: int) -> list[Change]:
        stored = await reader.get(COLLECTIONS.name, (self.table,))
        known = None if stored is None else stored["dimension"]
        if known == dimension:
            return []
        name = eq("name", self.table)
        if stored is None:
            guard = self._guard(Check(COLLECTIONS.name, name, 0))
            return [*guard, self._noted(dimension, None)]
        if known is not None and await self._holds(reader, known):
            raise EmbeddingMismatch(
                f"{self.table} holds vectors of {known} dimensions, not {dimension}: "
                "clear it first, or use another scope"
            )
        same = Compare("dimension", Op.IS_NULL) if known is None else eq("dimension", known)
        guard = self._guard(Check(COLLECTIONS.name, name & same, 1))
        return [*guard, self._noted(dimension, stored["metadata"])]

    async def _holds(self, reader: Scoped, dimension: int) -> bool:
        if vector_field(dimension) not in {f.name for f in self.schema.fields}:
            held: Filter = EVERYTHING  # another process chose it; this one cannot look closer
        else:
            held = Compare(vector_field(dimension), Op.NOT_NULL)
        return await reader.count(self.table, held) > 0

    def _noted(self, dimension: int | None, metadata: Mapping[str, Any] | None) -> Put:
        record = {"name": self.table, "dimension": dimension, "metadata": metadata}
        return Put(COLLECTIONS.name, [record])

    async def agree(self) -> None:
        """Raise EmbeddingMismatch where another process chose another length of vector."""
        stored = await self.backend.get(COLLECTIONS.name, (self.table,))
        known = None if stored is None else stored["dimension"]
        if known not in (None, self.dimension):
            raise EmbeddingMismatch(
                f"{self.table} has vectors of {known} dimensions by now, not {self.dimension}: "
                f"`await initialize({known})` with another model"
            )

    async def noted(self) -> dict[str, Any]:
        """What was noted about the collection by `note`, empty for nothing."""
        await self.ready()
        stored = await self.backend.get(COLLECTIONS.name, (self.table,))
        return {} if stored is None else dict(stored["metadata"] or {})

    async def note(self, **values: Any) -> None:
        """Note values about the collection, such as its model; those noted before stay."""
        await self.ready()

        async def noting(reader: Scoped) -> list[Change]:
            stored = await reader.get(COLLECTIONS.name, (self.table,))
            known = stored or {"dimension": None, "metadata": None}
            return [self._noted(known["dimension"], {**(known["metadata"] or {}), **values})]

        await self.backend.transact(noting)

    async def put(
        self, records: Callable[[], Sequence[Record]], *, new: Filter | None = None
    ) -> int:
        """Write the records that a function makes on another thread; how many.

        All are checked before the first is written; then every BATCH is one
        step. With `new`, nothing may match it, else Conflict, and all is one step.
        """
        await self.ready()
        dimension, clean = self.dimension, cleaner(self.schema)

        def checked() -> Sequence[Record]:
            found = records()
            for record in found:
                clean(record)
            return found

        made = await asyncio.to_thread(checked)
        if new is not None:
            await self._write(made, dimension, new)
            return len(made)
        for start in range(0, len(made), BATCH):
            await self._write(made[start : start + BATCH], dimension)
        return len(made)

    async def _write(
        self, records: Sequence[Record], dimension: int | None, new: Filter | None = None
    ) -> None:
        """Put records, provided that nobody meanwhile chose another length of vector."""

        async def writing(reader: Scoped) -> list[Change]:
            changes = [] if dimension is None else await self._agreed(reader, dimension)
            if new is not None:
                if await reader.count(self.table, new):
                    raise Conflict(f"{self.table}: an id of these is there already")
                changes += self._guard(Check(self.table, new, 0))
            return [*changes, Put(self.table, records)]

        await self.backend.transact(writing)

    def _guard(self, check: Check) -> list[Change]:
        """The check, where a database needs one to keep others out, and has one."""
        return [check] if self.backend.backend.capabilities.guarded else []

    async def delete_where(self, where: Filter) -> int:
        """Delete what matches, with its words and vectors; how many."""
        await self.ready()
        return await self.backend.apply([Delete(self.table, where)])

    async def clear(self) -> int:
        """Delete everything in this scope; how many. The store can be used at once."""
        return await self.delete_where(EVERYTHING)

    async def forget(self) -> None:
        """Delete everything, the dimension and what was noted too: as if never initialized."""
        await self.ready()
        await self.backend.apply(
            [Delete(self.table, EVERYTHING), Delete(COLLECTIONS.name, eq("name", self.table))]
        )
        self.dimension, self._declared = None, False

    async def flush(self) -> None:
        """Return when everything acknowledged is durable."""
        await self.backend.backend.flush()


def vector_field(dimension: int) -> str:
    """The field that holds vectors of one length."""
    return f"vector_{dimension}"


def check_score(name: str, value: Any, least: int) -> None:
    """Raise InvalidInput for what is no number from `least` to 1."""
    number = isinstance(value, float | int | np.number) and not isinstance(value, bool)
    if not number or not least <= value <= 1:
        raise InvalidInput(name, f"want a number from {least} to 1, not {shown(value)}")
