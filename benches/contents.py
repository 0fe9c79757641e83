"""Everything that an SQLite memory holds, in an order that does not depend on how it got there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw

DERIVED = ("__vector__", "__terms__")
OWN = "_"
"""Names that begin so are the engine's bookkeeping: epochs, sequences, numbers."""

CHANCE = ("tombstone_key", "canonical_salt")
"""Facts about a database that are drawn by lot."""

Rows = list[tuple[Any, ...]]


def contents(path: Path) -> dict[str, Rows]:
    """Rows of every table, vectors, terms and postings by the key of their record, sorted."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        with connection:
            return _all(connection)
    finally:
        connection.close()


def _all(connection: apsw.Connection) -> dict[str, Rows]:
    partitions = dict(connection.execute("select number, value from _partitions"))
    found: dict[str, Rows] = {}
    for name, text in connection.execute("select name, schema from _tables"):
        schema = json.loads(text)
        keys = _keys(connection, name, schema["key"])
        columns = [c for (c,) in connection.execute(f"select name from pragma_table_info('{name}')")
                   if c != "_row"]  # fmt: skip
        wanted = ", ".join(f'"{c}"' for c in columns)
        rows = connection.execute(f'select {wanted} from "{name}"')
        found[name] = _sorted(row for row in rows if row[0] not in CHANCE)
        for field in schema["fields"]:
            if field["kind"] == "vector":
                rows = connection.execute(
                    f'select _row, part, value from "{name}__vector__{field["name"]}"'
                )
                found[f"{name}.{field['name']}"] = _sorted(
                    (keys.get(row), partitions.get(part), value) for row, part, value in rows
                )
        for number, value in partitions.items():
            if connection.table_exists("main", f"{name}__terms__{number}"):
                found |= _terms(connection, f"{name}__terms__{number}", f"{name}/{value}", keys)
    return found


def _keys(connection: apsw.Connection, table: str, key: list[str]) -> dict[int, tuple[Any, ...]]:
    """Keys by row number; a table that is never searched has none."""
    numbered = f"select 1 from pragma_table_info('{table}') where name = '_row'"
    if not connection.execute(numbered).get:
        return {}
    names = ", ".join(f'"{k}"' for k in key)
    rows = connection.execute(f'select _row, {names} from "{table}"')
    return {row: tuple(rest) for row, *rest in rows}


def _terms(
    connection: apsw.Connection, table: str, label: str, keys: dict[int, tuple[Any, ...]]
) -> dict[str, Rows]:
    """The text as FTS5 keeps it, and every posting of its index."""
    vocabulary = f"temp.{table}_vocabulary"
    connection.execute(
        f"create virtual table {vocabulary} using fts5vocab('main', '{table}', 'instance')"
    )
    stored = connection.execute(f'select rowid, * from "{table}"')
    postings = connection.execute(f"select term, doc, col, offset from {vocabulary}")
    found = {
        f"terms {label}": _sorted((keys.get(row), *rest) for row, *rest in stored),
        f"postings {label}": _sorted((t, keys.get(doc), c, o) for t, doc, c, o in postings),
    }
    connection.execute(f"drop table {vocabulary}")
    return found


def _sorted(rows: Any) -> Rows:
    return sorted((tuple(r) for r in rows), key=repr)


def differences(one: dict[str, Rows], other: dict[str, Rows]) -> list[str]:
    """What is in one and not in the other, at most three rows of each table."""
    found = []
    for name in sorted({*one, *other}):
        left, right = one.get(name, []), other.get(name, [])
        if left != right:
            only = [r for r in left if r not in right][:3], [r for r in right if r not in left][:3]
            found.append(f"{name}: {len(left)} and {len(right)} rows, {only}")
    return found
