"""The file's log of changes: what a change list leaves in it, and what changed since a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import apsw

from engrammic.backends.sqlite.translation import REPAIR
from engrammic.errors import Corrupt

RETAINED = 50_000
"""Changes that stay; who has read less far begins anew."""
TRIM_EVERY = 4096
LAST = 2**63 - 1
"""No row has a greater number."""

Ranges: TypeAlias = list[tuple[int, int]]
"""Closed ranges of rows, rising, apart."""


class Logged(Enum):
    """What of a table's rows changed; by the value times and plus this, its number is logged."""

    VECTORS = (1, 0)
    """Vectors were replaced, or the rows are gone."""
    WORDS = (-1, 0)
    """The text index holds other terms of them, or them no more."""
    FIELDS = (1, 1 << 32)
    """Other fields were updated."""

    def of(self, number: int) -> int:
        """What stands for it in `_changes.tbl`."""
        sign, shift = self.value
        return int(sign * number + shift)


Touched: TypeAlias = Mapping[tuple[int, int], Sequence[int]]
"""Rows that changed, by what stands for it and by partition."""


class Point(NamedTuple):
    """Up to where something derived has read."""

    epoch: str
    """The file's."""
    seq: int
    """The last change of what was there."""
    row: int
    """The last row that came."""


def point(rows: str) -> str:
    """The statement that `now` needs; `rows` selects the last row there is."""
    return (
        "select value, coalesce((select max(seq) from _changes), 0), "
        f"coalesce(({rows}), 0) from _meta where key = 'epoch'"
    )


def now(connection: apsw.Connection, statement: str) -> Point:
    """The point of the snapshot that `connection` reads in. Raises Corrupt."""
    found = connection.execute(statement).get
    if found is None:
        raise Corrupt(f"{connection.filename} has no epoch; {REPAIR}")
    return Point(*found)


def changed(
    connection: apsw.Connection, table: str, part: int, since: Point, *logged: Logged
) -> Ranges | None:
    """The rows of which any of `logged` changed, and those that came; None if the log was cut."""
    lowest = connection.execute("select value from _meta where key = 'lowest_seq'").get
    if since.seq < int(lowest or 0):
        return None
    number = connection.execute("select number from _tables where name = ?", (table,)).get or 0
    marks = ", ".join("?" * len(logged))
    sql = f"select low, high from _changes where seq > ? and part = ? and tbl in ({marks})"
    values = (since.seq, part, *[each.of(number) for each in logged])
    found: list[Any] = connection.execute(sql, values).fetchall()
    return _merged([*found, (since.row + 1, LAST)])


def note(connection: apsw.Connection, touched: Touched) -> None:
    """Log what changed, and now and then forget the oldest. Inside a write transaction."""
    ranges = [
        (table, part, low, high)
        for (table, part), rows in touched.items()
        for low, high in _merged([(row, row) for row in rows])
    ]
    if not ranges:
        return
    connection.executemany("insert into _changes(tbl, part, low, high) values (?, ?, ?, ?)", ranges)
    last = connection.last_insert_rowid()
    if last % TRIM_EVERY < len(ranges):
        oldest = last - RETAINED
        connection.execute("delete from _changes where seq < ?", (oldest,))
        connection.execute(
            "update _meta set value = max(cast(value as integer), ?) where key = 'lowest_seq'",
            (oldest,),
        )


def _merged(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """As few ranges as hold the same rows: a bulk change leaves one."""
    merged: Ranges = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
