"""What messages and notes have in common: stored with words and meaning, found, aged, deleted."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeAlias

from engrammic.batches import Columns
from engrammic.changes import Put, Update
from engrammic.checks import check_texts
from engrammic.embed.base import Vectors
from engrammic.errors import Conflict, Protected, UnknownField
from engrammic.filters import Compare, Filter, Op, eq, every, is_in
from engrammic.items import MemoryAuthority
from engrammic.scope import Scoped
from engrammic.stores.base import alive, check_kind_of
from engrammic.stores.corpus import Corpus
from engrammic.stores.indexing import BATCH as BATCH
from engrammic.stores.indexing import Changes, Entries, Entry, Item, Records
from engrammic.stores.modes import Mode
from engrammic.stores.past import closing
from engrammic.stores.pipeline import in_turn
from engrammic.stores.removing import Removing
from engrammic.stores.retrieval import retrieve
from engrammic.stores.tier_metadata import Standing
from engrammic.text import terms
from engrammic.types import Kind, Order, Record, Vector

Items: TypeAlias = list[Item]


ALIKE = 200
"""Items with the same words that are looked at when one is rejected."""


class ScoredItem(NamedTuple, Generic[Item]):
    """An item and how well it fits, in [0, 1]."""

    item: Item
    score: float


Scores: TypeAlias = list[ScoredItem[Item]]


class ItemStore(Removing[Item]):
    """Items of one kind in one table.

    Without an embedder items are stored as pending: found by their words, and
    by meaning once a store with an embedder has filled their vectors in.
    """

    async def add(
        self, item: Item, *, vector: Vector | None = None, standing: Standing | None = None
    ) -> Item:
        """The item as stored; one with the same id is replaced. Durable when it returns.

        `vector` is used as it is, if given; else the embedder makes it. `standing`
        is that of a new item. Raises Protected when the item stored is canonical,
        KeptOut for what was forgotten or rejected.
        """
        vectors = None if vector is None else [vector]
        return (await self.add_batch([item], vectors=vectors, standing=standing))[0]

    async def add_batch(
        self,
        items: Sequence[Item],
        *,
        vectors: Sequence[Vector] | None = None,
        standing: Standing | None = None,
    ) -> Items[Item]:
        """The items as stored, in the order given.

        All are checked before the first is written; then every BATCH of them
        is one transaction, so that a crash leaves whole batches.
        """
        if standing is not None:
            self._check_standing(standing)
        check_kind_of("items", items, Sequence)
        units = None if vectors is None else self._units(vectors, len(items))
        moment = self.clock()
        records = self.records_of(items, moment)
        entry = Entry(standing, self._without_id(items, records))
        await self.ready()
        return await self._write(records, units, entry)

    def _check_standing(self, standing: Standing) -> None:
        check_kind_of("standing", standing, Standing)
        if standing.authority is MemoryAuthority.CANONICAL and self.token is None:
            raise Protected("what is canonical is written with `memory.unlocked(secret)`")

    async def _write(
        self, records: Sequence[Record], units: Sequence[Vectors] | None, entry: Entry
    ) -> Items[Item]:
        """The items. Batch by batch: while one is written, the next one's words are made."""
        if len(records) <= BATCH:
            few = list(records)
            if few:
                await self._store(await self.entries(few, units), entry)
            return [self.item_of(record) for record in few]
        items: Items[Item] = []
        known = {*(records.stored if isinstance(records, Columns) else ())}
        if units is not None:
            known.add("vector")  # as `_units` made them

        async def prepared(start: int) -> tuple[Entries, Entry]:
            batch = list(records[start : start + BATCH])
            given = None if units is None else units[start : start + BATCH]
            entries = await self.entries(batch, given)
            items.extend(map(self.item_of, batch))
            return entries, self.in_columns(entry, entries, known)

        async def written(batch: tuple[Entries, Entry]) -> None:
            await self._store(*batch)

        await in_turn(self.backend, range(0, len(records), BATCH), prepared, written)
        return items

    async def entries(self, records: Records, units: Sequence[Vectors] | None = None) -> Entries:
        """The records with terms, and with the vectors given or made now."""
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

    async def alike(self, content: str) -> builtins.list[str]:
        """Ids of items found now that say the same, whatever their case and spacing."""
        await self.ready()
        words = terms(content)
        found = await self.backend.text_search(
            self.table, tuple(dict.fromkeys(words)), limit=ALIKE,
            where=alive(self.clock()), columns=(self.key, "content"),
        )  # fmt: skip
        wanted = " ".join(words)
        return [h.record[self.key] for h in found if " ".join(terms(h.record["content"])) == wanted]

    async def existing(self, item_ids: Sequence[str]) -> dict[str, Item]:
        """Those of the items that are stored, by id."""
        item_ids = check_texts("item_ids", item_ids)
        await self.ready()
        found = await self.backend.query(self.table, is_in(self.key, item_ids))
        return {record[self.key]: self.item_of(record) for record in found}

    async def barred(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the ids whose items were forgotten or released, and do not come back."""
        ids = check_texts("ids", ids)
        await self.ready()
        if not ids or not await self.tombstones.any(self.backend):
            return frozenset()
        digests = {i: self.tombstones.of_item(self.kind, i) for i in ids}
        out = await self.tombstones.standing(self.backend, digests.values())
        return frozenset(i for i, digest in digests.items() if digest in out)

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

    async def holds_any(self) -> bool:
        """Whether there is any item; one short read."""
        return bool(await self.backend.query(self.table, limit=1, columns=(self.key,)))

    def corpus(self, where: Filter | None = None) -> Corpus:
        """The items that a search may find now."""
        where = every(where, alive(self.clock()))
        return Corpus(self.kind, self.schema, where, findable=self.indexed)

    async def pending(self, limit: int) -> Records:
        """Records that have no vector yet, at most `limit`."""
        await self.ready()
        return await self.backend.query(self.table, self._vectorless, limit=limit)

    async def count_pending(self) -> int:
        """How many items have no vector yet."""
        await self.ready()
        try:
            return await self.backend.count(self.table, self._vectorless)
        except UnknownField:  # no model was ever here
            return await self.backend.count(self.table, self.indexed)

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
            pending = every(is_in(self.key, tuple(made)), self._vectorless)
            found = await reader.query(self.table, pending)
            same = [r for r in found if self.searchable(r) == made[r[self.key]][0]]
            vectors = [{self.key: r[self.key], "vector": made[r[self.key]][1].vector} for r in same]
            passages = [p for r in same for p in self._passages(r, made[r[self.key]][1])]
            return [Update(self.table, vectors), Put("passages", passages)]

        await self.backend.transact(filling)
        return len(made)

    @property
    def _vectorless(self) -> Filter:
        return every(Compare("vector", Op.IS_NULL), self.indexed)

    async def change(self, item_id: str, **fields: Any) -> Item | None:
        """The stored item with these fields changed, or None when there is none.

        What another writer changes meanwhile is kept; what it deletes stays deleted.
        """
        await self.ready()
        while (stored := await self.get(item_id)) is not None:
            item = replace(stored, **fields)  # type: ignore[type-var]
            record = self.record_of(item, 0, self.clock())
            if self._keeps_time:
                record["updated_at"] = self.clock()
            entries = await self.entries([record])
            new_text = getattr(item, self.text) != getattr(stored, self.text)

            async def changing(
                reader: Scoped,
                seen: Item = stored,
                entries: Entries = entries,
                rewritten: bool = new_text,
            ) -> Changes:
                now = await reader.get(self.table, (item_id,))
                if now is None or self.item_of(now) != seen:
                    raise Conflict(f"{self.kind} {item_id!r} was changed meanwhile")
                past = await self._past(reader, item_id) if rewritten else []
                return [*past, *await self.changes(reader, entries)]

            try:
                await self.backend.transact(changing)
            except Conflict:
                continue
            return self.item_of(record)
        return None

    @property
    def _keeps_time(self) -> bool:
        return any(f.name == "updated_at" for f in self.schema.fields)

    async def _past(self, reader: Scoped, item_id: str) -> Changes:
        """The change that keeps what an item says now, before it says something else."""
        columns = [f.name for f in self.schema.fields if f.kind is not Kind.TERMS]
        found = await reader.query(self.table, eq(self.key, item_id), columns=columns)
        return [Put("versions", closing(self, found, "updated", self.clock()))]

    def place_of(self, item: Item) -> tuple[int, str]:
        """Where a stored item stands in `list`: its (created_at, id)."""
        return getattr(item, "created_at"), getattr(item, self.key)  # noqa: B009

    async def _store(self, entries: Entries, entry: Entry) -> None:
        await self.backend.transact(lambda reader: self.changes(reader, entries, entry))


def of_kind(stores: Sequence[ItemStore[Any]], kind: str) -> ItemStore[Any]:
    """The store of a kind of items."""
    return next(store for store in stores if store.kind == kind)


def _is_over(record: Record, moment: int) -> bool:
    return record["expires_at"] is not None and record["expires_at"] <= moment
