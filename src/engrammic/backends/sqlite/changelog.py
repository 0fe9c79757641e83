"""What changed since a point: the file's log of changes, and the rows that came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import apsw

from engrammic.backends.sqlite.translation import REPAIR
from engrammic.errors import Corrupt

LAST = 2**63 - 1
"""No row has a greater number."""


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
    connection: apsw.Connection, table: str, part: int, since: Point, *, words: bool = False
) -> list[tuple[int, int]] | None:
    """The ranges of rows that changed or came, rising, apart; None where the log was trimmed.

    What changed are the vectors, or the words as the text index has them.
    """
    lowest = connection.execute("select value from _meta where key = 'lowest_seq'").get
    if since.seq < int(lowest or 0):
        return None
    number = "-number" if words else "number"
    sql = (
        "select low, high from _changes where seq > ? and part = ? "
        f"and tbl = (select {number} from _tables where name = ?) order by seq"
    )
    logged: list[Any] = connection.execute(sql, (since.seq, part, table)).fetchall()
    return _merged([*logged, (since.row + 1, LAST)])


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
