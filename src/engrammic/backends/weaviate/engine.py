"""Tables as classes of Weaviate, whose objects are their records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from weaviate.classes.config import Configure, StopwordsPreset
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter as Where
from weaviate.classes.query import MetadataQuery
from weaviate.collections.classes.filters import FilterReturn

from engrammic.backends.weaviate import objects
from engrammic.backends.weaviate.filters import push
from engrammic.backends.weaviate.wire import TooLarge, Wire
from engrammic.emulation.collections import NOTES, Collections
from engrammic.emulation.payload import point_id
from engrammic.errors import StorageError
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.types import Kind, Record, Schema, Scored

STEP = 1000
"""Objects in one answer; fewer where they are large."""

INSERT = 500
INSERT_BYTES = 8_000_000


class Classes(Collections):
    """The verbs over classes whose names begin with a prefix."""

    approximate = True
    most: ClassVar[int] = 10_000

    def __init__(self, wire: Wire, prefix: str, shared: bool) -> None:
        self.wire = wire
        self.shared = shared
        self._prefix = prefix
        self._step = STEP
        self._noted = False

    def _name(self, schema: Schema) -> str:
        return f"{self._prefix}_{objects.word(schema.name)}"

    async def _class(self, schema: Schema) -> Any:
        return (await self.wire.client()).collections.use(self._name(schema))

    async def open(self) -> None:
        """Connect, and look whether there are tables. Makes nothing. Raises ConnectionFailed."""
        await self._has_notes()

    async def _has_notes(self) -> bool:
        """Whether there is what the tables are noted in: the first table brings it."""
        self._noted = self._noted or await self._exists(NOTES)
        return self._noted

    async def _exists(self, schema: Schema) -> bool:
        return bool(await self.wire.said((await self._class(schema)).exists()))

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`."""
        if not await self._has_notes():
            await self._make(NOTES)
            self._noted = True
        if await self._exists(schema) or not await self._make(schema):
            await self._grow(schema)

    async def _grow(self, schema: Schema) -> None:
        said, class_ = self.wire.said, await self._class(schema)
        config = await said(class_.config.get())
        known = {p.name for p in config.properties}
        for made in objects.properties(schema):
            if made.name not in known:
                await said(class_.config.add_property(made))
        for vector in objects.vectors(schema):
            if vector.name not in (config.vector_config or {}):
                await said(class_.config.add_vector(vector_config=vector))

    async def _make(self, schema: Schema) -> bool:
        """Whether the class is made here, and not by another who was faster.

        Stopwords are not seen by filters, so there are none.
        """
        making = (await self.wire.client()).collections.create(
            self._name(schema),
            properties=objects.properties(schema),
            vector_config=objects.vectors(schema),
            inverted_index_config=Configure.inverted_index(stopwords_preset=StopwordsPreset.NONE),
        )
        try:
            await self.wire.said(making)
        except StorageError:
            if not await self._exists(schema):
                raise
            return False
        return True

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`."""
        await self.wire.said((await self.wire.client()).collections.delete(self._name(schema)))

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`."""
        class_ = await self._class(schema)
        for batch in _batches(schema, records):
            result = await self.wire.said(class_.data.insert_many(batch))
            if result.has_errors:
                first = next(iter(result.errors.values()))
                raise StorageError(f"{self.wire.name}: {schema.name}: {first.message}")

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`."""
        class_, ids = await self._class(schema), [point_id(schema, key) for key in keys]
        for start in range(0, len(ids), STEP):
            where = Where.by_id().contains_any(ids[start : start + STEP])
            await self.wire.said(class_.data.delete_many(where))

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids, found = [point_id(schema, key) for key in keys], []
        while ids:
            some = ids[: self._step]
            where = Where.by_id().contains_any(some)
            try:
                found += await self._objects(schema, columns, filters=where, limit=len(some))
            except TooLarge:
                self._shrink(len(some))
                continue
            ids = ids[len(some) :]
        return [_record(schema, o, columns) for o in found]

    def _shrink(self, tried: int) -> None:
        """Ask for less at once from now on. Raises TooLarge where one object is too much."""
        if tried <= 1:
            raise TooLarge(f"{self.wire.name}: one object exceeds what gRPC carries")
        self._step = max(1, min(self._step, tried) // 4)

    async def _objects(self, schema: Schema, columns: Sequence[str], **asked: Any) -> list[Any]:
        query = (await self._class(schema)).query
        page = await self.wire.said(query.fetch_objects(**_returned(schema, columns), **asked))
        return list(page.objects)

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`: by cursor, or in ranges of slots with at most a step of hits."""
        pushed = push(schema)(where)
        if pushed.empty or (schema is NOTES and not await self._has_notes()):
            return
        pages = (
            self._all(schema, columns)
            if pushed.native is None
            else self._ranges(schema, columns, pushed.native, 0, objects.SLOTS)
        )
        async for page in pages:
            yield [_record(schema, o, columns) for o in page]

    async def _all(self, schema: Schema, columns: Sequence[str]) -> AsyncIterator[list[Any]]:
        after = None
        while True:
            step = self._step
            try:
                page = await self._objects(schema, columns, limit=step, after=after)
            except TooLarge:
                self._shrink(step)
                continue
            yield page
            if len(page) < step:
                return
            after = page[-1].uuid

    async def _ranges(
        self, schema: Schema, columns: Sequence[str], where: FilterReturn, low: int, high: int
    ) -> AsyncIterator[list[Any]]:
        """Offsets would move while others write, and the cursor takes no filter."""
        step, by = self._step, Where.by_property(objects.SLOT)
        within = where & by.greater_or_equal(low) & by.less_than(high)
        asked = where if high - low == objects.SLOTS else within
        try:
            page = await self._objects(schema, columns, filters=asked, limit=step)
        except TooLarge:
            self._shrink(step)
            page = []
            step = 0
        if len(page) < step or high - low == 1:
            yield page
            return
        middle = (low + high) // 2
        for part in ((low, middle), (middle, high)):
            async for found in self._ranges(schema, columns, where, *part):
                yield found

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """As `Collections.is_exact`."""
        return push(schema)(where).exact

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """As `Collections.count`."""
        pushed = push(schema)(where)
        if pushed.empty:
            return 0
        over = (await self._class(schema)).aggregate.over_all
        found = await self.wire.said(over(filters=pushed.native, total_count=True))
        return int(found.total_count or 0)

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
        pushed = push(schema)(where)
        if pushed.empty:
            return []
        near = (await self._class(schema)).query.near_vector(
            vector.tolist(),
            target_vector=objects.vector_of(field),
            limit=count,
            filters=pushed.native,
            return_metadata=MetadataQuery(distance=True),
            **_returned(schema, columns),
        )
        page = await self.wire.said(near)
        return [
            Scored(_record(schema, o, columns), 1.0 - float(o.metadata.distance or 0.0))
            for o in page.objects
        ]

    async def health(self) -> dict[str, Any]:
        """As `Collections.health`."""
        meta = await self.wire.said((await self.wire.client()).get_meta())
        return {"version": meta["version"]}

    async def close(self) -> None:
        """As `Collections.close`."""
        await self.wire.close()


def _returned(schema: Schema, columns: Sequence[str]) -> dict[str, Any]:
    fields = [c for c in columns if schema.field(c).kind is Kind.VECTOR]
    return {
        "return_properties": objects.wanted(schema, columns),
        "include_vector": [objects.vector_of(c) for c in fields] or False,
    }


def _record(schema: Schema, found: Any, columns: Sequence[str]) -> Record:
    return objects.unpack(schema, found.properties, found.vector, columns)


def _batches(schema: Schema, records: Sequence[Record]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    size = 0
    for record in records:
        id_ = point_id(schema, key_of(schema, record))
        properties, vectors = objects.pack(schema, record, id_)
        own = 2 * len(properties[objects.BODY]) + 4 * sum(map(len, vectors.values())) + 2000
        if batch and (size + own > INSERT_BYTES or len(batch) == INSERT):
            yield batch
            batch, size = [], 0
        batch.append(DataObject(uuid=id_, properties=properties, vector=vectors or None))
        size += own
    if batch:
        yield batch
