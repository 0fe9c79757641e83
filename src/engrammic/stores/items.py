"""What messages and notes have in common: stored with words and meaning, found, aged, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeAlias

from engrammic.changes import Delete, Put, Update
from engrammic.embed.base import Vectors
from engrammic.errors import Conflict, InvalidInput, UnknownField
from engrammic.filters import Compare, Filter, Op, eq, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import alive, check_kind_of, expired
from engrammic.stores.indexing import Changes, Entries, Indexing, Item, Records
from engrammic.stores.parts import without_parts
from engrammic.stores.retrieval import Corpus, Mode, retrieve
from engrammic.types import Order, Record, Vector

Items: TypeAlias = list[Item]

BATCH = 256
"""Items in one change list: a transaction of a bulk write stays short."""


class ScoredItem(NamedTuple, Generic[Item]):
    """An item and how well it fits, in [0, 1]."""

    item: Item
    score: float


Scores: TypeAlias = list[ScoredItem[Item]]


class ItemStore(Indexing[Item]):
    """Items of one kind in one table.

    Without an embedder items are stored as pending: found by their words, and
    by meaning once a store with an embedder has filled their vectors in.
    """

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
        check_kind_of("items", items, Sequence)
        units = None if vectors is None else self._units(vectors, len(items))
        moment = self.clock()
        records = [self.record_of(item, number, moment) for number, item in enumerate(items)]
        if len(records) > BATCH:  # a single change list is checked whole by the backend
            for record in records:
                self._clean(record)
        await self.ready()
        await self._write(records, units)
        return [self.item_of(record) for record in records]

    async def _write(self, records: Records, units: Sequence[Vectors] | None) -> None:
        """Batch by batch: while one is written, the next one's words and vectors are made."""
        if len(records) <= BATCH:
            await self._store(await self._entries(records, units))
            return
        writing: asyncio.Task[None] | None = None
        try:
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                given = None if units is None else units[start : start + BATCH]
                entries = await self._entries(batch, given)
                if writing is not None:
                    await writing
                    writing = None
                if start + BATCH >= len(records):
                    await self._store(entries)
                else:
                    writing = asyncio.create_task(self._store(entries))
        finally:
            # Nothing goes on behind the back of a caller who was told of an error.
            if writing is not None:
                await writing

    async def _entries(self, records: Records, units: Sequence[Vectors] | None) -> Entries:
        indexed = map(self._indexed, records, await self._encoded(records, units))
        return {record[self.key]: (record, e) for record, e in indexed}

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

    async def delete_where(self, where: Filter | None) -> int:
        """Delete the items that match; how many. EVERYTHING empties the table."""
        if where is None:
            raise InvalidInput("where", "want a filter; EVERYTHING of engrammic.filters is one")
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
                return [
                    delete,
                    *without_parts(self.kind, ids),
                    *await self.arranged(reader, [], gone),
                ]

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
        """Give pending records their vectors; how many got one.

        A record that was changed or deleted since it was read is passed over.
        """
        encoded = await self._encoded(records, None)
        made = {
            r[self.key]: (self.searchable(r), e)
            for r, e in zip(records, encoded, strict=True)
            if e is not None
        }

        async def filling(reader: Scoped) -> Changes:
            pending = every(is_in(self.key, tuple(made)), Compare("vector", Op.IS_NULL))
            found = await reader.query(self.table, pending)
            same = [r for r in found if self.searchable(r) == made[r[self.key]][0]]
            vectors = [{self.key: r[self.key], "vector": made[r[self.key]][1].vector} for r in same]
            passages = [p for r in same for p in self._passages(r, made[r[self.key]][1])]
            return [Update(self.table, vectors), Put("passages", passages)]

        await self.backend.transact(filling)
        return len(made)

    async def change(self, item_id: str, **fields: Any) -> Item | None:
        """The stored item with these fields changed, or None when there is none.

        What another writer changes meanwhile is kept; what it deletes stays deleted.
        """
        await self.ready()
        while (stored := await self.get(item_id)) is not None:
            item = replace(stored, **fields)  # type: ignore[type-var]
            record = self.record_of(item, 0, self.clock())
            [encoded] = await self._encoded([record], None)
            entries = {item_id: self._indexed(record, encoded)}

            async def changing(
                reader: Scoped, seen: Item = stored, entries: Entries = entries
            ) -> Changes:
                now = await reader.get(self.table, (item_id,))
                if now is None or self.item_of(now) != seen:
                    raise Conflict(f"{self.kind} {item_id!r} was changed meanwhile")
                return await self._changes(reader, entries)

            try:
                await self.backend.transact(changing)
            except Conflict:
                continue
            return self.item_of(record)
        return None

    def place_of(self, item: Item) -> tuple[int, str]:
        """Where a stored item stands in `list`: its (created_at, id)."""
        return getattr(item, "created_at"), getattr(item, self.key)  # noqa: B009

    async def _store(self, entries: Entries) -> None:
        await self.backend.transact(lambda reader: self._changes(reader, entries))


def _is_over(record: Record, moment: int) -> bool:
    return record["expires_at"] is not None and record["expires_at"] <= moment
