"""How a schema lies in the file: tables, vectors beside, terms in FTS5.

For a table `messages` with a vector and terms:

* `messages`: `_row` (INTEGER PRIMARY KEY AUTOINCREMENT) and the plain fields.
  A table that is never searched has no `_row` and lies in its key's order;
* `messages__vector__<field>`: `_row`, its partition, the float32 blob. Apart,
  so that a filter over the table does not read past them;
* `messages__terms__<partition>`: FTS5 over the TERMS fields, one per partition
  value, so that BM25 statistics never cross a scope.

Every write of a vector leaves a row in `_changes` from which other processes
bring their matrices up to date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import Any, overload

import apsw

from engrammic.errors import InvalidSchema
from engrammic.reads import check_key
from engrammic.records import Cleaner, cleaner
from engrammic.sql.sqlite import SQLITE
from engrammic.types import DERIVED, Field, Index, Kind, Record, Schema

APPLICATION_ID = 0x456E6772  # "Engr"
FORMAT = 1

FOUNDATION = """
create table if not exists _meta(key text primary key, value text not null) strict, without rowid;
create table if not exists _tables(
    number integer primary key, name text not null unique, schema text not null) strict;
create table if not exists _partitions(
    number integer primary key, value text not null unique) strict;
create table if not exists _changes(
    seq integer primary key autoincrement, tbl integer not null, part integer not null,
    low integer not null, high integer not null) strict;
insert or ignore into _meta values ('epoch', lower(hex(randomblob(8)))), ('lowest_seq', '0');
"""

quoted = SQLITE.quote


def quote_text(text: str) -> str:
    """`text` as an SQL text literal, for the options of FTS5, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"


_TOKEN_CHARACTERS = "".join(
    chr(c) for c in range(1, 128) if not (chr(c).isalnum() or chr(c) == " ")
)
TOKENIZER = f"ascii tokenchars {quote_text(_TOKEN_CHARACTERS)}"
"""Splits at spaces alone: every other character belongs to its term."""

_UPPER = re.compile("[A-Z]")


_MARKED = re.compile("\x01([a-z])")


@overload
def unfolded(terms: str) -> str: ...
@overload
def unfolded(terms: str | None) -> str | None: ...
def unfolded(terms: str | None) -> str | None:
    """Terms as FTS5 gets them: it folds ASCII upper case, so that is written as a mark and lower.

    The mark, a control character, is in no term. The analyser's terms have no upper case.
    """
    if not terms or terms.islower() or not _UPPER.search(terms):
        return terms
    return _UPPER.sub(lambda found: "\x01" + found[0].lower(), terms)


def folded(stored: str | None) -> str | None:
    """The terms that `unfolded` wrote so."""
    if not stored or "\x01" not in stored:
        return stored
    return _MARKED.sub(lambda found: found[1].upper(), stored)


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

    @cached_property
    def clean(self) -> Cleaner:
        """Brings a record into its stored form."""
        return cleaner(self.schema)

    @cached_property
    def clean_update(self) -> Cleaner:
        """As `clean`, for a record of an `Update`."""
        return cleaner(self.schema, True)

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
    def upsert(self) -> str:
        """Insert or replace one record's plain fields."""
        names = [f.name for f in self.plain]
        return SQLITE.upsert(self.schema.name, names, self.schema.key)

    @cached_property
    def upsert_row(self) -> str:
        """As `upsert`; gives `_row`."""
        return self.upsert + " RETURNING _row"

    @cached_property
    def insertion(self) -> str:
        """Insert one record's plain fields, or do nothing where its key is there."""
        columns = ", ".join(quoted(f.name) for f in self.plain)
        marks = ", ".join("?" * len(self.plain))
        key = ", ".join(map(quoted, self.schema.key))
        into = f"insert into {self.table} ({columns}) values ({marks})"
        return f"{into} on conflict ({key}) do nothing"

    @cached_property
    def row_read(self) -> str:
        """The number of the row of a key."""
        return self.by_key("_row")

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
        return quoted(f"{self.schema.name}__terms__{part}")

    def creation(self) -> list[str]:
        """The statements that create the table and its vector tables."""
        key = ", ".join(map(quoted, self.schema.key))
        fields = ", ".join(_column(f, f.name in self.schema.key) for f in self.plain)
        body = f"{fields}, primary key ({key})) strict, without rowid"
        if self.is_searched:
            body = f"_row integer primary key autoincrement, {fields}, unique ({key})) strict"
        statements = [f"create table if not exists {self.table} ({body}"]
        for f in self.vectors:
            statements += self.vector_creation(f.name)
        return statements + [self.index_creation(i) for i in self.schema.indexes]

    def vector_creation(self, name: str) -> list[str]:
        """The statements that create the table of one VECTOR field."""
        table = self.vector_table(name)
        index = quoted(f"{self.schema.name}__part__{name}")
        return [
            f"create table if not exists {table} "
            "(_row integer primary key, part integer not null, value blob not null) strict",
            f"create index if not exists {index} on {table} (part)",
        ]

    def index_creation(self, index: Index) -> str:
        """The statement that creates one index."""
        name = quoted(f"{self.schema.name}__{index.name}")
        columns = ", ".join(map(quoted, index.fields))
        return f"create index if not exists {name} on {self.table} ({columns})"

    def terms_creation(self, part: int) -> list[str]:
        """The statements that create the FTS5 table of one partition."""
        table = self.terms_table(part)
        columns = ", ".join(quoted(f.name) for f in self.terms)
        weights = ", ".join(str(float(f.weight)) for f in self.terms)
        return [
            f"create virtual table if not exists {table} "
            f"using fts5({columns}, tokenize={quoted(TOKENIZER)})",
            f"insert into {table}({table}, rank) values ('rank', 'bm25({weights})')",
        ]

    def growth(self, added: tuple[Field, ...]) -> list[str]:
        """The statements that add nullable fields and missing indexes. Raises InvalidSchema."""
        statements: list[str] = []
        for f in added:
            if f.kind is Kind.TERMS:
                raise InvalidSchema(f"{self.schema.name}.{f.name}", "terms cannot be added later")
            if f.kind is Kind.VECTOR:
                statements += self.vector_creation(f.name)
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


def dump_schema(schema: Schema) -> str:
    """The schema as JSON text, as `_tables` keeps it."""
    plain = asdict(schema)
    del plain["_by_name"]
    return json.dumps(plain, sort_keys=True)


def load_schema(text: str) -> Schema:
    """The schema that `dump_schema` wrote."""
    raw = json.loads(text)
    return Schema(
        name=raw["name"],
        fields=tuple(Field(**{**f, "kind": Kind(f["kind"])}) for f in raw["fields"]),
        key=tuple(raw["key"]),
        indexes=tuple(Index(tuple(i["fields"])) for i in raw["indexes"]),
        partition=raw["partition"],
    )
