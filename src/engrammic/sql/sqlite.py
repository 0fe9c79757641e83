"""SQLite's SQL: STRICT tables, JSON as text, `instr` and GLOB, `json_each` for long lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from engrammic import glob
from engrammic.sql.dialect import Bind, Dialect, JsonIs
from engrammic.types import Kind

_JSON_TYPES: Mapping[JsonIs, str] = {
    "text": "= 'text'",
    "number": "IN ('integer', 'real', 'true', 'false')",
    "array": "= 'array'",
}
_SPECIAL = {"*": "[*]", "?": "[?]", "[": "[[]"}
_SYNTAX = (ord("-"), ord("]"), ord("^"))
"""Characters that mean something inside SQLite's brackets, by code point."""


class SqliteDialect(Dialect):
    """SQLite from 3.45 on, every text BINARY."""

    types: ClassVar[Mapping[Kind, str]] = {
        Kind.TEXT: "TEXT",
        Kind.INT: "INTEGER",
        Kind.FLOAT: "REAL",
        Kind.BOOL: "INTEGER",
        Kind.JSON: "TEXT",
        Kind.BLOB: "BLOB",
        Kind.VECTOR: "BLOB",
        Kind.TERMS: "TEXT",
    }
    max_parameters: ClassVar[int] = 32_000
    max_listed: ClassVar[int] = 64
    """Choices of an IN that are parameters of their own; more travel as one JSON text."""

    def any_of(self, value: str, choices: Sequence[Any], bind: Bind) -> str:
        """Statements for long lists have one text, whatever the length."""
        if len(choices) <= self.max_listed:
            return super().any_of(value, choices, bind)
        if isinstance(choices[0], bytes):
            listed = bind(json.dumps([c.hex() for c in choices]))
            return f"{value} IN (SELECT unhex(value) FROM json_each({listed}))"  # noqa: S608 - placeholders
        listed = bind(json.dumps(list(choices), ensure_ascii=False))
        return f"{value} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - placeholders

    def contains(self, value: str, text: str, bind: Bind) -> str:
        """By `instr`, which knows no wildcards."""
        return f"instr({value}, {bind(text)}) > 0"

    def glob(self, value: str, pattern: str, bind: Bind) -> str:
        """By GLOB, in its own notation."""
        return f"{value} GLOB {bind(native_glob(pattern))}"

    def json_value(self, column: str, path: Sequence[str], bind: Bind) -> str:
        """By `json_extract`: arrays and objects come as their text."""
        return f"json_extract({column}, {bind(json_path(path))})"

    def json_is(self, column: str, path: Sequence[str], what: JsonIs, bind: Bind) -> str:
        """By `json_type`."""
        return f"json_type({column}, {bind(json_path(path))}) {_JSON_TYPES[what]}"

    def json_element(self, column: str, path: Sequence[str], value: Any, bind: Bind) -> str:
        """By `json_each`; `atom` is NULL for arrays and objects within the array."""
        each = f"json_each({column}, {bind(json_path(path))})"
        return f"EXISTS (SELECT 1 FROM {each} WHERE atom = {bind(value)})"  # noqa: S608

    def upsert(self, table: str, columns: Sequence[str], key: Sequence[str]) -> str:
        """The row keeps its rowid, unlike with INSERT OR REPLACE."""
        names = ", ".join(map(self.quote, columns))
        values = ", ".join(self.placeholder(n) for n in range(1, len(columns) + 1))
        # Where the key is all there is, it is set to itself: DO NOTHING would RETURN no row.
        rest = [self.quote(c) for c in columns if c not in key] or [self.quote(key[0])]
        change = "UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in rest)
        conflict = f"({', '.join(map(self.quote, key))}) DO {change}"
        into = f"{self.quote(table)} ({names})"
        return f"INSERT INTO {into} VALUES ({values}) ON CONFLICT {conflict}"  # noqa: S608


class ListingDialect(SqliteDialect):
    """As SQLite's, for filters of few values in all: their statements are kept."""

    max_listed: ClassVar[int] = 256


SQLITE = SqliteDialect()
"""The dialect; it has no state."""
SQLITE_LISTING = ListingDialect()
"""The same for what is asked again and again."""


def json_path(path: Iterable[str]) -> str:
    """Keys as a path of SQLite's JSON functions, each quoted; no keys mean the whole value."""
    return "$" + "".join("." + json.dumps(key, ensure_ascii=False) for key in path)


def native_glob(pattern: str) -> str:
    """A pattern in SQLite's notation: `[^...]` negates, specials stand in brackets."""
    return "".join(map(_native, glob.parse(pattern)))


def _native(part: glob.Part) -> str:
    if isinstance(part, str):
        return "".join(_SPECIAL.get(c, c) for c in part)
    if isinstance(part, glob.Wild):
        return part.value
    return _brackets(part)


def _brackets(part: glob.Charset) -> str:
    """`]` first, `^` after something, `-` last: there they are plain members."""
    dash, close, caret = (any(a <= c <= b for a, b in part.ranges) for c in _SYNTAX)
    plain = "".join(_span(a, b) for r in part.ranges for a, b in _without_syntax(*r))
    members = ("]" if close else "") + plain
    if caret and not members and not part.negated:
        return "[-^]" if dash else "^"
    return f"[{'^' * part.negated}{members}{'^' * caret}{'-' * dash}]"


def _span(low: int, high: int) -> str:
    return chr(low) if low == high else f"{chr(low)}-{chr(high)}"


def _without_syntax(low: int, high: int) -> Iterable[tuple[int, int]]:
    for cut in (c for c in sorted(_SYNTAX) if low <= c <= high):
        if low < cut:
            yield low, cut - 1
        low = cut + 1
    if low <= high:
        yield low, high
