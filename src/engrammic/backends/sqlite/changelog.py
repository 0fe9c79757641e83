"""What changed since a point: the file's log of changes, and the rows that came."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

import apsw

from engrammic.backends.sqlite.translation import REPAIR
from engrammic.errors import Corrupt

FIELDS = 1 << 32
"""What is added to a table's number to log that plain fields of its rows were updated."""
LAST = 2**63 - 1
"""No row has a greater number."""


class Logged(Enum):
    """What changed of rows, and under which numbers of `_changes` it is logged."""

    VECTORS = "number"
    """Replaced or gone."""
    WORDS = "-number"
    """Replaced or gone in the text index."""
    RECORDS = f"number, number + {FIELDS}"
    """Other fields updated, or, as all vectors are then, replaced or gone."""


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
    connection: apsw.Connection, table: str, part: int, since: Point, logged: Logged
) -> list[tuple[int, int]] | None:
    """The ranges of rows that changed or came, rising, apart; None where the log was trimmed."""
    lowest = connection.execute("select value from _meta where key = 'lowest_seq'").get
    if since.seq < int(lowest or 0):
        return None
    number = connection.execute("select number from _tables where name = ?", (table,)).get
    sql = (
        "select low, high from _changes, (select ? as number) where seq > ? and part = ? "
        f"and tbl in ({logged.value}) order by seq"
    )
    found: list[Any] = connection.execute(sql, (number, since.seq, part)).fetchall()
    return _merged([*found, (since.row + 1, LAST)])


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
