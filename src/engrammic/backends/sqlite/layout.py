"""How a schema lies in the file: tables, vectors beside, terms in FTS5.

For a table `messages` with a vector and terms:

* `messages`: `_row`, the plain fields and the terms. A number of a row is never
  given again: `_tables.last_row` is the greatest of those that were deleted.
  A table that is never searched has no `_row` and lies in its key's order;
* `messages__vector__<field>`: `_row`, its partition, the float32 blob. Apart,
  so that a filter over the table does not read past them;
* `messages__terms__<partition>`: FTS5 over the TERMS fields, one per partition
  value, so that BM25 statistics never cross a scope. It keeps no text of its own:
  it reads the view `messages__terms__<partition>__rows` of the main table.
  Rows behind `_tables.indexed` may not be in it yet (see `backlog`).

From `_changes` (see `changelog`), where a row leaves a trace whose vector, terms
or fields were replaced or deleted, and from the row numbers of new ones, which
only rise, other processes bring up to date what they derive.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import Any

import apsw

from engrammic.backends.sqlite.folding import unfolded
from engrammic.errors import InvalidSchema
from engrammic.reads import check_key
from engrammic.sql.sqlite import SQLITE
from engrammic.types import DERIVED, Field, Index, Kind, Record, Schema

APPLICATION_ID = 0x456E6772  # "Engr"
FORMAT, OLDEST = 5, 3
"""The format that is written, and the oldest that is read: the first write lifts it."""

FOUNDATION = """
create table if not exists _meta(key text primary key, value text not null) strict, without rowid;
create table if not exists _tables(
    number integer primary key, name text not null unique, schema text not null,
    last_row integer not null default 0, indexed integer not null default 0) strict;
create table if not exists _partitions(
    number integer primary key, value text not null unique) strict;
create table if not exists _changes(
    seq integer primary key, tbl integer not null, part integer not null,
    low integer not null, high integer not null) strict;
insert or ignore into _meta values ('epoch', lower(hex(randomblob(8)))), ('lowest_seq', '0');
"""

BASE = ("_meta", "_tables", "_partitions", "_changes")

MERGED = 8
"""Segments of a text index that are merged at once: FTS5's 4 write every word once more."""

quoted = SQLITE.quote


