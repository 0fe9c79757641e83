"""Which rows pass a filter that is asked for again and again, where no index tells.

A ranking under such a filter looks at one record after the other until its page
is full, a microsecond each. What passes is kept here instead, as rising rows,
for each part of a filter that was asked for so often that reading the whole
partition once is no loss. The log of changes brings it up to date.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import apsw
import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite import statements
from engrammic.backends.sqlite.changelog import LAST, Logged, Point, changed, now, point
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.reading import condition
from engrammic.filters import Filter
from engrammic.reads import at_top

Rows: TypeAlias = NDArray[np.int64]

WALKED = 5_000
"""Rows of a partition that cost as much to read at once as one search looks at one by one."""
ASKED = 256
"""Parts of filters that are counted."""
RANGES = 64
"""So many ranges of rows that changed are looked at again; after more, counting begins anew."""
BYTES = 32 << 20
"""What the rows of one partition take at most."""


class _Part(NamedTuple):
    """A part of a filter as SQL."""

    text: str
    values: tuple[Any, ...]

    @property
    def key(self) -> Hashable:
        """What tells it from others: 1, 1.0 and True are different values."""
        return self.text, self.values, tuple(map(type, self.values))


class _Known(NamedTuple):
    """The rows that pass a part, as of a point."""

    at: Point
    rows: Rows


class Passing:
    """What is known of the filters over one partition's records."""

    def __init__(self, layout: Layout, part: int, value: str | None) -> None:
        self._layout = layout
        self._part = part
        self._value = value
        self._point = point(f"select max(_row) from {layout.table}")
        self._lock = threading.Lock()
        self._asked: OrderedDict[Hashable, int] = OrderedDict()
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take."""
        return sum(known.rows.nbytes for known in list(self._known.values()))

    def rows(self, connection: apsw.Connection, where: Filter, count: int | None) -> Rows | None:
        """The rows, rising, that pass the parts of `where` that are known; None where none is.

        Other parts may keep out more. `count` is about how many records there are; without
        it nothing is read: what is known counts where it is of now.
        """
        if not self._lock.acquire(blocking=count is not None):
            return None  # another thread reads a whole partition
        try:
            return self._found(connection, where, count)
        finally:
            self._lock.release()

    def _found(self, connection: apsw.Connection, where: Filter, count: int | None) -> Rows | None:
        parts = [part for part in self._parts(where) if self._is_worth_it(part.key, count)]
        if not parts:
            return None
        at, found = now(connection, self._point), None
        for part in parts:
            rows = self._of(connection, at, part, reading=count is not None)
            if rows is not None:
                found = rows if found is None else np.intersect1d(found, rows, True)
        return found

    def _parts(self, where: Filter) -> Iterator[_Part]:
        for part in at_top(where):
            text, values = condition(self._layout, part, checked=True)
            yield _Part(text, tuple(values))

    def _of(
        self, connection: apsw.Connection, at: Point, part: _Part, *, reading: bool
    ) -> Rows | None:
        """The rows that pass a part; None where that is not known any more, or not yet."""
        known = self._known.pop(part.key, None)
        if known is not None and known.at != at:
            ahead = known.at.epoch == at.epoch and at < known.at
            if ahead or not reading:  # another thread has brought in what is not seen here
                self._known[part.key] = known
                return None
            known = self._caught_up(connection, known, at, part)
            if known is None:
                return None
        if known is None:
            known = _Known(at, self._read(connection, part, -LAST, LAST))
        self._known[part.key] = known
        self._shrink()
        return known.rows

    def _is_worth_it(self, key: Hashable, count: int | None) -> bool:
        """Whether a part is known, or was asked for often enough to read all that pass it."""
        if key in self._known or count is None:
            return key in self._known
        times = self._asked.pop(key, 0) + 1
        if times * WALKED >= count and times > 1:
            return True
        self._asked[key] = times
        if len(self._asked) > ASKED:
            self._asked.popitem(last=False)
        return False

    def _caught_up(
        self, connection: apsw.Connection, known: _Known, at: Point, part: _Part
    ) -> _Known | None:
        """What is known, as of now; None where counting begins anew."""
        if known.at.epoch != at.epoch:
            return None
        name, rows = self._layout.schema.name, known.rows
        ranges = changed(connection, name, self._part, known.at, Logged.VECTORS, Logged.FIELDS)
        if ranges is None or len(ranges) > RANGES:
            return None
        for low, high in ranges:
            first, end = np.searchsorted(rows, low), np.searchsorted(rows, high, "right")
            rows = np.concatenate(
                (rows[:first], self._read(connection, part, low, high), rows[end:])
            )
        return _Known(at, rows)

    def _read(self, connection: apsw.Connection, part: _Part, low: int, high: int) -> Rows:
        sql = (
            f"select json_group_array(t._row) from {self._layout.table} as t not indexed "
            f"where t._row between ? and ? and {statements.within(self._layout)} and {part.text}"
        )
        values: Sequence[Any] = (low, high, self._value, *part.values)
        return np.sort(np.array(json.loads(connection.execute(sql, values).get), np.int64))

    def _shrink(self) -> None:
        total = self.nbytes
        while total > BYTES and len(self._known) > 1:
            total -= self._known.popitem(last=False)[1].rows.nbytes
