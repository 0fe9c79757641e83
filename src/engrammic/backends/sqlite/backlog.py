"""Rows whose terms no text index holds yet: the last of their table, and a few at most.

FTS5 takes one row as dearly as sixteen: it writes a segment of its own for every
commit, and takes out again what a row's neighbours change a moment later. So a
row that is added alone waits in the main table, where its terms are on disk with
it, and is indexed with others, or by the first search that wants it, before that
looks. `_tables.indexed` is the last row that the indexes hold.
"""

from __future__ import annotations

import apsw

from engrammic.backends.sqlite import statements
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions

LONGEST = 64
"""So many rows, deleted ones counted, wait for an index at most."""
BATCH = 8
"""A change list with so many new rows leaves none waiting."""


def indexed(connection: apsw.Connection, layout: Layout) -> int:
    """The last row that the text indexes of a table hold."""
    row: int = connection.execute(statements.indexed(layout)).get
    return row


def waits(connection: apsw.Connection, layout: Layout) -> bool:
    """Whether a row of the table waits for an index."""
    return bool(connection.execute(statements.waits(layout)).get)


def index(connection: apsw.Connection, partitions: Partitions, layout: Layout) -> None:
    """Index every row that waits. Inside a write transaction."""
    last = indexed(connection, layout)
    values = connection.execute(statements.waiting_partitions(layout), (last,)).fetchall()
    for (value,) in values:
        part = 0 if value is None else partitions.number(connection, str(value))
        partitions.terms_table(connection, layout, part)
        connection.execute(statements.index_waiting(layout, part), (last, value))
    if values:
        connection.execute(statements.all_indexed(layout))
