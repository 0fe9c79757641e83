"""From items to changes: what is written of an item besides itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from engrammic.changes import Change, Delete, Put
from engrammic.clock import Clock, now
from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput
from engrammic.filters import is_in
from engrammic.records import cleaner, unit
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, Store
from engrammic.stores.encoding import PASSAGES, Encoded, encode_later
from engrammic.stores.parts import TIER_METADATA, passages_of, tier_record
from engrammic.text import terms
from engrammic.types import Record, Schema, Vector

Item = TypeVar("Item")
_SEQUENCES = (Sequence, np.ndarray)
Records: TypeAlias = list[Record]
Changes: TypeAlias = list[Change]
Entries: TypeAlias = Mapping[str, tuple[Record, Encoded | None]]
"""Records about to be written, with their vectors, by id."""


class Indexing(Store, Generic[Item]):
    """What a kind of item is made of, and the changes that store one with all that hangs on it."""

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

    def words(self, record: Record) -> str:
        """The terms of what is indexed, joined by spaces."""
        return " ".join(terms(self.searchable(record)))

    def place_columns(self) -> tuple[str, ...]:
        """The fields that `arranged` wants to know of records that leave."""
        return (self.key,)

    async def arranged(
        self, reader: Scoped, records: Sequence[Record], gone: Sequence[Record]
    ) -> Changes:
        """Further changes for records that come (they may be completed) and that go."""
        return []

    async def _changes(self, reader: Scoped, entries: Entries) -> Changes:
        replaced = await self._stored(reader, tuple(entries))
        changes = await self.arranged(reader, [r for r, _ in entries.values()], replaced)
        known = {record[self.key] for record in replaced}
        if known:
            changes.append(Delete("passages", passages_of(self.kind, known)))
        changes.append(Put(self.table, [record for record, _ in entries.values()]))
        moment = self.clock()
        tiers = [tier_record(self.kind, i, moment) for i in entries if i not in known]
        passages = [p for r, e in entries.values() for p in self._passages(r, e)]
        if tiers:
            changes.append(Put("tier_metadata", tiers))
        if passages:
            changes.append(Put("passages", passages))
        return changes

    async def _stored(self, reader: Scoped, ids: Sequence[str]) -> Records:
        """What `arranged` wants to know of those of the ids that are stored."""
        if len(ids) == 1:
            record = await reader.get(self.table, (ids[0],))
            return [] if record is None else [record]
        return await reader.query(self.table, is_in(self.key, ids), columns=self.place_columns())

    def _units(self, vectors: Sequence[Vector], count: int) -> list[Vectors]:
        if not isinstance(vectors, _SEQUENCES):
            raise InvalidInput("vectors", "want one vector for each item")
        if len(vectors) != count:
            raise InvalidInput("vectors", f"{len(vectors)} for {count} items")
        dimension = self.schema.field("vector").dimension or 0
        # Copies, since the caller's arrays may change while the write waits.
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
