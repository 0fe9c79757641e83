"""PostgreSQL's SQL: texts in the collation "C", JSON as text read through jsonb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from engrammic import glob
from engrammic.errors import InvalidSchema
from engrammic.predicate import LARGEST
from engrammic.sql.dialect import Bind, JsonIs
from engrammic.sql.layout import HEAD, Layout
from engrammic.sql.like import like
from engrammic.sql.servers import ServerDialect
from engrammic.types import Field, Index, Kind

_JSON_TYPES: Mapping[JsonIs, str] = {
    "text": "= 'string'",
    "number": "IN ('number', 'boolean')",
    "array": "= 'array'",
}

MOST_DIMENSIONS = 16_000
"""Of a column of pgvector."""

INDEXED_DIMENSION = 2000
"""Of an HNSW index, at most."""

PLAIN_DIMENSION = 1900
"""A vector that fits on a page, beside its row's head."""


class PostgresDialect(ServerDialect):
    """PostgreSQL from 13 on, in a database whose encoding is UTF8."""

    types: ClassVar[Mapping[Kind, str]] = {
        Kind.TEXT: 'TEXT COLLATE "C"',
        Kind.INT: "BIGINT",
        Kind.FLOAT: "DOUBLE PRECISION",
        Kind.BOOL: "SMALLINT",
        Kind.JSON: "TEXT",
        Kind.BLOB: "BYTEA",
        Kind.TERMS: "TEXT",
    }
    max_parameters: ClassVar[int] = 60_000

    def any_of(self, value: str, choices: Sequence[Any], bind: Bind) -> str:
        """One array, whatever its length."""
        if isinstance(choices[0], str | bytes):
            return f"{value} = ANY({bind(list(choices))})"
        if all(float(c).is_integer() and abs(c) <= LARGEST for c in choices):
            return f"{value} = ANY({bind(list(map(int, choices)))}::bigint[])"
        return f"{value} = ANY({bind(list(map(float, choices)))}::float8[])"

    def contains(self, value: str, text: str, bind: Bind) -> str:
        """By `strpos`, which knows no wildcards."""
        return f"strpos({value}, {bind(text)}) > 0"

    def glob(self, value: str, pattern: str, bind: Bind) -> str:
        """By LIKE, or by a regular expression where the pattern has sets of characters."""
        parts = glob.parse(pattern)
        simple = like(parts)
        if simple is not None:
            return f"{value} LIKE {bind(simple)} ESCAPE '!'"
        return f"{value} ~ {bind(native_regex(parts))}"

    def json_value(self, column: str, path: Sequence[str], bind: Bind) -> str:
        """As jsonb."""
        return f"NULLIF({_at(column, path, bind)}, 'null'::jsonb)"

    def json_as(self, what: JsonIs, column: str, path: Sequence[str], bind: Bind) -> str:
        """NULL where the type is another: CASE keeps the cast from being tried."""
        return _as(what, lambda: _at(column, path, bind))

    def json_is(self, column: str, path: Sequence[str], what: JsonIs, bind: Bind) -> str:
        """By `jsonb_typeof`."""
        return f"COALESCE(jsonb_typeof({_at(column, path, bind)}) {_JSON_TYPES[what]}, FALSE)"

    def json_element(self, column: str, path: Sequence[str], value: Any, bind: Bind) -> str:
        """By `jsonb_array_elements`, of arrays alone."""
        kind = _at(column, path, bind)
        array = f"CASE jsonb_typeof({kind}) WHEN 'array' THEN {_at(column, path, bind)} END"
        what: JsonIs = "text" if isinstance(value, str) else "number"
        typed = _as(what, lambda: "e.v")
        return (
            f"EXISTS (SELECT 1 FROM jsonb_array_elements({array}) AS e(v) "  # noqa: S608
            f"WHERE {typed} = {bind(value)})"
        )

    def upsert(self, table: str, columns: Sequence[str], key: Sequence[str]) -> str:
        """By ON CONFLICT."""
        names = ", ".join(map(self.quote, columns))
        marks = ", ".join(["%s"] * len(columns))
        rest = [self.quote(c) for c in columns if c not in key] or [self.quote(key[0])]
        change = ", ".join(f"{c} = excluded.{c}" for c in rest)
        conflict = ", ".join(map(self.quote, key))
        return (
            f"INSERT INTO {self.quote(table)} ({names}) VALUES ({marks}) "  # noqa: S608
            f"ON CONFLICT ({conflict}) DO UPDATE SET {change}"
        )

    def head(self, column: str) -> str:
        """By `left`."""
        return f"left({column}, {HEAD})"

    def among(self, column: str, rows: Sequence[int]) -> tuple[str, list[Any]]:
        """One array."""
        return f"{column} = ANY(%s::bigint[])", [list(rows)]

    def vector_out(self, column: str) -> str:
        """Its binary form."""
        return f"vector_send({column})"

    def read_vector(self, value: bytes) -> NDArray[np.float32]:
        """Behind the dimension, and two bytes that mean nothing."""
        found = np.frombuffer(value, ">f4", offset=4).astype(np.float32)
        found.flags.writeable = False
        return found

    def digest(self, value: bytes) -> Any:
        """A UUID."""
        return UUID(bytes=value)

    def creation(self, layout: Layout) -> list[str]:
        """As `ServerDialect.creation`."""
        columns = "".join(f", {self._column(layout, f)}" for f in layout.plain)
        key = ", ".join(map(layout.column, layout.schema.key))
        made = [
            f"CREATE TABLE {layout.table}(row_ BIGINT PRIMARY KEY, len_ INTEGER NOT NULL"
            f"{columns}, UNIQUE ({key}))"
        ]
        for f in layout.vectors:
            made += self._vectors(layout, f)
        if layout.terms:
            made += self._terms(layout)
        return [*made, *self._indexes(layout, layout.schema.indexes)]

    def growth(
        self, layout: Layout, fields: Sequence[Field], indexes: Sequence[Index]
    ) -> list[str]:
        """As `ServerDialect.growth`."""
        made = []
        for f in fields:
            if f.kind is Kind.VECTOR:
                made += self._vectors(layout, f)
            else:
                made.append(f"ALTER TABLE {layout.table} ADD COLUMN {self._column(layout, f)}")
        if any(f.kind is Kind.TERMS for f in fields):
            made += self._terms(layout)
        return [*made, *self._indexes(layout, indexes)]

    def _column(self, layout: Layout, field: Field) -> str:
        null = "" if field.nullable and not layout.is_key(field.name) else " NOT NULL"
        return f"{layout.column(field.name)} {self.types[field.kind]}{null}"

    def _vectors(self, layout: Layout, field: Field) -> list[str]:
        table, dimension = layout.vectors_of(field.name), field.dimension or 0
        if dimension > MOST_DIMENSIONS:
            raise InvalidSchema(
                f"{layout.schema.name}.{field.name}", f"pgvector takes {MOST_DIMENSIONS} dimensions"
            )
        made = [f"CREATE TABLE {table}(row_ BIGINT PRIMARY KEY, v vector({dimension}) NOT NULL)"]
        if dimension <= PLAIN_DIMENSION:
            made.append(f"ALTER TABLE {table} ALTER COLUMN v SET STORAGE PLAIN")
        return made

    def _terms(self, layout: Layout) -> list[str]:
        words, sums = layout.words, layout.sums
        return [
            f"CREATE TABLE IF NOT EXISTS {words}(term UUID NOT NULL, row_ BIGINT NOT NULL, "
            "frequency DOUBLE PRECISION NOT NULL, length INTEGER NOT NULL)",
            f"CREATE INDEX IF NOT EXISTS {words}_term ON {words}(term) "
            "INCLUDE (row_, frequency, length)",
            f"CREATE INDEX IF NOT EXISTS {words}_row ON {words}(row_)",
            f"CREATE TABLE IF NOT EXISTS {sums}(part UUID NOT NULL, records BIGINT NOT NULL, "
            "length BIGINT NOT NULL)",
            f"CREATE INDEX IF NOT EXISTS {sums}_part ON {sums}(part)",
        ]

    def _indexes(self, layout: Layout, indexes: Sequence[Index]) -> Iterator[str]:
        for names in filter(None, map(layout.indexed, indexes)):
            parts = [
                f"({self.head(layout.column(n))})" if layout.is_headed(n) else layout.column(n)
                for n in names
            ]
            yield f"CREATE INDEX ON {layout.table} ({', '.join(parts)})"


