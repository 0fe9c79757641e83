"""Is the file sound? Integrity, text indexes, counts, sizes; and housekeeping."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from engrammic.backends.sqlite.connection import passive_checkpoint
from engrammic.backends.sqlite.layout import Layout
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


def sizes(path: Path) -> dict[str, int]:
    """Bytes of the file and of its log, by stat alone."""
    log = path.with_name(path.name + "-wal")
    return {
        "file_bytes": path.stat().st_size if path.exists() else 0,
        "log_bytes": log.stat().st_size if log.exists() else 0,
    }


def problems(connection: apsw.Connection, tables: Tables) -> list[str]:
    """Every problem found, each with its remedy. Reads the whole file."""
    tables.found(connection)
    found = [
        f"file: {line}; {RESTORE}"
        for (line,) in connection.execute("pragma integrity_check(20)")
        if line != "ok"
    ]
    for layout in tables.known():
        found += _vector_problems(connection, layout)
        found += _terms_problems(connection, layout)
    return found


def _vector_problems(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    for f in layout.vectors:
        table = layout.vector_table(f.name)
        orphans = connection.execute(
            f"select count(*) from {table} as v "
            f"where not exists (select 1 from {layout.table} as t where t._row = v._row)"
        ).get
        size = 4 * (f.dimension or 0)
        wrong = connection.execute(
            f"select count(*) from {table} where length(value) <> ?",
            (size,),
        ).get
        name = f"{layout.schema.name}.{f.name}"
        if orphans:
            yield f"{name}: {orphans} vectors belong to no record; {REINDEX}"
        if wrong:
            yield f"{name}: {wrong} vectors have another length than {size} bytes; {REINDEX}"


def _terms_problems(connection: apsw.Connection, layout: Layout) -> Iterator[str]:
    indexed = 0
    name = layout.schema.name
    for table in terms_tables(connection, layout):
        try:
            # With rank 1 the index is compared with what it indexes.
            connection.execute(f"insert into {table}({table}, rank) values ('integrity-check', 1)")
            indexed += connection.execute(f"select count(*) from {table}").get
        except apsw.CorruptError as error:
            yield f"{name}: the text index {table} is damaged ({error}); {REINDEX}"
            return
    count = connection.execute(f"select count(*) from {layout.table}").get
    if layout.terms and indexed != count:
        yield f"{name}: {count} records, {indexed} in the text index; {REINDEX}"


def terms_tables(connection: apsw.Connection, layout: Layout) -> list[str]:
    """The FTS5 tables of a table, quoted."""
    if not layout.terms:
        return []
    parts = [0, *[n for (n,) in connection.execute("select number from _partitions")]]
    tables = [layout.terms_table(part) for part in parts]
    return [t for t in tables if connection.table_exists("main", t.strip('"'))]


def optimize(connection: apsw.Connection, tables: Tables) -> None:
    """Merge every text index into one segment, refresh statistics, shorten the log."""
    for layout in tables.known():
        for table in terms_tables(connection, layout):
            connection.execute(f"insert into {table}({table}) values ('optimize')")
    connection.execute("pragma optimize")
    passive_checkpoint(connection)
