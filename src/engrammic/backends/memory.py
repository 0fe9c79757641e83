"""Memory: plain dictionaries, exact search; the reference that every database is compared with."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic import reads
from engrammic.backend import Backend, Capabilities
from engrammic.batches import prepared
from engrammic.changes import Change, Check, Delete, Put, checked
from engrammic.emulation.ranks import best
from engrammic.errors import Closed, Conflict, InvalidSchema
from engrammic.evolution import grown
from engrammic.filters import Filter
from engrammic.predicate import check_filter, predicate
from engrammic.ranking.bm25 import bm25
from engrammic.records import cleaner, coerce
from engrammic.scrubbing import ERASED, Scrubbed
from engrammic.types import Kind, Order, Record, Schema, Scored, Vector
from engrammic.units import cosines

Key: TypeAlias = tuple[Any, ...]

SAME = ".6f", ".8e"
"""Cosines and BM25 scores that look the same this way are equal, and ordered by key."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """The vectors of a partition in one matrix, and whose they are."""

    keys: list[Key]
    rows: dict[Key, int]
    matrix: NDArray[np.float32]


@dataclass(slots=True)
class _Table:
    schema: Schema
    records: dict[Key, Record] = field(default_factory=dict)
    scans: dict[tuple[str, Any], _Scan] = field(default_factory=dict)
    """Vectors by field and partition, until the next write."""

    def key_of(self, record: Record) -> Key:
        return tuple(record[name] for name in self.schema.key)

    def matching(self, where: Filter | None) -> list[Record]:
        if where is None:
            return list(self.records.values())
        check_filter(where, self.schema)
        return list(filter(predicate(where), self.records.values()))

    def partition(self, value: Any) -> list[Record]:
        """What search statistics are made of: filters do not change them."""
        name = self.schema.partition
        return [r for r in self.records.values() if name is None or r[name] == value]

    def scan(self, name: str, partition: Any) -> _Scan:
        """The vectors of a field in one partition."""
        if (name, partition) not in self.scans:
            there = [r for r in self.partition(partition) if r.get(name) is not None]
            keys = list(map(self.key_of, there))
            wide = self.schema.field(name).dimension or 0
            matrix = np.array([r[name] for r in there], np.float32).reshape(len(there), wide)
            rows = {key: row for row, key in enumerate(keys)}
            self.scans[name, partition] = _Scan(keys, rows, matrix)
        return self.scans[name, partition]

    def rows(self, scan: _Scan, where: Filter | None) -> NDArray[np.int64] | None:
        """Where in a scan the matching records are; None for all of them."""
        if where is None or reads.is_partition_alone(self.schema, where):
            return None
        keys = map(self.key_of, self.matching(where))
        return np.array([scan.rows[key] for key in keys if key in scan.rows], np.int64)

    def page(
        self,
        hits: Iterable[tuple[Record, float]],
        limit: int,
        same: str,
        columns: Sequence[str] | None,
    ) -> list[Scored]:
        reads.check_limit(limit)
        chosen = reads.columns_of(self.schema, columns)
        best = sorted(hits, key=lambda h: (-float(format(h[1], same)), self.key_of(h[0])))
        return [Scored(_given(r, chosen), score) for r, score in best[:limit]]


class MemoryBackend(Backend):
    """Everything in this process, gone when it closes. Slow beyond some 10,000 records."""

    scheme: ClassVar[str] = "memory"
    capabilities: Capabilities = Capabilities(
        atomic=True, checks=True, filters=True, order=True, vectors=True, text=True
    )

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._pid: int | None = os.getpid()

    @classmethod
    async def connect(cls, url: str = "memory:") -> Self:
        """A new, empty database, whatever the rest of the URL."""
        return cls()

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`."""
        self._open()
        cleaner(schema)
        table = self._tables.setdefault(schema.name, _Table(schema))
        table.schema, _ = grown(table.schema, schema)

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: what can fail comes first, then nothing fails."""
        ready = [prepared(c, self._table(c.table).schema) for c in checked(changes)]
        for change in changes:
            if isinstance(change, Check):
                found = len(self._table(change.table).matching(change.where))
                if found != change.count:
                    raise Conflict(f"{change.table}: want {change.count} matching, found {found}")
        return sum(map(self._write, ready))

    def _write(self, change: Change) -> int:
        table = self._table(change.table)
        if isinstance(change, Check):
            return 0
        table.scans.clear()
        if isinstance(change, Delete):
            doomed = [table.key_of(r) for r in table.matching(change.where)]
            for key in doomed:
                del table.records[key]
            return len(doomed)
        if isinstance(change, Put):
            for record in change.records:
                table.records[table.key_of(record)] = _owned(table.schema, record)
            return len(change.records)
        known = [r for r in change.records if table.key_of(r) in table.records]
        for record in known:
            table.records[table.key_of(record)] |= _owned(table.schema, record)
        return len(known)

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        """As `Backend.query`."""
        found = self._table(table)
        chosen = reads.page_columns(found.schema, columns)
        return self._page(found, where, order, after, limit, chosen)

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """As `Backend.export`."""
        found = self._table(table)
        return self._page(found, None, None, after, limit, [f.name for f in found.schema.fields])

    def _page(
        self,
        found: _Table,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int | None,
        chosen: Sequence[str],
    ) -> list[Record]:
        names = reads.sort_fields(found.schema, order)
        reads.check_limit(limit)
        down = order is not None and order.descending
        pages = [(tuple(r[n] for n in names), r) for r in found.matching(where)]
        if after is not None:
            reads.check_after(found.schema, order, after)
            pages = [p for p in pages if (p[0] < after if down else p[0] > after)]
        pages.sort(key=lambda p: p[0], reverse=down)
        return [_given(r, chosen) for _, r in pages[:limit]]

    async def vector_search(
        self,
        table: str,
        field: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.vector_search`, exact."""
        found = self._table(table)
        query = reads.query_vector(found.schema, field, vector)
        partition = reads.partition_of(found.schema, where)
        reads.check_limit(limit)
        if where is not None:
            check_filter(where, found.schema)
        chosen = reads.columns_of(found.schema, columns)
        scan = found.scan(field, partition)
        rows = found.rows(scan, where)
        matrix = scan.matrix if rows is None else scan.matrix[rows]
        scores = np.clip(cosines(matrix, query), -1.0, 1.0)
        places = np.arange(len(scores)) if rows is None else rows
        ranked = best(scan.keys, places, scores, limit, SAME[0]) if limit and len(scores) else []
        return [Scored(_given(found.records[key], chosen), score) for key, score in ranked]

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`; a term asked twice counts once."""
        found = self._table(table)
        wanted = reads.query_terms(found.schema, terms)
        everything = found.partition(reads.partition_of(found.schema, where))
        matching = {found.key_of(r) for r in found.matching(where)}
        weights = {f.name: f.weight for f in found.schema.of_kind(Kind.TERMS)}
        documents = [[_split(r.get(n)) for n in weights] for r in everything]
        scores = bm25(documents, list(weights.values()), wanted)
        pairs = zip(everything, scores, strict=True)
        holding = [(r, s) for r, s in pairs if s is not None and found.key_of(r) in matching]
        return found.page(holding, limit, SAME[1], columns)

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        found = self._table(table)
        record = found.records.get(reads.check_key(found.schema, key))
        return None if record is None else _given(record, found.schema.stored)

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        return len(self._table(table).matching(where))

    async def tables(self) -> list[Schema]:
        """As `Backend.tables`."""
        self._open()
        return [self._tables[name].schema for name in sorted(self._tables)]

    async def schema(self, table: str) -> Schema:
        """As `Backend.schema`."""
        return self._table(table).schema

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`."""
        self._open()
        self._tables.pop(table, None)

    async def scrub(self) -> Scrubbed:
        """As `Backend.scrub`: nothing is on a disk."""
        return Scrubbed(ERASED, "it was in memory alone")

    async def close(self) -> None:
        """Forget everything."""
        self._tables, self._pid = {}, None

    def _open(self) -> None:
        if self._pid != os.getpid():
            raise Closed("the memory: database was closed, or belongs to another process")

    def _table(self, name: str) -> _Table:
        self._open()
        if name not in self._tables:
            raise InvalidSchema(name, "no such table; declare it with ensure_table")
        return self._tables[name]


def _owned(schema: Schema, record: Record) -> Record:
    """Values as they are read, sharing nothing with the caller's."""
    owned = coerce(schema, record)
    for name, value in owned.items():
        if isinstance(value, np.ndarray):
            owned[name] = value.copy()
            owned[name].flags.writeable = False
    return owned


def _given(record: Record, columns: Sequence[str]) -> Record:
    return {n: copy.deepcopy(v) if isinstance(v := record.get(n), dict | list) else v
            for n in columns}  # fmt: skip


def _split(terms: str | None) -> list[str]:
    return terms.split(" ") if terms else []
