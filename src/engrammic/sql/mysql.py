"""The SQL of MySQL and MariaDB: texts compared by code point, nothing padded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engrammic import glob
from engrammic.sql.dialect import Bind, JsonIs
from engrammic.sql.layout import HEAD, Layout
from engrammic.sql.like import like
from engrammic.sql.servers import ServerDialect
from engrammic.sql.sqlite import json_path
from engrammic.types import Field, Index, Kind

_JSON_TYPES: Mapping[JsonIs, str] = {
    "text": "= 'STRING'",
    "number": "IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER', 'BOOLEAN')",
    "array": "= 'ARRAY'",
}

WIDEST_KEY = 3072
"""Bytes of an index of InnoDB."""


class MysqlDialect(ServerDialect):
    """InnoDB; `collation` is one that compares code points and every trailing space."""

    types: ClassVar[Mapping[Kind, str]] = {
        Kind.INT: "BIGINT",
        Kind.FLOAT: "DOUBLE",
        Kind.BOOL: "TINYINT",
        Kind.BLOB: "LONGBLOB",
    }
    max_parameters: ClassVar[int] = 100_000

    def __init__(self, collation: str) -> None:
        self.collation = collation

    def quote(self, name: str) -> str:
        """In backticks."""
        return "`" + name.replace("`", "``") + "`"

    def contains(self, value: str, text: str, bind: Bind) -> str:
        """By `INSTR`, which knows no wildcards; of bytes where the column holds bytes."""
        return f"INSTR({value}, {bind(text)}) > 0"

    def glob(self, value: str, pattern: str, bind: Bind) -> str:
        """By LIKE, and by a regular expression where the pattern has sets of characters."""
        parts = glob.parse(pattern)
        text = f"CONVERT({value} USING utf8mb4) COLLATE {self.collation}"
        simple = like(parts)
        if simple is not None:
            return f"{text} LIKE {bind(simple)} ESCAPE '!'"
        return f"{text} REGEXP {bind(native_regex(parts))}"

    def json_value(self, column: str, path: Sequence[str], bind: Bind) -> str:
        """The name of its type: MariaDB would take the text "null" for null."""
        return f"NULLIF(JSON_TYPE({_extract(column, path, bind)}), 'NULL')"

    def json_as(self, what: JsonIs, column: str, path: Sequence[str], bind: Bind) -> str:
        """NULL where the type is another: CASE keeps the cast from being tried."""
        return self._as(what, lambda: _extract(column, path, bind))

    def _as(self, what: JsonIs, value: Callable[[], str]) -> str:
        kind = f"JSON_TYPE({value()})"
        if what == "text":
            text = f"JSON_UNQUOTE({value()}) COLLATE {self.collation}"
            return f"(CASE {kind} WHEN 'STRING' THEN {text} END)"
        truth = f"IF(JSON_UNQUOTE({value()}) = 'true', 1e0, 0e0)"
        return (
            f"(CASE WHEN {kind} = 'BOOLEAN' THEN {truth} "
            f"WHEN JSON_TYPE({value()}) {_JSON_TYPES['number']} "
            f"THEN JSON_UNQUOTE({value()}) + 0e0 END)"
        )

    def json_is(self, column: str, path: Sequence[str], what: JsonIs, bind: Bind) -> str:
        """By `JSON_TYPE`."""
        return f"COALESCE(JSON_TYPE({_extract(column, path, bind)}) {_JSON_TYPES[what]}, 1 = 0)"

    def json_element(self, column: str, path: Sequence[str], value: Any, bind: Bind) -> str:
        """By `JSON_TABLE`, which gives each element as JSON."""
        source = f"JSON_TABLE({column}, {bind(json_path(path) + '[*]')} COLUMNS (v JSON PATH '$'))"
        typed = self._as("text" if isinstance(value, str) else "number", lambda: "e.v")
        return f"EXISTS (SELECT 1 FROM {source} e WHERE {typed} = {bind(value)})"  # noqa: S608

    def upsert(self, table: str, columns: Sequence[str], key: Sequence[str]) -> str:
        """By ON DUPLICATE KEY."""
        names = ", ".join(map(self.quote, columns))
        marks = ", ".join(["%s"] * len(columns))
        rest = [self.quote(c) for c in columns if c not in key] or [self.quote(key[0])]
        change = ", ".join(f"{c} = VALUES({c})" for c in rest)
        return (
            f"INSERT INTO {self.quote(table)} ({names}) VALUES ({marks}) "  # noqa: S608
            f"ON DUPLICATE KEY UPDATE {change}"
        )

    def head(self, column: str) -> str:
        """A column of its own, whose bytes are compared: no collation has a part in it."""
        return f"{column[:-1]}_head`"

    def among(self, column: str, rows: Sequence[int]) -> tuple[str, list[Any]]:
        """The numbers themselves: a list of parameters would be as long."""
        return f"{column} IN ({', '.join(map(str, map(int, rows))) or 'NULL'})", []

    def as_key(self, value: Any) -> Any:
        """Bytes: with a text the server looks at the index, but not along it."""
        return value.encode() if isinstance(value, str) else value

    def vector_out(self, column: str) -> str:
        """The bytes as they are."""
        return column

    def read_vector(self, value: bytes) -> NDArray[np.float32]:
        """Little-endian float32."""
        return np.frombuffer(value, "<f4").astype(np.float32, copy=False)

    def digest(self, value: bytes) -> Any:
        """The bytes."""
        return value

    def creation(self, layout: Layout) -> list[str]:
        """As `ServerDialect.creation`."""
        columns = "".join(f", {self._column(layout, f)}" for f in layout.plain)
        key = ", ".join(map(layout.column, layout.schema.key))
        made = [
            f"CREATE TABLE {layout.table}(row_ BIGINT PRIMARY KEY, len_ INT NOT NULL"
            f"{columns}, UNIQUE KEY ({key})) {_ENGINE}",
            *self._indexes(layout, layout.schema.indexes),
        ]
        made += [self._vectors(layout, f) for f in layout.vectors]
        return made + (self._terms(layout) if layout.terms else [])

    def growth(
        self, layout: Layout, fields: Sequence[Field], indexes: Sequence[Index]
    ) -> list[str]:
        """As `ServerDialect.growth`."""
        alter, made = f"ALTER TABLE {layout.table} ADD", []
        for f in fields:
            vector = f.kind is Kind.VECTOR
            column = f"{alter} COLUMN {self._column(layout, f)}" if not vector else ""
            made.append(column or self._vectors(layout, f))
        if any(f.kind is Kind.TERMS for f in fields):
            made += self._terms(layout)
        return [*made, *self._indexes(layout, indexes)]

    def _column(self, layout: Layout, field: Field) -> str:
        key = layout.is_key(field.name)
        null = "" if field.nullable and not key else " NOT NULL"
        return f"{layout.column(field.name)} {self._type(field, key)}{null}"

    def _type(self, field: Field, key: bool) -> str:
        if field.kind is Kind.TEXT and key:
            return "VARBINARY(512)"  # as a text it could not be part of an index with another
        text = f"LONGTEXT CHARACTER SET utf8mb4 COLLATE {self.collation}"
        return self.types.get(field.kind, text)

    def _vectors(self, layout: Layout, field: Field) -> str:
        table = layout.vectors_of(field.name)
        return f"CREATE TABLE {table}(row_ BIGINT PRIMARY KEY, v LONGBLOB NOT NULL) {_ENGINE}"

    def _terms(self, layout: Layout) -> list[str]:
        return [
            f"CREATE TABLE IF NOT EXISTS {layout.words}(term BINARY(16) NOT NULL, "
            "row_ BIGINT NOT NULL, frequency DOUBLE NOT NULL, length INT NOT NULL, "
            f"PRIMARY KEY (term, row_), KEY (row_)) {_ENGINE}",
            f"CREATE TABLE IF NOT EXISTS {layout.sums}(part BINARY(16) NOT NULL, "
            f"records BIGINT NOT NULL, length BIGINT NOT NULL, KEY (part)) {_ENGINE}",
        ]

    def _indexes(self, layout: Layout, indexes: Sequence[Index]) -> Iterator[str]:
        """As many columns of each as fit; of long texts the head, which is a column of its own."""
        alter = f"ALTER TABLE {layout.table} ADD"
        for names in filter(None, map(layout.indexed, indexes)):
            parts, width = [], 0
            # With the key behind it, so that a page is read along the index.
            for name in dict.fromkeys((*names, *layout.schema.key)):
                column = layout.column(name)
                text = layout.schema.field(name).kind is Kind.TEXT
                width += (4 * HEAD if layout.is_headed(name) else 514) if text else 9
                if width > WIDEST_KEY:
                    break
                if layout.is_headed(name):
                    made = f"VARBINARY({4 * HEAD}) AS (LEFT({column}, {HEAD})) VIRTUAL"
                    yield f"{alter} COLUMN {self.head(column)} {made}"
                    column = self.head(column)
                parts.append(column)
            yield f"{alter} KEY ({', '.join(parts)})"


_ENGINE = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4"


def _extract(column: str, path: Sequence[str], bind: Bind) -> str:
    return f"JSON_EXTRACT({column}, {bind(json_path(path))})"


def native_regex(parts: Sequence[glob.Part]) -> str:
    """A glob pattern as a regular expression; runs but the last are never taken back."""
    segments = [""]
    for part in parts:
        if part is glob.Wild.RUN:
            segments.append("")
        else:
            segments[-1] += _native(part)
    if len(segments) == 1:
        return f"(?s)\\A{segments[0]}\\z"
    first, *middle, last = segments
    return f"(?s)\\A{first}{''.join(f'(?>.*?{m})' for m in middle)}.*{last}\\z"


def _native(part: glob.Part) -> str:
    if isinstance(part, str):
        return "".join(c if c.isascii() and c.isalnum() else _escaped(ord(c)) for c in part)
    if isinstance(part, glob.Wild):
        return "."
    members = "".join(f"{_escaped(a)}-{_escaped(b)}" for a, b in part.ranges)
    return f"[{'^' * part.negated}{members}]"


def _escaped(code: int) -> str:
    return f"\\x{{{code:x}}}"


def as_double(value: Any) -> Any:
    """A float whose sign the server would drop, as a text that it reads with its sign."""
    if isinstance(value, float) and value == 0 and math.copysign(1, value) < 0:
        return "-0.0"
    return value
