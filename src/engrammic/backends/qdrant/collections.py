"""Tables as collections of Qdrant, whatever reaches them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from engrammic.backends.qdrant.codec import collection, point, record, wanted
from engrammic.backends.qdrant.conditions import Condition, push
from engrammic.backends.qdrant.driver import Driver, Point, Sorting
from engrammic.backends.qdrant.work import Work
from engrammic.emulation.collections import NOTES, Collections, Key
from engrammic.emulation.payload import point_id, safe
from engrammic.emulation.pushdown import Pushed
from engrammic.emulation.settling import key_of
from engrammic.errors import InvalidSchema
from engrammic.filters import Compare, Filter, Op, every
from engrammic.types import Field, Kind, Order, Record, Schema, Scored

BYTES = 16 * 2**20
"""Of one request, about; a server takes 32 MiB."""

FEW = 16
"""Points that are read where the caller is."""

INDEXED = {
    Kind.TEXT: models.PayloadSchemaType.KEYWORD,
    Kind.INT: models.PayloadSchemaType.INTEGER,
    Kind.FLOAT: models.PayloadSchemaType.FLOAT,
    Kind.BOOL: models.PayloadSchemaType.INTEGER,
}


class QdrantCollections(Collections):
    """A collection for each table, named `database.table`."""

    def __init__(self, driver: Driver, database: str) -> None:
        self.driver = driver
        self.database = database
        self.shared = driver.shared
        self.work = Work(alone=not driver.shared)

    async def start(self) -> None:
        """Make what the backend itself needs."""
        await self.work.write(self._make, NOTES, False)

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`; what a broken-off `drop` has left goes first."""
        await self.work.write(self._make, schema, old is None and not self.shared)

    def _make(self, schema: Schema, anew: bool) -> None:
        name, vectors = self._name(schema), schema.of_kind(Kind.VECTOR)
        stored = self.driver.dimensions(name)
        if anew and stored is not None:
            self.driver.drop(name)
            stored = None
        if stored is None:
            self.driver.create(name, {safe(f.name): f.dimension or 0 for f in vectors})
        else:
            for field in vectors:
                self._widen(name, field, stored.get(safe(field.name)))
        for field in _indexed(schema):
            tenant = field.name == schema.partition
            self.driver.index(name, safe(field.name), INDEXED[field.kind], tenant)

    def _widen(self, name: str, field: Field, stored: int | None) -> None:
        if stored is None:
            self.driver.widen(name, safe(field.name), field.dimension or 0)
        elif stored != field.dimension:
            raise InvalidSchema(
                field.name, f"the collection {name} holds vectors of {stored} dimensions, left "
                "by something else; delete the collection"
            )  # fmt: skip

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`."""
        await self.work.write(self.driver.drop, self._name(schema))

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`, in requests that a server takes."""
        points = [point(schema, r) for r in records]
        for batch in _batches(points, self.driver.batch):
            await self.work.write(self.driver.upsert, self._name(schema), batch)

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`."""
        ids = [point_id(schema, key) for key in keys]
        for start in range(0, len(ids), self.driver.batch):
            batch = ids[start : start + self.driver.batch]
            await self.work.write(self.driver.delete, self._name(schema), batch)

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids = [point_id(schema, key) for key in keys]
        found: list[Point] = []
        for start in range(0, len(ids), self.driver.batch):
            batch = ids[start : start + self.driver.batch]
            found += await self.work.read(
                len(batch) <= FEW,
                self.driver.retrieve, self._name(schema), batch, wanted(schema, columns),
            )  # fmt: skip
        return [record(schema, p, columns) for p in found]

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`."""
        pushed = self._pushed(schema, where)
        if pushed.empty:
            return
        needed, offset = wanted(schema, columns), None
        limit = self.driver.batch // 4 if needed.vectors else self.driver.batch
        while True:
            page, offset = await self.work.read(
                self.driver.quick and limit <= FEW,
                self.driver.scroll, self._name(schema), pushed.native, offset, limit, needed,
            )  # fmt: skip
            yield [record(schema, p, columns) for p in page]
            if offset is None:
                return

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """As `Collections.is_exact`."""
        return self._pushed(schema, where).exact

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """As `Collections.nearest`."""
        pushed = self._pushed(schema, where)
        if pushed.empty:
            return []
        found = await self.work.read(
            self.driver.quick,
            self.driver.nearest,
            self._name(schema),
            (safe(field), vector),
            pushed.native,
            count,
            wanted(schema, columns),
        )
        return [Scored(record(schema, p, columns), p.score) for p in found]

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """As `Collections.count`."""
        pushed = self._pushed(schema, where)
        if pushed.empty:
            return 0
        return await self.work.read(
            self.driver.quick, self.driver.count, self._name(schema), pushed.native
        )

    async def page(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record] | None:
        """As `Collections.page`, where an indexed INT field sorts."""
        if order is None or limit > self.most or not _sorts(schema, order.field):
            return None
        needed = tuple(dict.fromkeys((order.field, *schema.key, *columns)))
        found: list[Record] = []
        if after is not None:
            found = [r for r in await self._equal(schema, where, order.field, after[0], needed)
                     if _is_behind(schema, r, order, after)]  # fmt: skip
            beyond = Compare(order.field, Op.LT if order.descending else Op.GT, after[0])
            where = every(where, beyond)
        if len(found) < limit:
            found += await self._first(schema, where, order, limit - len(found), needed)
        found.sort(key=lambda r: _rank(schema, r, order), reverse=order.descending)
        return found[:limit]

    async def _first(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record]:
        """The first in this order, and all that equal the last of them."""
        pushed = self._pushed(schema, where)
        if pushed.empty:
            return []
        found = await self.work.read(
            self.driver.quick,
            self.driver.sorted,
            self._name(schema),
            pushed.native,
            Sorting(safe(order.field), order.descending),
            limit,
            wanted(schema, columns),
        )
        records = [record(schema, p, columns) for p in found]
        if len(records) < limit:
            return records
        last = records[-1][order.field]
        before = [r for r in records if r[order.field] != last]
        return before + await self._equal(schema, where, order.field, last, columns)

    async def _equal(
        self, schema: Schema, where: Filter | None, field: str, value: Any, columns: Sequence[str]
    ) -> list[Record]:
        same = every(where, Compare(field, Op.EQ, value))
        return [r async for batch in self.scan(schema, same, columns) for r in batch
                if r[field] == value]  # fmt: skip

    async def flush(self) -> None:
        """As `Collections.flush`."""
        await self.work.write(self.driver.flush)

    async def optimize(self) -> None:
        """As `Collections.optimize`."""
        await self.work.write(self.driver.optimize)

    async def health(self) -> dict[str, Any]:
        """As `Collections.health`."""
        return await self.work.read(False, self.driver.health)

    async def close(self) -> None:
        """As `Collections.close`."""
        await self.work.write(self.driver.close)

    def _name(self, schema: Schema) -> str:
        return collection(self.database, schema.name)

    def _pushed(self, schema: Schema, where: Filter | None) -> Pushed[Condition]:
        return push(schema, self.driver.knows_parts)(where)


def _indexed(schema: Schema) -> list[Field]:
    """Fields of the key and of the declared indexes, as far as the engine can index them."""
    names = dict.fromkeys((*schema.key, *(n for i in schema.indexes for n in i.fields)))
    return [f for n in names if (f := schema.field(n)).kind in INDEXED]


def _sorts(schema: Schema, name: str) -> bool:
    return schema.field(name).kind is Kind.INT and any(f.name == name for f in _indexed(schema))


def _rank(schema: Schema, found: Record, order: Order) -> tuple[Any, ...]:
    return (found[order.field], *key_of(schema, found))


def _is_behind(schema: Schema, found: Record, order: Order, after: tuple[Any, ...]) -> bool:
    rank = _rank(schema, found, order)
    return rank < tuple(after) if order.descending else rank > tuple(after)


def _batches(points: Sequence[Point], most: int) -> list[list[Point]]:
    """The points in order, in groups that fit into a request."""
    batches: list[list[Point]] = []
    size = BYTES
    for one in points:
        weight = _weight(one)
        if size + weight > BYTES or len(batches[-1]) == most:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += weight
    return batches


def _weight(one: Point) -> int:
    """Bytes of a point in a request, about."""
    texts = sum(2 * len(v) for v in one.payload.values() if isinstance(v, str))
    return 256 + texts + 24 * sum(map(len, one.vectors.values()))
