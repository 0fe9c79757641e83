"""Is the file sound? Integrity, text indexes, counts, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from engrammic.backends.sqlite import backlog, statements
from engrammic.backends.sqlite.layout import BASE, Layout, has_table, quoted
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.tables import Tables
from engrammic.types import Kind

MEND = "run `engrammic doctor --repair`"
WORDS = f"{MEND}, then `engrammic reindex`"
"""For a text index: it is made from the words stored, which may be wrong as well."""
RESTORE = "copy the folder, then restore the last backup"


def health(connection: apsw.Connection, path: Path) -> dict[str, Any]:
    """What `Backend.health` tells of a file."""
    synchronous = connection.pragma("synchronous")
    problems = [] if synchronous == 2 else [f"synchronous is {synchronous}, not 2 (full)"]
    return {
        "status": "degraded" if problems else "ok",
        "problems": problems,
        "backend": "sqlite",
        "path": str(path),
        "sqlite": apsw.sqlite_lib_version(),
        "journal_mode": connection.pragma("journal_mode"),
        "synchronous": synchronous,
        "format": connection.pragma("user_version"),
        **sizes(path),
    }


def content_bytes(connection: apsw.Connection) -> int:
    """The size of the database as its last commit left it, its log included."""
    return int(connection.pragma("page_count")) * int(connection.pragma("page_size"))


def sizes(path: Path) -> dict[str, int]:
    """Bytes of the file and of its log, by stat alone."""
    log = path.with_name(path.name + "-wal")
    return {
        "file_bytes": path.stat().st_size if path.exists() else 0,
        "log_bytes": log.stat().st_size if log.exists() else 0,
    }


class TermsPart(NamedTuple):
    """The text index of one partition."""

    number: int
    value: str | None
    """None in a table without partitions."""


def problems(connection: apsw.Connection, tables: Tables) -> list[str]:
    """Every problem found but in the text indexes, each with its remedy. Reads the whole file."""
    found = list(base_problems(connection))
    tables.found(connection)
    for layout in tables.known():
        if has_table(connection, layout.table):
            found += _record_problems(connection, layout)
            found += _vector_problems(connection, layout)
        else:
            found.append(f"{layout.schema.name}: the table is gone; {RESTORE}")
    return found + _page_problems(connection)


def _page_problems(connection: apsw.Connection) -> list[str]:
    """What SQLite finds in its pages; the text indexes are asked one by one elsewhere."""
    try:
        lines = [line for (line,) in connection.execute("pragma integrity_check(20)")]
    except apsw.Error as error:  # a text index cannot even be opened
        lines = [f"fts5: {error}"]
    return [
        f"file: {line}; {WORDS if 'fts5' in str(line).lower() else RESTORE}"
        for line in lines
        if line != "ok"
    ]


def base_problems(connection: apsw.Connection) -> Iterator[str]:
    """What is gone of the tables that hold the others together."""
    gone = [table for table in BASE if not has_table(connection, table)]
    for table in gone:
        yield f"{table}: the table is gone; {MEND}"
    if "_meta" not in gone:
        kept = {key for (key,) in connection.execute("select key from _meta")}
        for key in sorted({"epoch", "lowest_seq"} - kept):
            yield f"_meta: no {key} is kept; {MEND}"


def _record_problems(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    name = layout.schema.name
    for f in layout.schema.of_kind(Kind.JSON):
        column = quoted(f.name)
        sql = f"select count(*) from {layout.table} where not json_valid({column})"
        if wrong := connection.execute(sql).get:
            yield f"{name}.{f.name}: {wrong} values are no JSON; {RESTORE}"
    if layout.is_searched and has_table(connection, "_partitions"):
        unknown = len(unnumbered(connection, layout))
        if unknown:
            yield f"{name}: {unknown} scopes are not among the partitions; {MEND}"
        if strange := len(strange_indexes(connection, layout)):
            yield f"{name}: {strange} text indexes belong to no scope; {MEND}"


def unnumbered(connection: apsw.Connection, layout: Layout) -> list[str]:
    """The partitions of a table's records that have no number."""
    if layout.schema.partition is None:
        return []
    column = quoted(layout.schema.partition)
    known = "select value from _partitions"
    sql = f"select distinct {column} from {layout.table} where {column} not in ({known})"
    return [str(value) for (value,) in connection.execute(sql)]


