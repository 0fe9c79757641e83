"""Is the file sound? Integrity, text indexes, counts, sizes; and housekeeping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from engrammic.backends.sqlite import backlog
from engrammic.backends.sqlite.connection import passive_checkpoint
from engrammic.backends.sqlite.layout import Layout, has_table
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.tables import Tables

REINDEX = "run `engrammic reindex`"
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


def problems(connection: apsw.Connection, tables: Tables) -> list[str]:
    """Every problem found but in the text indexes, each with its remedy. Reads the whole file."""
    tables.found(connection)
    found = [
        f"file: {line}; {RESTORE}"
        for (line,) in connection.execute("pragma integrity_check(20)")
        if line != "ok"
    ]
    for layout in tables.known():
        found += _vector_problems(connection, layout)
    return found


def _vector_problems(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    for f in layout.vectors:
        table = layout.vector_table(f.name)
        name = f"{layout.schema.name}.{f.name}"
        if not has_table(connection, table):
            yield f"{name}: the table of vectors is gone; {RESTORE}"
            continue
        size = 4 * (f.dimension or 0)
        stray = _strays(connection, layout, f"select _row, part from {table}")
        wrong = connection.execute(
            f"select count(*) from {table} where length(value) <> ?",
            (size,),
        ).get
        if stray:
            yield f"{name}: {stray} vectors belong to no record of their scope; {REINDEX}"
        if wrong:
            yield f"{name}: {wrong} vectors have another length than {size} bytes; {REINDEX}"


def terms_problems(
    connection: apsw.Connection, partitions: Partitions, layout: Layout
) -> Iterator[str]:
    """Every problem of a table's text indexes. Inside a write transaction: no row may wait."""
    name = layout.schema.name
    try:
        backlog.index(connection, partitions, layout)
    except apsw.CorruptError as error:
        yield f"{name}: a text index is damaged ({error}); {REINDEX}"
        return
    indexed = stray = 0
    for part, table in _terms_parts(connection, layout):
        try:
            # With rank 1 the index is compared with what it indexes.
            connection.execute(f"insert into {table}({table}, rank) values ('integrity-check', 1)")
            sizes = layout.terms_sizes(part)
            indexed += connection.execute(f"select count(*) from {sizes}").get
            stray += _strays(connection, layout, f"select id as _row, {part} as part from {sizes}")
        except apsw.CorruptError as error:
            yield f"{name}: the text index {table} is damaged ({error}); {REINDEX}"
            return
    count = connection.execute(f"select count(*) from {layout.table}").get
    if layout.terms and (indexed != count or stray):
        yield (
            f"{name}: {count} records, {indexed} in the text index, "
            f"{stray} of them for no record of their scope; {REINDEX}"
        )


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
    return [table for _, table in _terms_parts(connection, layout)]


def _terms_parts(connection: apsw.Connection, layout: Layout) -> list[tuple[int, str]]:
    if not layout.terms:
        return []
    parts = [0, *[n for (n,) in connection.execute("select number from _partitions")]]
    tables = [(part, layout.terms_table(part)) for part in parts]
    return [(n, t) for n, t in tables if has_table(connection, t)]


def optimize(connection: apsw.Connection, tables: Tables) -> None:
    """Merge every text index into one segment, refresh statistics, shorten the log."""
    for layout in tables.known():
        for table in terms_tables(connection, layout):
            connection.execute(f"insert into {table}({table}) values ('optimize')")
    connection.execute("pragma optimize")
    passive_checkpoint(connection)