def quote_text(text: str) -> str:
    """`text` as an SQL text literal, for the options of FTS5, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"


_TOKEN_CHARACTERS = "".join(
    chr(c) for c in range(1, 128) if not (chr(c).isalnum() or chr(c) == " ")
)
TOKENIZER = f"ascii tokenchars {quote_text(_TOKEN_CHARACTERS)}"
"""Splits at spaces alone: every other character belongs to its term."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The statements that one schema needs. `number` stands for the table in `_changes`."""

    schema: Schema
    number: int = 0
    conditions: dict[Hashable, str] = field(default_factory=dict, repr=False)
    """Compiled filters by their shape."""

    @cached_property
    def table(self) -> str:
        """The quoted name of the main table."""
        return quoted(self.schema.name)

    @cached_property
    def plain(self) -> tuple[Field, ...]:
        """Fields that lie in the main table."""
        return tuple(f for f in self.schema.fields if f.kind not in DERIVED)

    @cached_property
    def vectors(self) -> tuple[Field, ...]:
        """VECTOR fields."""
        return self.schema.of_kind(Kind.VECTOR)

    @cached_property
    def terms(self) -> tuple[Field, ...]:
        """TERMS fields."""
        return self.schema.of_kind(Kind.TERMS)

    @cached_property
    def is_searched(self) -> bool:
        """Whether vectors or terms refer to the table's rows, so that these need numbers."""
        return bool(self.vectors or self.terms)

    def key_of(self, key: Any) -> tuple[Any, ...]:
        """As `check_key`, which it asks about all but short plain texts."""
        if type(key) is tuple and len(key) == self._key_texts:
            for value in key:
                if type(value) is not str or not 0 < len(value) <= 128 or "\0" in value:
                    break
                if not value.isascii():
                    break
            else:
                return key
        return check_key(self.schema, key)

    @cached_property
    def _key_texts(self) -> int:
        """How many values a key has, -1 where one is no text."""
        kinds = [self.schema.field(name).kind for name in self.schema.key]
        return len(kinds) if set(kinds) == {Kind.TEXT} else -1

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """The fields that a query returns by default."""
        return self.schema.stored

    @cached_property
    def values(self) -> Callable[[Record], Sequence[Any]]:
        """The values of a clean record's plain fields."""
        first, *rest = (f.name for f in self.plain)
        return itemgetter(first, *rest) if rest else lambda record: (record[first],)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The fields that lie in the main table: the plain ones, then the terms."""
        return tuple(f.name for f in (*self.plain, *self.terms))

    @cached_property
    def row(self) -> Callable[[Record], Sequence[Any]]:
        """The values of a clean record's `columns`."""
        plain, terms = self.values, [f.name for f in self.terms]
        if not terms:
            return plain
        return lambda record: (*plain(record), *[unfolded(record[name]) for name in terms])

    @cached_property
    def upsert(self) -> str:
        """Insert or replace one record's `columns`."""
        return SQLITE.upsert(self.schema.name, self.columns, self.schema.key)

    @cached_property
    def insertion(self) -> str:
        """Insert one record's `columns` as a new row, or do nothing where its key is there."""
        return self._insertion(self.next_row)

    @cached_property
    def numbered_insertion(self) -> str:
        """As `insertion`; it takes the row's number, which must be free, before the values."""
        return self._insertion("?")

    def _insertion(self, row: str) -> str:
        columns = ", ".join(map(quoted, self.columns))
        marks = ", ".join("?" * len(self.columns))
        key = ", ".join(map(quoted, self.schema.key))
        into = f"insert into {self.table} (_row, {columns}) values ({row}, {marks})"
        return f"{into} on conflict ({key}) do nothing"

    @property
    def next_row(self) -> str:
        """An expression: the number of the next new row."""
        last = f"select last_row from _tables where number = {self.number}"
        return f"1 + max(coalesce((select max(_row) from {self.table}), 0), ({last}))"

    @cached_property
    def row_read(self) -> str:
        """The number of the row of a key, and its terms; 1 in a table without numbers."""
        if not self.is_searched:
            return self.by_key("1")
        return self.by_key(", ".join(["_row", *(quoted(f.name) for f in self.terms)]))

    def by_key(self, select: str) -> str:
        """A point read of `select` (SQL text of ours) by the whole key."""
        where = " and ".join(f"{quoted(k)} = ?" for k in self.schema.key)
        return f"select {select} from {self.table} where {where}"

    @cached_property
    def point_read(self) -> str:
        """The stored fields of one record, by its key."""
        return self.by_key(", ".join(quoted(name) for name in self.schema.stored))

    def dimension(self, name: str) -> int:
        """The length of a VECTOR field's vectors. Raises InvalidSchema for another field."""
        found = self.schema.field(name)
        if found.kind is not Kind.VECTOR or not found.dimension:
            raise InvalidSchema(f"{self.schema.name}.{name}", "is no vector")
        return found.dimension

    def vector_table(self, name: str) -> str:
        """The quoted name of the table that holds a VECTOR field."""
        return quoted(f"{self.schema.name}__vector__{name}")

    def terms_table(self, part: int) -> str:
        """The quoted name of the FTS5 table of one partition."""
        return quoted(self.terms_name(part))

    def terms_sizes(self, part: int) -> str:
        """The quoted name of the table in which FTS5 keeps, by `id`, how long its rows are."""
        return self.terms_shadow(part, "docsize")

    def terms_shadow(self, part: int, kind: str) -> str:
        """The quoted name of one of the tables that FTS5 itself keeps for a partition."""
        return quoted(f"{self.terms_name(part)}_{kind}")

    def terms_name(self, part: int) -> str:
        """The name of the FTS5 table of one partition."""
        return f"{self.schema.name}__terms__{part}"

    def terms_view(self, part: int) -> str:
        """The name of the view from which FTS5 reads the terms of one partition."""
        return f"{self.schema.name}__terms__{part}__rows"

    def creation(self) -> list[str]:
        """The statements that create the table and its vector tables."""
        key = ", ".join(map(quoted, self.schema.key))
        lying = (*self.plain, *self.terms)
        fields = ", ".join(_column(f, f.name in self.schema.key) for f in lying)
        body = f"{fields}, primary key ({key})) strict, without rowid"
        if self.is_searched:
            body = f"_row integer primary key, {fields}, unique ({key})) strict"
        statements = [f"create table if not exists {self.table} ({body}"]
        statements += [self.vector_creation(f.name) for f in self.vectors]
        return statements + [self.index_creation(i) for i in self.schema.indexes]

    def vector_creation(self, name: str) -> str:
        """The statement that creates the table of one VECTOR field."""
        return (
            f"create table if not exists {self.vector_table(name)} "
            "(_row integer primary key, part integer not null, value blob not null) strict"
        )

    def within(self, part: int) -> str:
        """A condition on the main table: a record is of the partition of that number."""
        if self.schema.partition is None:
            return "1"
        value = f"select value from _partitions where number = {part}"
        return f"{quoted(self.schema.partition)} = ({value})"

    def index_creation(self, index: Index) -> str:
        """The statement that creates one index."""
        name = quoted(f"{self.schema.name}__{index.name}")
        columns = ", ".join(map(quoted, index.fields))
        return f"create index if not exists {name} on {self.table} ({columns})"

    def terms_creation(self, part: int) -> list[str]:
        """The statements that create the FTS5 table of one partition."""
        table, view = self.terms_table(part), self.terms_view(part)
        columns = ", ".join(quoted(f.name) for f in self.terms)
        weights = ", ".join(str(float(f.weight)) for f in self.terms)
        return [
            f"create view if not exists {quoted(view)} as "
            f"select _row, {columns} from {self.table} where {self.within(part)}",
            f"create virtual table if not exists {table} using fts5({columns}, "
            f"content={quote_text(view)}, content_rowid=_row, tokenize={quoted(TOKENIZER)})",
            f"insert into {table}({table}, rank) values ('rank', 'bm25({weights})')",
            f"insert into {table}({table}, rank) values ('automerge', {MERGED})",
        ]

    def growth(self, added: tuple[Field, ...]) -> list[str]:
        """The statements that add nullable fields and missing indexes. Raises InvalidSchema."""
        statements: list[str] = []
        for f in added:
            if f.kind is Kind.TERMS:
                raise InvalidSchema(f"{self.schema.name}.{f.name}", "terms cannot be added later")
            if f.kind is Kind.VECTOR:
                statements.append(self.vector_creation(f.name))
            else:
                statements.append(f"alter table {self.table} add column {_column(f, False)}")
        return statements + [self.index_creation(i) for i in self.schema.indexes]


def _column(f: Field, in_key: bool) -> str:
    return SQLITE.declare(replace(f, nullable=f.nullable and not in_key))


def has_table(connection: apsw.Connection, table: str) -> bool:
    """Whether the file has a table of that (quoted) name now.

    By a statement, since the driver's own look-up answers from a schema that
    another process may have changed.
    """
    name = table[1:-1].replace('""', '"') if table.startswith('"') else table
    sql = "select 1 from sqlite_master where type = 'table' and name = ?"
    return connection.execute(sql, (name,)).get is not None
