"""Rows whose terms no text index holds yet: a few of the last of their table.

FTS5 takes one row as dearly as sixteen: it writes a segment of its own for every
commit, and takes out again what a row's neighbours change a moment later. So a
row that is added alone waits in the main table, where its terms are on disk with
it, and is indexed with others, or by the first search of its partition, before
that looks. Up to `_tables.indexed` the indexes hold every row; behind it they hold
those that are among the sizes that FTS5 keeps, and the others wait.
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
LONG = 4096
"""Characters of terms in a field; a row with more leaves none waiting.

FTS5 takes 4,096 characters in 0.1 to 0.2 ms, a text of 1 MiB in 40 ms: so what a search
has to index first takes it 25 ms at the very most, on a slow and busy machine.
"""


def indexed(connection: apsw.Connection, layout: Layout) -> int:
    """The last row up to which the text indexes of a table hold all."""
    row: int = connection.execute(statements.indexed(layout)).get
    return row


def waits(
    connection: apsw.Connection, layout: Layout, part: int, value: str | None, *, has_index: bool
) -> bool:
    """Whether a row of one partition waits for its index; `has_index`: the partition has one."""
    sizes = layout.terms_sizes(part) if has_index else None
    return bool(connection.execute(statements.waits(layout, sizes), (value,)).get)


def index(connection: apsw.Connection, partitions: Partitions, layout: Layout) -> None:
    """Index every row that waits. Inside a write transaction."""
    last = indexed(connection, layout)
    values = connection.execute(statements.waiting_partitions(layout), (last,)).fetchall()
    for (value,) in values:
        named = None if value is None else str(value)
        _index(connection, partitions, layout, named, last)
    if values:
        connection.execute(statements.all_indexed(layout))


def index_one(
    connection: apsw.Connection, partitions: Partitions, layout: Layout, value: str | None
) -> None:
    """Index the rows of one partition that wait. Inside a write transaction."""
    last = indexed(connection, layout)
    _index(connection, partitions, layout, value, last)
    connection.execute(statements.one_indexed(layout), (last, value))


def _index(
    connection: apsw.Connection,
    partitions: Partitions,
    layout: Layout,
    value: str | None,
    last: int,
) -> None:
    part = 0 if value is None else partitions.number(connection, value)
    partitions.terms_table(connection, layout, part)
    connection.execute(statements.index_waiting(layout, part), (last, value))
