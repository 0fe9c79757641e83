"""Reading over two databases: what is near there, kept if the record here names it and matches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Backend
from engrammic.filters import Compare, Filter, Op, every, is_in
from engrammic.keys import Key, key_of, under
from engrammic.layering.layout import (
    STAMP,
    VECTOR,
    chunks,
    narrowed,
    vector_table,
)
from engrammic.types import Kind, Record, Schema, Scored

FEW = 1000
"""Records that a filter lets through and that are compared one by one."""

SAME = ".6f"
"""Cosines that look the same this way are equal, and ordered by key."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """One search by vector; `columns` are those of the hits, checked."""

    records: Backend
    vectors: Backend
    schema: Schema
    field: str
    query: NDArray[np.float32]
    where: Filter | None
    columns: tuple[str, ...]

    async def page(self, limit: int) -> list[Scored]:
        """The `limit` nearest that match: deeper until the page is full or nothing is left."""
        table = vector_table(self.schema.name, self.field)
        columns = (*self.schema.key, STAMP)
        narrow = narrowed(self.schema, self.where)
        depth = 2 * limit + 16
        hits: list[Scored] = []
        while limit:
            near = await self.vectors.vector_search(
                table, VECTOR, self.query, limit=depth, where=narrow, columns=columns
            )
            hits = await self._named(near)
            if len(hits) >= limit or len(near) < depth:
                break
            if await self._are_few():
                return (await self._listed())[:limit]
            depth *= 4
        return hits[:limit]

    async def _named(self, near: Sequence[Scored]) -> list[Scored]:
        """Those that a matching record names, in their order."""
        found: dict[tuple[Key, str], Record] = {}
        for some in chunks(key_of(self.schema, hit.record) for hit in near):
            for record in await self._matching(under(self.schema, some)):
                found[key_of(self.schema, record), record[self.field]] = record
        named = [((key_of(self.schema, hit.record), hit.record[STAMP]), hit.score) for hit in near]
        return [Scored(found[place], score) for place, score in named if place in found]

    async def _matching(self, also: Filter | None) -> list[Record]:
        names = dict.fromkeys((*self.schema.key, self.field, *self.columns))
        has = Compare(self.field, Op.NOT_NULL)
        where = every(self.where, also, has)
        return await self.records.query(self.schema.name, where, columns=tuple(names))

    async def _are_few(self) -> bool:
        where = every(self.where, Compare(self.field, Op.NOT_NULL))
        return await self.records.count(self.schema.name, where) <= FEW

    async def _listed(self) -> list[Scored]:
        """All that match, each compared with the query."""
        records = await self._matching(None)
        vectors = await vectors_of(self.vectors, self.schema, self.field, records)
        scored = [
            (min(max(float(vector @ self.query), -1.0), 1.0), record)
            for record, vector in zip(records, vectors, strict=True)
            if vector is not None
        ]
        scored.sort(key=lambda s: (-float(format(s[0], SAME)), key_of(self.schema, s[1])))
        return [Scored(record, score) for score, record in scored]


async def vectors_of(
    vectors: Backend, schema: Schema, field: str, records: Sequence[Record]
) -> list[NDArray[np.float32] | None]:
    """The vectors that records (their key, and their stamp under `field`) name; None for none."""
    places = [(key_of(schema, r), r[field]) for r in records]
    found: dict[tuple[Key, str], NDArray[np.float32]] = {}
    for some in chunks(p for p in places if p[1] is not None):
        where = every(under(schema, [key for key, _ in some]), is_in(STAMP, [s for _, s in some]))
        columns = (*schema.key, STAMP, VECTOR)
        for row in await vectors.query(vector_table(schema.name, field), where, columns=columns):
            found[key_of(schema, row), row[STAMP]] = row[VECTOR]
    return [found.get(place) for place in places]


async def filled(
    vectors: Backend, schema: Schema, records: Sequence[Record], columns: Sequence[str]
) -> list[Record]:
    """The columns of records that hold stamps, with the vectors in their places."""
    given: list[Record] = [{name: r[name] for name in columns} for r in records]
    for name in columns:
        if schema.field(name).kind is Kind.VECTOR:
            found = await vectors_of(vectors, schema, name, records)
            for record, vector in zip(given, found, strict=True):
                record[name] = vector
    return given


async def whole_page(
    vectors: Backend,
    schema: Schema,
    read: Callable[[], Awaitable[list[Record]]],
    columns: Sequence[str],
) -> list[Record]:
    """As `filled`, of what `read` gives; read again when a vector went while it was looked for."""
    records = await read()
    given = await filled(vectors, schema, records, columns)
    if any(g[n] is None and r[n] is not None for g, r in zip(given, records, strict=True)
           for n in columns):  # fmt: skip
        given = await filled(vectors, schema, await read(), columns)
    return given


def needed(schema: Schema, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns, and the key where vectors are among them."""
    if any(schema.field(n).kind is Kind.VECTOR for n in columns):
        return tuple(dict.fromkeys((*columns, *schema.key)))
    return tuple(columns)
