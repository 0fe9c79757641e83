"""Housekeeping: text indexes in one piece, statistics, the log copied into the file."""

from __future__ import annotations

import apsw

from engrammic.backends.sqlite.connection import passive_checkpoint
from engrammic.backends.sqlite.diagnosis import terms_tables
from engrammic.backends.sqlite.tables import Tables


def merge_texts(connection: apsw.Connection, tables: Tables) -> None:
    """Merge every text index into one segment: what was deleted is in none of its pages."""
    for layout in tables.known():
        for table in terms_tables(connection, layout):
            connection.execute(f"insert into {table}({table}) values ('optimize')")


def optimize(connection: apsw.Connection, tables: Tables) -> None:
    """Merge every text index, refresh statistics, shorten the log."""
    merge_texts(connection, tables)
    connection.execute("pragma optimize")
    passive_checkpoint(connection)