def strange_indexes(connection: apsw.Connection, layout: Layout) -> list[int]:
    """The numbers of a table's text indexes that are no partition's."""
    if not layout.terms:
        return []
    prefix = layout.terms_name(0)[:-1]
    sql = "select name from sqlite_schema where type = 'table' and substr(name, 1, ?) = ?"
    names = [name for (name,) in connection.execute(sql, (len(prefix), prefix))]
    tails = [str(name)[len(prefix) :] for name in names]
    known = {part.number for part in terms_parts(connection, layout)}
    return [int(tail) for tail in tails if tail.isdigit() and int(tail) not in known]


def _vector_problems(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    for f in layout.vectors:
        table = layout.vector_table(f.name)
        name = f"{layout.schema.name}.{f.name}"
        if not has_table(connection, table):
            yield f"{name}: the table of vectors is gone; {MEND}"
            continue
        size = 4 * (f.dimension or 0)
        wrong = connection.execute(
            f"select count(*) from {table} where length(value) <> ?",
            (size,),
        ).get
        if wrong:
            yield f"{name}: {wrong} vectors have another length than {size} bytes; {MEND}"
        if not has_table(connection, "_partitions"):
            continue
        if stray := _strays(connection, layout, f"select _row, part from {table}"):
            yield f"{name}: {stray} vectors belong to no record of their scope; {MEND}"


def terms_problem(
    connection: apsw.Connection, partitions: Partitions, layout: Layout, part: TermsPart
) -> str | None:
    """What is wrong with the text index of a partition. Inside a write transaction.

    No row of the partition waits any more.
    """
    table = layout.terms_table(part.number)
    there = has_table(connection, table)
    if not there and connection.execute(statements.is_indexed(layout), (part.value,)).get:
        return "is gone"
    if there or backlog.waits(connection, layout, part.number, part.value, has_index=False):
        backlog.index_one(connection, partitions, layout, part.value)
        # With rank 1 the index is compared with what it indexes.
        connection.execute(f"insert into {table}({table}, rank) values ('integrity-check', 1)")
        return _sizes_problem(connection, layout, part)
    return None


def _sizes_problem(connection: apsw.Connection, layout: Layout, part: TermsPart) -> str | None:
    sizes = layout.terms_sizes(part.number)
    indexed = connection.execute(f"select count(*) from {sizes}").get
    where = layout.within(part.number)
    count = connection.execute(f"select count(*) from {layout.table} where {where}").get
    strays = f"select id as _row, {part.number} as part from {sizes}"
    stray = _strays(connection, layout, strays)
    if indexed == count and not stray:
        return None
    return f"holds {indexed} of {count} records, {stray} of them for no record of their scope"


def _strays(connection: apsw.Connection, layout: Layout, rows: str) -> int:
    """How many of the (_row, part) that `rows` selects have no record in that partition."""
    value = f't."{layout.schema.partition}"' if layout.schema.partition else "null"
    sql = (
        f"select count(*) from ({rows}) as d left join {layout.table} as t on t._row = d._row "
        "left join _partitions as p on p.number = d.part "
        f"where t._row is null or p.value is not {value}"
    )
    return int(connection.execute(sql).get)


def terms_tables(connection: apsw.Connection, layout: Layout) -> list[str]:
    """The FTS5 tables of a table, quoted."""
    tables = [layout.terms_table(part.number) for part in terms_parts(connection, layout)]
    return [table for table in tables if has_table(connection, table)]


def terms_parts(connection: apsw.Connection, layout: Layout) -> list[TermsPart]:
    """The partitions of which a table may have a text index."""
    if not layout.terms or not has_table(connection, layout.table):
        return []
    if layout.schema.partition is None:
        return [TermsPart(0, None)]
    if not has_table(connection, "_partitions"):
        return []
    return [TermsPart(*row) for row in connection.execute("select number, value from _partitions")]
