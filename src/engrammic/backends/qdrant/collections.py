"""Tables as collections of Qdrant, whatever reaches them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.qdrant.codec import point, record, wanted
from engrammic.backends.qdrant.driver import Driver, Point
from engrammic.backends.qdrant.paging import INDEXED, Pages, indexed
from engrammic.backends.qdrant.work import Work
from engrammic.emulation.collections import NOTES
from engrammic.emulation.payload import point_id, safe
from engrammic.errors import InvalidSchema
from engrammic.filters import Filter
from engrammic.keys import Key
from engrammic.types import Field, Kind, Record, Schema, Scored

BYTES = 16 * 2**20
"""Of one request, about; a server takes 32 MiB."""

FEW = 16
"""Points that are read where the caller is."""


class QdrantCollections(Pages):
    """A collection for each table, named `database.table`."""

    def __init__(self, driver: Driver, database: str, *, approximate: bool) -> None:
        self.driver = driver
        self.database = database
        self.shared = driver.shared
        self.approximate = approximate
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
        keys = {safe(f.name): INDEXED[f.kind] for f in indexed(schema)}
        self.driver.index(name, keys, schema.partition and safe(schema.partition))

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
            self.driver.is_quick(self._name(schema), pushed.native),
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
