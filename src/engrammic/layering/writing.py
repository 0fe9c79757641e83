"""Change lists over two databases: vectors first, then the records, then what nothing names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from engrammic.backend import Backend, Reader
from engrammic.batches import clean_all
from engrammic.changes import Change, Check, Delete, Put, checked
from engrammic.errors import InvalidSchema
from engrammic.filters import Filter, every, is_in
from engrammic.keys import Key, key_of, under
from engrammic.layering.layout import (
    STAMP,
    VECTOR,
    chunks,
    stamp_of,
    vector_table,
)
from engrammic.predicate import check_filter
from engrammic.records import clean_update
from engrammic.types import Kind, Record, Schema


class Stamped(NamedTuple):
    """One vector's place: the field, the record's key, and the stamp."""

    table: str
    field: str
    key: Key
    stamp: str


class Unprepared(Exception):
    """Vectors have to be written before this list can be."""


@dataclass(slots=True)
class Writing:
    """One list on its way: what is prepared of its vectors, and what may have to go in the end."""

    records: Backend
    vectors: Backend
    schemas: Mapping[str, Schema]
    stamps: dict[tuple[str, str, Key, bytes], str] = field(default_factory=dict)
    waiting: dict[str, list[Record]] = field(default_factory=dict)
    replaced: list[Stamped] = field(default_factory=list)
    is_plain: bool = True
    """Whether each key occurs once, in a Put."""
    used: int = 0
    """How many stamps the list names."""

    @property
    def leaves_strays(self) -> bool:
        """Whether vectors may be there in the end that no record names."""
        return bool(self.replaced) or not self.is_plain or self.used < len(self.stamps)

    async def prepare(self) -> None:
        """Write the vectors that wait."""
        for table, rows in self.waiting.items():
            await self.vectors.insert(table, rows)
        if self.waiting and self.vectors.capabilities.durable == "flush":
            await self.vectors.flush()
        self.waiting = {}

    async def translated(self, reader: Reader, changes: Sequence[Change]) -> list[Change]:
        """The list for the side of the records. Raises Unprepared where vectors are to come."""
        self.used = 0
        ready = [self._translate(c, known(self.schemas, c.table)) for c in checked(changes)]
        if self.waiting:
            raise Unprepared
        self.replaced, self.is_plain = [], True
        seen: set[tuple[str, Key]] = set()
        for change in changes:
            schema = self.schemas[change.table]
            if isinstance(change, Check) or not schema.of_kind(Kind.VECTOR):
                continue
            if isinstance(change, Delete):
                self.is_plain = False
                await self._note(reader, schema, change.where)
                continue
            keys = [key_of(schema, record) for record in change.records]
            named = {(schema.name, key) for key in keys}
            self.is_plain &= isinstance(change, Put) and len(named) == len(keys)
            self.is_plain &= not named & seen
            seen |= named
            for some in chunks(keys):
                await self._note(reader, schema, under(schema, some))
        return ready

    async def _note(self, reader: Reader, schema: Schema, where: Any) -> None:
        self.replaced += await stamped(reader, schema, where)

    def _translate(self, change: Change, schema: Schema) -> Change:
        if isinstance(change, Delete | Check):
            check_filter(change.where, schema)
            return change
        if isinstance(change, Put):
            clean = clean_all(schema, change.records)
        else:
            clean = clean_update(schema, change.records)
        records = [self._stamp(schema, given, stored)
                   for given, stored in zip(change.records, clean, strict=True)]  # fmt: skip
        return replace(change, records=records)

    def _stamp(self, schema: Schema, given: Record, stored: Record) -> Record:
        record = dict(given)
        for f in schema.of_kind(Kind.VECTOR):
            if (vector := stored.get(f.name)) is None:
                continue
            key = key_of(schema, stored)
            place = (schema.name, f.name, key, vector.tobytes())
            if place not in self.stamps:
                self.stamps[place] = stamp_of(vector)
                row = dict(zip(schema.key, key, strict=True))
                row |= {STAMP: self.stamps[place], VECTOR: vector}
                self.waiting.setdefault(vector_table(schema.name, f.name), []).append(row)
            record[f.name] = self.stamps[place]
            self.used += 1
        return record

    async def sweep(self) -> None:
        """Delete the vectors of this list, and those that it replaced, which no record names."""
        prepared = [Stamped(t, f, k, stamp) for (t, f, k, _), stamp in self.stamps.items()]
        for table in {s.table for s in (*self.replaced, *prepared)}:
            schema = self.schemas[table]
            mine = [s for s in (*self.replaced, *prepared) if s.table == table]
            for some in chunks(mine):
                where = under(schema, [s.key for s in some])
                named = set(await stamped(self.records, schema, where))
                await forget(self.vectors, schema, [s for s in some if s not in named])


def known(schemas: Mapping[str, Schema], table: str) -> Schema:
    """The schema of a table. Raises InvalidSchema for one that was not declared."""
    if table not in schemas:
        raise InvalidSchema(str(table), "no such table; declare it with ensure_table")
    return schemas[table]


async def stamped(reader: Reader, schema: Schema, where: Any) -> list[Stamped]:
    """The stamps of the records that match."""
    fields = [f.name for f in schema.of_kind(Kind.VECTOR)]
    found = await reader.query(schema.name, where, columns=(*schema.key, *fields))
    return [
        Stamped(schema.name, name, key_of(schema, record), record[name])
        for record in found
        for name in fields
        if record[name] is not None
    ]


async def forget(vectors: Backend, schema: Schema, doomed: Sequence[Stamped]) -> int:
    """Delete vectors by key and stamp; how many."""
    gone = 0
    for name in {s.field for s in doomed}:
        for some in chunks(s for s in doomed if s.field == name):
            where = every(
                under(schema, [s.key for s in some]), is_in(STAMP, [s.stamp for s in some])
            )
            gone += await vectors.delete(vector_table(schema.name, name), where)
    return gone


def check_where(schema: Schema, where: Filter | None) -> None:
    """Raises UnknownField, or InvalidInput, for a filter that cannot be asked."""
    if where is not None:
        check_filter(where, schema)
