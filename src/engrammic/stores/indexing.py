"""From items to changes: what is written of an item besides itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from engrammic.authority import CanonicalWriteToken
from engrammic.batches import Columns, ahead
from engrammic.changes import Change, Delete, Put, Update
from engrammic.clock import Clock, now
from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput
from engrammic.filters import Filter, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, Store
from engrammic.stores.encoding import PASSAGES, Encoded, encode_later
from engrammic.stores.entity_changes import Plan
from engrammic.stores.keeping import check_open, refused, standings
from engrammic.stores.parts import passages_of, without_derived
from engrammic.stores.past import versions
from engrammic.stores.tier_metadata import TIER_METADATA, Standing
from engrammic.stores.tombstones import Reason, Tombstones
from engrammic.text import joined
from engrammic.types import Record, Schema, Vector
from engrammic.units import are_units, unit

Item = TypeVar("Item")
BATCH = 192
"""Items in one change list: a transaction of a bulk write stays short."""

_SEQUENCES = (Sequence, np.ndarray)
Records: TypeAlias = list[Record]
Changes: TypeAlias = list[Change]
Entries: TypeAlias = Mapping[str, tuple[Record, Encoded | None]]
"""Records about to be written, with their vectors, by id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How items come in: with which standing, which ids nobody had before.

    `allowed` items come in whatever was rejected or forgotten. `columns` are the records
    of many, but for the fields that `arranged` gives, in their stored form.
    """

    standing: Standing | None = None
    fresh: frozenset[str] = frozenset()
    allowed: bool = False
    columns: Columns | None = None


class Indexing(Store, Generic[Item]):
    """What a kind of item is made of, and the changes that store one with all that hangs on it."""

    kind: ClassVar[str]
    table: ClassVar[str]
    key: ClassVar[str]
    late: ClassVar[tuple[str, ...]] = ()
    """Fields that `arranged` gives, in their stored form."""
    text: ClassVar[str] = "content"
    """The item's own name for what a record calls its content."""
    standing: ClassVar[Standing | None] = Standing()
    """How a new item starts; None for what has no standing of its own."""
    indexed: ClassVar[Filter | None] = None
    """What a search may find; None for everything."""

    def __init__(
        self,
        backend: Storage,
        embedder: Embedder | None = None,
        *,
        clock: Clock = now,
        token: CanonicalWriteToken | None = None,
    ) -> None:
        super().__init__(backend, clock=clock)
        self.embedder = embedder
        self.token = token
        self.tombstones = Tombstones(self.backend, clock=clock)
        self.schema = self.schema_for(embedder.dimension if embedder else None)

    @staticmethod
    @abstractmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table; without a dimension it has no vectors (yet)."""

    @abstractmethod
    def record_of(self, item: Item, number: int, moment: int) -> Record:
        """The record of the `number`th new item at `moment`. Raises InvalidInput."""

    def records_of(self, items: Sequence[Item], moment: int) -> Sequence[Record]:
        """As `record_of` for each of new items: as Columns, where a store knows a way to."""
        return [self.record_of(item, number, moment) for number, item in enumerate(items)]

    @abstractmethod
    def item_of(self, record: Record) -> Item:
        """The item that a record holds."""

    @abstractmethod
    def searchable(self, record: Record) -> str:
        """What is indexed of a record; ends with its content."""

    def schemas(self) -> Sequence[Schema]:
        """The items' table, and those of what hangs on them."""
        dimension = self.embedder.dimension if self.embedder else None
        return (self.schema, TIER_METADATA, PASSAGES, versions(dimension))

    def words(self, record: Record) -> str:
        """The terms of what is indexed, joined by spaces."""
        return joined(self.searchable(record))

    def place_columns(self) -> tuple[str, ...]:
        """The fields that `arranged` wants to know of records that leave."""
        return (self.key,)

    async def arranged(
        self, reader: Scoped, records: Sequence[Record], gone: Sequence[Record]
    ) -> Changes:
        """Further changes for records that come (they may be completed) and that go."""
        return []

    async def ready(self) -> None:
        """Declare the tables, and know what may not come back."""
        if not self._declared:
            await self.tombstones.ready()
        await super().ready()

    async def changes(self, reader: Scoped, entries: Entries, entry: Entry = Entry()) -> Changes:
        """The changes that store records with all that hangs on them. Raises Protected, KeptOut."""
        ids = tuple(entries)
        given = tuple(i for i in ids if i not in entry.fresh)
        rows = await standings(reader, self.kind, given) if given else {}
        check_open(rows.values(), self.token)
        changed = not entry.allowed and await self._admit(reader, entries)
        replaced = await self._stored(reader, given) if given else []
        records = [record for record, _ in entries.values()]
        changes = await self.arranged(reader, records, replaced)
        known = {record[self.key] for record in replaced}
        if known:
            changes.append(Delete("passages", passages_of(self.kind, known)))
        columns = None if changed else entry.columns
        changes.append(Put(self.table, self._whole(records, columns)))
        changes += await self._standings(reader, entries, rows, entry.standing)
        if passages := [p for r, e in entries.values() for p in self._passages(r, e)]:
            changes.append(Put("passages", passages))
        return changes

    def in_columns(self, entry: Entry, entries: Entries, known: Collection[str]) -> Entry:
        """The entry with its records as columns, where they are many.

        Fields that are `known` are in their stored form.
        """
        records = [record for record, _ in entries.values()]
        return replace(entry, columns=ahead(self.schema, records, self.late, known))

    def _whole(self, records: Records, columns: Columns | None) -> Sequence[Record]:
        """The records; as columns, where most of these are there."""
        if columns is None:
            return records
        late = {name: [r.get(name) for r in records] for name in self.late}
        return columns.beside(late, self.late)

    async def _standings(
        self,
        reader: Scoped,
        entries: Entries,
        rows: Mapping[str, Record],
        standing: Standing | None,
    ) -> Changes:
        """The standing of new items; those that had aged are whole again."""
        start = standing or self.standing
        if start is None:
            return []
        moment = self.clock()
        new = {i: r for i, (r, _) in entries.items() if i not in rows and not r.get("resting")}
        changes: Changes = []
        if new:
            changes.append(Put(TIER_METADATA.name, start.records(self.kind, new, moment)))
        aged = [i for i, row in rows.items() if row["tier"] != start.tier]
        if aged:
            tiers = [{"kind": self.kind, "message_id": i, "tier": start.tier} for i in aged]
            changes += [*await without_derived(reader, aged), Update(TIER_METADATA.name, tiers)]
        if read := [i for i, row in rows.items() if row["learned_at"] is not None]:
            again = [{"kind": self.kind, "message_id": i, "learned_at": None} for i in read]
            unsaid = await Plan(reader, moment, read).changes(())
            changes += [Update(TIER_METADATA.name, again), *unsaid]
        return changes

    async def _admit(self, reader: Scoped, entries: Entries) -> bool:
        """Raise KeptOut for what was forgotten, or rejected; whether a record was changed."""
        if not await self.tombstones.any(reader):
            return False
        changed = False
        digests = {
            i: (self.tombstones.of_item(self.kind, i), self.tombstones.of_words(self.gist(r)))
            for i, (r, _) in entries.items()
        }
        out = await self.tombstones.standing(reader, (d for pair in digests.values() for d in pair))
        for item_id, (by_id, by_text) in digests.items():
            if by_id in out:
                raise refused(self.kind, item_id, out[by_id])
            if by_text is not None and out.get(by_text) is Reason.REJECTED:
                self.rejected(entries[item_id][0])
                changed = True
        return changed

    def rejected(self, record: Record) -> None:
        """Called for a record whose text was rejected. Raises KeptOut."""
        raise refused(self.kind, record[self.key], Reason.REJECTED)

    def gist(self, record: Record) -> str:
        """The terms of the content alone: what is said, whoever says it whenever."""
        return joined(record["content"])

    async def _stored(self, reader: Scoped, ids: Sequence[str]) -> Records:
        """What `arranged` wants to know of those of the ids that are stored."""
        if len(ids) == 1:
            record = await reader.get(self.table, (ids[0],))
            return [] if record is None else [record]
        return await reader.query(self.table, is_in(self.key, ids), columns=self.place_columns())

    def _without_id(self, items: Sequence[Item], records: Sequence[Record]) -> frozenset[str]:
        """The ids of items that were given without one."""
        new = [number for number, i in enumerate(items) if getattr(i, self.key) is None]
        return frozenset([records[number][self.key] for number in new])

    def _units(self, vectors: Sequence[Vector], count: int) -> list[Vectors]:
        if not isinstance(vectors, _SEQUENCES):
            raise InvalidInput("vectors", "want one vector for each item")
        if len(vectors) != count:
            raise InvalidInput("vectors", f"{len(vectors)} for {count} items")
        dimension = self.schema.field("vector").dimension or 0
        # Copies, since the caller's arrays may change while the write waits.
        if are_units(vectors, dimension):
            return list(np.array(vectors))
        return [np.array(unit(v, dimension, "vector")) for v in vectors]

    async def _encoded(
        self, records: Sequence[Record], vectors: Sequence[Vectors] | None
    ) -> Sequence[Encoded | None]:
        if vectors is not None:
            return [Encoded(vector) for vector in vectors]
        if self.embedder is None:
            return [None] * len(records)
        return await encode_later(self.embedder, [self.searchable(r) for r in records])

    def _indexed(self, record: Record, encoded: Encoded | None) -> tuple[Record, Encoded | None]:
        """The record with its terms and its vector."""
        record["terms"] = self.words(record)
        if encoded is not None:
            record["vector"] = encoded.vector
        return record, encoded

    def _passages(self, record: Record, encoded: Encoded | None) -> Records:
        if encoded is None or encoded.passages is None:
            return []
        offset = len(self.searchable(record)) - len(record["content"])
        return encoded.records(self.kind, record[self.key], offset)
