"""The tables of a file: what is declared, and declaring more."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import apsw

from engrammic.backends.sqlite.layout import (
    APPLICATION_ID,
    FORMAT,
    FOUNDATION,
    Layout,
    has_table,
    quoted,
)
from engrammic.catalogue import dump_schema, load_schema
from engrammic.errors import Corrupt, InvalidSchema
from engrammic.evolution import grown
from engrammic.types import Kind, Schema

NEW_EPOCH = "update _meta set value = lower(hex(randomblob(8))) where key = 'epoch'"
"""Has everybody forget what they keep of partitions and vectors."""


class Tables:
    """The layouts known to one handle; the file's `_tables` is the truth."""

    def __init__(self) -> None:
        self._layouts: dict[str, Layout] = {}
        self._guard = threading.Lock()
        self._declared: dict[str, Layout] | None = None
        self._version = -1

    def layout(self, table: str) -> Layout:
        """The layout of a declared table. Raises InvalidSchema for another."""
        try:
            return self._layouts[table]
        except KeyError:
            raise InvalidSchema(table, "no such table; declare it with ensure_table") from None

    def known(self) -> list[Layout]:
        """Every layout, by table name."""
        return [self._layouts[name] for name in sorted(self._layouts)]

    def found(self, connection: apsw.Connection) -> list[Schema]:
        """Every schema in the file, by name. Lays the foundation of a new file."""
        found = self._read(connection)
        with self._guard:
            self._layouts = found
        return [layout.schema for layout in found.values()]

    def commit(self) -> None:
        """What the transaction declared is there for every reader."""
        with self._guard:
            if self._declared is not None:
                self._layouts, self._declared = self._declared, None

    def rollback(self) -> None:
        """Forget what the transaction declared."""
        self._declared = None

    def renew(self, connection: apsw.Connection) -> None:
        """Read the layouts again if the file's schema changed. Inside a write transaction.

        A writer that does not know of a vector field would leave old vectors behind.
        """
        version = connection.execute("pragma schema_version").get
        if version != self._version and has_table(connection, "_tables"):
            self.found(connection)
            self._version = version

    def is_declared(self, schema: Schema) -> bool:
        """Whether the table is known exactly or with more fields."""
        layout = self._layouts.get(schema.name)
        if layout is None:
            return False
        whole, added = grown(layout.schema, schema)
        return not added and whole.indexes == layout.schema.indexes

    def declare(self, connection: apsw.Connection, schemas: Iterable[Schema]) -> None:
        """Create or extend the tables. Inside a write transaction."""
        self.found(connection)
        known = {name: layout.schema for name, layout in self._layouts.items()}
        for schema in schemas:
            known[schema.name] = _declared(connection, schema, known)
        self._declared = self._read(connection)

    def drop(self, connection: apsw.Connection, table: str) -> None:
        """Remove a table and all that is derived from it. Inside a write transaction."""
        self.found(connection)
        layout = self._layouts.get(table)
        if layout is None:
            return
        for part in [0, *_numbers(connection)]:
            connection.execute(f"drop table if exists {layout.terms_table(part)}")
            connection.execute(f"drop view if exists {quoted(layout.terms_view(part))}")
        for f in layout.vectors:
            connection.execute(f"drop table if exists {layout.vector_table(f.name)}")
        connection.execute(f"drop table if exists {layout.table}")
        connection.execute("delete from _tables where name = ?", (table,))
        connection.execute(NEW_EPOCH)
        self._declared = self._read(connection)

    def _read(self, connection: apsw.Connection) -> dict[str, Layout]:
        """Every layout in the file; one that is as it was stays the same object."""
        if not has_table(connection, "_tables"):
            lay_foundation(connection)
        rows = connection.execute("select name, number, schema from _tables order by name")
        found: dict[str, Layout] = {}
        for name, number, text in rows:
            layout, old = Layout(_schema(name, text), number), self._layouts.get(name)
            is_old = old is not None and (old.number, old.schema) == (number, layout.schema)
            found[name] = old if old is not None and is_old else layout
        return found


def _declared(connection: apsw.Connection, schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """The schema of the table as it then is, beside those that are `known`."""
    check(schema)
    old = known.get(schema.name)
    if old is None:
        _check_apart(schema.name, known)
        statements = Layout(schema).creation()
    else:
        schema, added = grown(old, schema)
        check(schema)
        statements = Layout(schema).growth(added)
    for statement in statements:
        connection.execute(statement)
    connection.execute(
        "insert into _tables(name, schema) values (?, ?) "
        "on conflict (name) do update set schema = excluded.schema",
        (schema.name, dump_schema(schema)),
    )
    return schema


def _schema(name: str, text: str) -> Schema:
    try:
        return load_schema(text)
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(
            f"the file is damaged: the schema of {name} cannot be read; copy the folder, then "
            "restore the last backup"
        ) from error


def lay_foundation(connection: apsw.Connection) -> None:
    """Make a new file ours. Inside a write transaction; harmless when another was first."""
    connection.execute(FOUNDATION)
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", FORMAT)


def check(schema: Schema) -> None:
    """Raise InvalidSchema for what this database cannot lay out."""
    if any(name.startswith("_") for name in (schema.name, *(f.name for f in schema.fields))):
        raise InvalidSchema(schema.name, "names with a leading underscore are the database's own")
    if "__" in schema.name:
        raise InvalidSchema(schema.name, "a table name holds no double underscore")
    if schema.partition is not None and schema.partition not in schema.key:
        raise InvalidSchema(schema.name, "the partition must be part of the key")
    for f in schema.of_kind(Kind.VECTOR):
        if not f.dimension:
            raise InvalidSchema(f"{schema.name}.{f.name}", "a vector needs a dimension")
    for number, f in enumerate(schema.fields):
        _check_apart(f.name, [other.name for other in schema.fields[:number]])


def _check_apart(name: str, others: Iterable[str]) -> None:
    """SQLite does not tell the letters of ASCII apart by their case."""
    for other in others:
        if _folded(other) == _folded(name):
            raise InvalidSchema(name, f"it differs from {other} in nothing but case")


def _folded(name: str) -> bytes:
    return name.encode(errors="surrogatepass").lower()


def _numbers(connection: apsw.Connection) -> list[int]:
    return [number for (number,) in connection.execute("select number from _partitions")]
