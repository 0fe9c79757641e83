"""What messages and notes have in common: stored with words and meaning, found, aged, deleted."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np

from engrammic.changes import Change, Delete, Put, Update
from engrammic.clock import Clock, now
from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import Compare, Filter, Op, eq, every, is_in
from engrammic.records import cleaner, unit
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, Store, alive, expired
from engrammic.stores.encoding import PASSAGES, Encoded, encode_later
from engrammic.stores.parts import TIER_METADATA, tier_record, without_parts
from engrammic.stores.retrieval import Corpus, Mode, retrieve
from engrammic.text import terms
from engrammic.types import Order, Record, Schema, Vector

Item = TypeVar("Item")
Items: TypeAlias = list[Item]
Records: TypeAlias = list[Record]
Changes: TypeAlias = list[Change]
Entries: TypeAlias = Mapping[str, tuple[Record, Encoded | None]]
"""Records about to be written, with their vectors, by id."""

BATCH = 256
"""Items in one change list: a transaction of a bulk write stays short."""


class ScoredItem(NamedTuple, Generic[Item]):
    """An item and how well it fits, in [0, 1]."""

    item: Item
    score: float


Scores: TypeAlias = list[ScoredItem[Item]]


class ItemStore(Store, Generic[Item]):
    """Items of one kind in one table.

    Without an embedder items are stored as pending: found by their words, and
    by meaning once a store with an embedder has filled their vectors in.
    """

    kind: ClassVar[str]
    table: ClassVar[str]
    key: ClassVar[str]

    def __init__(
        self, backend: Storage, embedder: Embedder | None = None, *, clock: Clock = now
    ) -> None:
        super().__init__(backend, clock=clock)
        self.embedder = embedder
        self.schema = self.schema_for(embedder.dimension if embedder else None)
        self._clean = cleaner(self.schema)

    @staticmethod
    @abstractmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table; without a dimension it has no vectors (yet)."""

    @abstractmethod
    def record_of(self, item: Item, number: int, moment: int) -> Record:
        """The record of the `number`th new item at `moment`. Raises InvalidInput."""

    @abstractmethod
    def item_of(self, record: Record) -> Item:
        """The item that a record holds."""

    @abstractmethod
    def searchable(self, record: Record) -> str:
        """What is indexed of a record; ends with its content."""

    def schemas(self) -> Sequence[Schema]:
        """The items' table, and those of what hangs on them."""
        return (self.schema, TIER_METADATA, PASSAGES)

    async def add(self, item: Item, *, vector: Vector | None = None) -> Item:
        """The item as stored; one with the same id is replaced. Durable when it returns.

        `vector` is used as it is, if given; else the embedder makes it.
        """
        return (await self.add_batch([item], vectors=None if vector is None else [vector]))[0]

    async def add_batch(
        self, items: Sequence[Item], *, vectors: Sequence[Vector] | None = None
    ) -> Items[Item]:
        """The items as stored, in the order given.

        All are checked before the first is written; then every BATCH of them
        is one transaction, so that a crash leaves whole batches.
        """
        units = None if vectors is None else self._units(vectors, len(items))
        moment = self.clock()
        records = [self.record_of(item, number, moment) for number, item in enumerate(items)]
        if len(records) > BATCH:  # a single change list is checked whole by the backend
            for record in records:
                self._clean(record)
        await self.ready()
        writing: asyncio.Task[None] | None = None
        for start in range(0, len(records), BATCH):
            batch = records[start : start + BATCH]
            given = None if units is None else units[start : start + BATCH]
            encoded = await self._encoded(batch, given)
            entries = {
                r[self.key]: self._indexed(r, e) for r, e in zip(batch, encoded, strict=True)
            }
            # While one batch is written, the next one's words and vectors are made.
            if writing is not None:
                await writing
            if start + BATCH >= len(records):
                await self._store(entries)
            else:
                writing = asyncio.create_task(self._store(entries))
        return [self.item_of(record) for record in records]

    async def get(self, item_id: str) -> Item | None:
        """The item, or None when there is none or it has expired."""
        await self.ready()
        record = await self.backend.get(self.table, (item_id,))
        if record is None or _is_over(record, self.clock()):
            return None
        return self.item_of(record)

    async def list(
        self,
        where: Filter | None = None,
        *,
        limit: int | None = None,
        after: tuple[int, str] | None = None,
    ) -> Items[Item]:
        """Items that match, the newest first; `after` resumes behind a (created_at, id)."""
        await self.ready()
        order = Order("created_at", descending=True)
        where = every(where, alive(self.clock()))
        found = await self.backend.query(self.table, where, order=order, after=after, limit=limit)
        return [self.item_of(record) for record in found]

    async def existing(self, item_ids: Sequence[str]) -> dict[str, Item]:
        """Those of the items that are stored, by id."""
        await self.ready()
        found = await self.backend.query(self.table, is_in(self.key, item_ids))
        return {record[self.key]: self.item_of(record) for record in found}

    async def search(
        self,
        query: str,
        limit: int = 10,
        min_score: float = 0.0,
        *,
        mode: Mode | str = Mode.HYBRID,
        where: Filter | None = None,
    ) -> Scores[Item]:
        """The items that fit best, best first; those below `min_score` are left out."""
        await self.ready()
        found = await retrieve(
            self.backend, [self.corpus(where)], query, limit=limit, mode=mode,
            embedder=self.embedder, moment=self.clock(), min_score=min_score,
        )  # fmt: skip
        return [ScoredItem(self.item_of(hit.record), hit.score) for hit in found.hits]

    def corpus(self, where: Filter | None = None) -> Corpus:
        """The items that a search may find now."""
        return Corpus(self.kind, self.schema, every(where, alive(self.clock())))

    async def delete(self, item_id: str) -> bool:
        """Delete one item; whether it was there."""
        return await self.delete_where(eq(self.key, item_id)) > 0

    async def delete_expired(self) -> int:
        """Delete the items whose time is over; how many."""
        return await self.delete_where(expired(self.clock()))

    async def delete_where(self, where: Filter) -> int:
        """Delete the items that match; how many."""
        await self.ready()
        deleted, batch = 0, BATCH
        while batch == BATCH:
            batch = 0

            async def removal(reader: Scoped) -> Changes:
                nonlocal batch
                gone = await reader.query(
                    self.table, where, limit=BATCH, columns=self.place_columns()
                )
                batch = len(gone)
                ids = [record[self.key] for record in gone]
                delete = Delete(self.table, is_in(self.key, ids))
                return [delete, *without_parts(ids), *await self.arranged(reader, [], gone)]

            await self.backend.transact(removal)
            deleted += batch
        return deleted

    async def pending(self, limit: int) -> Records:
        """Records that have no vector yet, at most `limit`."""
        await self.ready()
        return await self.backend.query(self.table, Compare("vector", Op.IS_NULL), limit=limit)

    async def count_pending(self) -> int:
        """How many items have no vector yet."""
        await self.ready()
        try:
            return await self.backend.count(self.table, Compare("vector", Op.IS_NULL))
        except UnknownField:  # no model was ever here
            return await self.backend.count(self.table)

    async def fill_in(self, records: Sequence[Record]) -> int:
        """Give pending records their vectors; how many got one."""
        changes: Changes = []
        for record, encoded in zip(records, await self._encoded(records, None), strict=True):
            if encoded is not None:
                vector = {self.key: record[self.key], "vector": encoded.vector}
                changes.append(Update(self.table, [vector]))
                changes.append(Put("passages", self._passages(record, encoded)))
        await self.backend.apply(changes)
        return len(changes) // 2

    def place_of(self, item: Item) -> tuple[int, str]:
        """Where a stored item stands in `list`: its (created_at, id)."""
        return getattr(item, "created_at"), getattr(item, self.key)  # noqa: B009

    def place_columns(self) -> tuple[str, ...]:
        """The fields that `arranged` wants to know of records that leave."""
        return (self.key,)

    async def arranged(
        self, reader: Scoped, records: Sequence[Record], gone: Sequence[Record]
    ) -> Changes:
        """Further changes for records that come (they may be completed) and that go."""
        return []

    async def _store(self, entries: Entries) -> None:
        await self.backend.transact(lambda reader: self._changes(reader, entries))

    async def _changes(self, reader: Scoped, entries: Entries) -> Changes:
        replaced = await self._stored(reader, tuple(entries))
        changes = await self.arranged(reader, [r for r, _ in entries.values()], replaced)
        known = {record[self.key] for record in replaced}
        if known:
            changes.append(Delete("passages", is_in("item_id", known)))
        changes.append(Put(self.table, [record for record, _ in entries.values()]))
        moment = self.clock()
        tiers = [tier_record(item_id, moment) for item_id in entries if item_id not in known]
        passages = [p for r, e in entries.values() for p in self._passages(r, e)]
        return [*changes, Put("tier_metadata", tiers), Put("passages", passages)]

    async def _stored(self, reader: Scoped, ids: Sequence[str]) -> Records:
        """What `arranged` wants to know of those of the ids that are stored."""
        if len(ids) == 1:
            record = await reader.get(self.table, (ids[0],))
            return [] if record is None else [record]
        return await reader.query(self.table, is_in(self.key, ids), columns=self.place_columns())

    def _units(self, vectors: Sequence[Vector], count: int) -> Vectors:
        if len(vectors) != count:
            raise InvalidInput("vectors", f"{len(vectors)} for {count} items")
        dimension = self.schema.field("vector").dimension or 0
        rows = [unit(v, dimension, "vector") for v in vectors]
        return np.array(rows, np.float32).reshape(count, dimension)

    async def _encoded(
        self, records: Sequence[Record], vectors: Vectors | None
    ) -> Sequence[Encoded | None]:
        if vectors is not None:
            return [Encoded(vector) for vector in vectors]
        if self.embedder is None:
            return [None] * len(records)
        return await encode_later(self.embedder, [self.searchable(r) for r in records])

    def _indexed(self, record: Record, encoded: Encoded | None) -> tuple[Record, Encoded | None]:
        """The record with its terms and its vector."""
        record["terms"] = " ".join(terms(self.searchable(record)))
        if encoded is not None:
            record["vector"] = encoded.vector
        return record, encoded

    def _passages(self, record: Record, encoded: Encoded | None) -> Records:
        if encoded is None or encoded.passages is None:
            return []
        offset = len(self.searchable(record)) - len(record["content"])
        return encoded.records(record[self.key], offset)


def _is_over(record: Record, moment: int) -> bool:
    return record["expires_at"] is not None and record["expires_at"] <= moment
