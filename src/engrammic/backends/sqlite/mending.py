"""Making anew what is derived and damaged, from the records, which are left as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import apsw

from engrammic.backends.sqlite import backlog
from engrammic.backends.sqlite.diagnosis import (
    TermsPart,
    base_problems,
    strange_indexes,
    unnumbered,
)
from engrammic.backends.sqlite.layout import Layout, has_table, quoted
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.tables import Tables, lay_foundation

SHADOWS = ("data", "idx", "docsize", "config", "content")
"""FTS5's own tables of one index."""


def mend_base(connection: apsw.Connection, tables: Tables) -> Iterator[str]:
    """The tables that hold the others together, and a number for every scope."""
    incomplete = list(base_problems(connection))
    if incomplete:
        lay_foundation(connection)
        yield "the file's own tables were completed"
    tables.found(connection)
    for layout in tables.known():
        if not has_table(connection, layout.table):
            continue
        if layout.is_searched:
            values = [(value,) for value in unnumbered(connection, layout)]
            if values:
                connection.executemany("insert into _partitions(value) values (?)", values)
                yield f"{layout.schema.name}: {len(values)} scopes are among the partitions again"
        for number in strange_indexes(connection, layout):
            _drop_index(connection, layout, number)
            yield f"{layout.schema.name}: a text index of no scope was taken away"


def mend_vectors(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    """Give vectors the place of their records; take away those without one, or of another size."""
    if not has_table(connection, layout.table):
        return
    column = layout.schema.partition
    number = "0"
    if column:
        own = f"select t.{quoted(column)} from {layout.table} as t where t._row = v._row"
        number = f"select p.number from _partitions as p where p.value = ({own})"
    for f in layout.vectors:
        table = layout.vector_table(f.name)
        name = f"{layout.schema.name}.{f.name}"
        if not has_table(connection, table):
            connection.execute(layout.vector_creation(f.name))
            yield f"{name}: an empty table of vectors was made; they have to be made anew"
            continue
        size = 4 * (f.dimension or 0)
        bad = f"length(value) <> {size} or _row not in (select _row from {layout.table})"
        if count := connection.execute(f"select count(*) from {table} where {bad}").get:
            connection.execute(f"delete from {table} where {bad}")
            yield f"{name}: {count} vectors of no use were taken away"
        astray = f"{table} as v where part <> ({number})"
        if count := connection.execute(f"select count(*) from {astray}").get:
            connection.execute(f"update {table} as v set part = ({number})")
            yield f"{name}: {count} vectors were given back to their scope"


def make_anew(
    connection: apsw.Connection,
    partitions: Partitions,
    layout: Layout,
    parts: Collection[TermsPart],
) -> Iterator[str]:
    """Make text indexes anew from the words that are stored with the records."""
    for part in parts:
        _drop_index(connection, layout, part.number)
    partitions.forget()
    partitions.rollback()
    connection.execute("update _tables set indexed = 0 where number = ?", (layout.number,))
    backlog.index(connection, partitions, layout)
    yield (
        f"{layout.schema.name}: {len(parts)} text indexes were made anew from the words stored; "
        "`engrammic reindex` makes the words anew"
    )


def _drop_index(connection: apsw.Connection, layout: Layout, number: int) -> None:
    """Drop an FTS5 table, without FTS5: it may not be able to open it any more."""
    with _writable_schema(connection):
        name = layout.terms_name(number)
        connection.execute("delete from sqlite_schema where name = ?", (name,))
        connection.execute("pragma writable_schema = reset")
        for shadow in SHADOWS:
            connection.execute(f"drop table if exists {layout.terms_shadow(number, shadow)}")
        connection.execute(f"drop view if exists {quoted(layout.terms_view(number))}")


@contextmanager
def _writable_schema(connection: apsw.Connection) -> Iterator[None]:
    defensive = connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, -1)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
    connection.execute("pragma writable_schema = on")
    try:
        yield
    finally:
        connection.execute("pragma writable_schema = off")
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, defensive)
