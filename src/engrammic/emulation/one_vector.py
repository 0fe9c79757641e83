"""Engines whose collections hold exactly one vector for each record.

A table becomes a collection for each of its VECTOR fields, which holds the
records that have this vector, and a plain one for records that have none. A
record with two vectors stands in both collections, whole in each.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.emulation.collections import Collections
from engrammic.emulation.payload import decode, encode, point_id, safe, short
from engrammic.emulation.pushdown import Push, Pushed
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.types import Kind, Record, Schema, Scored

Floats: TypeAlias = NDArray[np.float32]

LONGEST_NAME = 60
"""Characters of a table's or a field's name in that of a collection."""


class Row(NamedTuple):
    """One record in one collection: a UUID, plain values under safe names, the vector."""

    id: str
    payload: Mapping[str, Any]
    vector: Floats | None


class OneVector(Collections):
    """`Collections` for a blocking driver of an engine of this kind.

    A subclass gives `make` to `near`, which run on worker threads, and `push`.
    """

    def __init__(self, database: str) -> None:
        self.database = safe(database)

    @abstractmethod
    def push(self, schema: Schema) -> Push[Any]:
        """How the engine spells filters over the payload of this table."""

    @abstractmethod
    def make(self, name: str, schema: Schema, dimension: int | None) -> None:
        """Create a collection, of placeholders where there is no dimension; existing is fine."""

    @abstractmethod
    def unmake(self, name: str) -> None:
        """Delete a collection; absent is fine."""

    @abstractmethod
    def put(self, name: str, schema: Schema, rows: Sequence[Row]) -> None:
        """Insert rows, or replace those with the same id whole."""

    @abstractmethod
    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Delete rows; absent ones are fine."""

    @abstractmethod
    def fetch(self, name: str, ids: Sequence[str], vectors: bool) -> list[Row]:
        """The rows that are there, in any order."""

    @abstractmethod
    def pages(self, name: str, native: Any, vectors: bool) -> Iterator[list[Row]]:
        """Every row that the condition lets through (all for None), in batches."""

    @abstractmethod
    def near(
        self, name: str, vector: Floats, count: int, native: Any, vectors: bool
    ) -> list[tuple[Row, float]]:
        """The nearest rows and their cosines, best first."""

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """Whether the engine's form of the filter means just the same."""
        return self.push(schema)(where).exact

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """A collection for each vector, and the plain one."""
        for name, dimension in self._places(schema).items():
            await asyncio.to_thread(self.make, name, schema, dimension)

    async def drop(self, schema: Schema) -> None:
        """All of them."""
        for name in self._places(schema):
            await asyncio.to_thread(self.unmake, name)

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """Where each belongs; then away from where it belonged before."""
        await asyncio.to_thread(self._save, schema, records)

    def _save(self, schema: Schema, records: Sequence[Record]) -> None:
        fields = [f.name for f in schema.of_kind(Kind.VECTOR)]
        ids = [point_id(schema, key_of(schema, r)) for r in records]
        payloads = [encode(schema, r, vectors=len(fields) > 1) for r in records]
        strangers: dict[str, list[str]] = {}
        for field in (*fields, None):
            name, rows, away = self._name(schema, field), [], []
            for i, r, p in zip(ids, records, payloads, strict=True):
                if _belongs(r, fields, field):
                    rows.append(Row(i, p, None if field is None else r[field]))
                else:
                    away.append(i)
            if rows:
                self.put(name, schema, rows)
            strangers[name] = away
        for name, away in strangers.items():
            if away:
                self.remove(name, away)

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """From wherever they are."""
        ids = [point_id(schema, key) for key in keys]
        for name in self._places(schema):
            await asyncio.to_thread(self.remove, name, ids)

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """From wherever they are; one that stands twice is given once."""
        ids = [point_id(schema, key) for key in keys]
        return await asyncio.to_thread(self._load, schema, ids, columns)

    def _load(self, schema: Schema, ids: Sequence[str], columns: Sequence[str]) -> list[Record]:
        found: dict[str, Record] = {}
        for field in (*schema.of_kind(Kind.VECTOR), None):
            missing = [i for i in ids if i not in found]
            if missing:
                name = None if field is None else field.name
                vectors = name in columns
                for row in self.fetch(self._name(schema, name), missing, vectors):
                    found[row.id] = _record(schema, row, name, columns)
        return [*found.values()]

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """Collection by collection; a record that stands twice comes from the first."""
        pushed = self.push(schema)(where)
        if pushed.empty:
            return
        fields = [f.name for f in schema.of_kind(Kind.VECTOR)]
        for field in (*fields, None):
            async for rows in self._pages(schema, pushed, field, field in columns):
                mine = [r for r in rows if _first(r, fields, field) == field]
                yield [_record(schema, r, field, columns) for r in mine]

    async def _pages(
        self, schema: Schema, pushed: Pushed[Any], field: str | None, vectors: bool
    ) -> AsyncIterator[list[Row]]:
        pages = self.pages(self._name(schema, field), pushed.native, vectors)
        while (rows := await asyncio.to_thread(next, pages, None)) is not None:
            yield rows

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: Floats,
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """In the collection of this vector."""
        pushed = self.push(schema)(where)
        if pushed.empty:
            return []
        hits = await asyncio.to_thread(
            self.near, self._name(schema, field), vector, count, pushed.native, field in columns
        )
        return [Scored(_record(schema, row, field, columns), score) for row, score in hits]

    def _places(self, schema: Schema) -> dict[str, int | None]:
        found = {self._name(schema, f.name): f.dimension for f in schema.of_kind(Kind.VECTOR)}
        return {**found, self._name(schema, None): None}

    def _name(self, schema: Schema, field: str | None) -> str:
        """The length of the table's name tells where the field's begins."""
        table = short(schema.name, LONGEST_NAME)
        name = f"{self.database}_t{len(table)}_{table}"
        return name if field is None else f"{name}_{short(field, LONGEST_NAME)}"


def _belongs(record: Record, fields: Sequence[str], field: str | None) -> bool:
    if field is None:
        return all(record.get(name) is None for name in fields)
    return record.get(field) is not None


def _first(row: Row, fields: Sequence[str], here: str | None) -> str | None:
    """The first vector that the record has."""
    if here is None or len(fields) < 2:
        return here
    return next(name for name in fields if name == here or safe(name) in row.payload)


def _record(schema: Schema, row: Row, here: str | None, columns: Sequence[str]) -> Record:
    record = decode(schema, row.payload, columns)
    if here in columns and here is not None:
        record[here] = row.vector
    return record