POSTGRES = PostgresDialect()
"""The dialect; it has no state."""


def _at(column: str, path: Sequence[str], bind: Bind) -> str:
    """The jsonb at the path: a text key never reaches into an array."""
    found = f"({column})::jsonb"
    for key in path:
        found = f"({found} -> {bind(key)}::text)"
    return found


def _as(what: JsonIs, value: Callable[[], str]) -> str:
    if what == "text":
        return (
            f"(CASE jsonb_typeof({value()}) WHEN 'string' "
            f"THEN {value()} #>> '{{}}' END) COLLATE \"C\""
        )
    return (
        f"(CASE jsonb_typeof({value()}) WHEN 'number' THEN ({value()} #>> '{{}}')::float8 "
        f"WHEN 'boolean' THEN ({value()})::boolean::int::float8 END)"
    )


def native_regex(parts: Sequence[glob.Part]) -> str:
    """A glob pattern as an advanced regular expression of PostgreSQL."""
    return "^" + "".join(map(_native, parts)) + "$"


def _native(part: glob.Part) -> str:
    if isinstance(part, str):
        return "".join(map(_character, part))
    if isinstance(part, glob.Wild):
        return ".*" if part is glob.Wild.RUN else "."
    members = "".join(f"{_escaped(a)}-{_escaped(b)}" for a, b in part.ranges)
    if not members:
        return "." if part.negated else "(?!)"
    return f"[{'^' * part.negated}{members}]"


def _character(character: str) -> str:
    plain = character.isascii() and character.isalnum()
    return character if plain else _escaped(ord(character))


def _escaped(code: int) -> str:
    return f"\\U{max(code, 1):08x}"
