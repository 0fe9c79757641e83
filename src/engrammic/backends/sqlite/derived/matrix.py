"""The derived vector index: one contiguous matrix per partition, kept current.

The table is the truth. A matrix is filled from it, and brought up to date
before each search by the rows that came and the changes logged since, its own
process's or another's.
A published view is never edited: appending writes behind its end, replacing
and deleting mark rows dead in a new mask.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import apsw
import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite.changelog import Logged, Point, changed, now, point
from engrammic.backends.sqlite.derived.coarse import Bounds, Coarse
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.translation import REPAIR
from engrammic.errors import Corrupt
from engrammic.units import cosines

SPARE = 1024
COMPACT_SHARE = 0.2
SMALL = 256
QUICK = 1024
"""Rows that an index finds in the time that a way to another thread takes."""
READ = 400_000
"""Numbers of float32 that are multiplied in that time."""
CODES = 8_000_000
"""Numbers of eight bits whose scan takes no longer than a short write in place may."""
BLOCK = 256
"""Rows read at once: as many as lie in the processor's cache until they are copied."""


@dataclass(frozen=True, eq=False)
class View:
    """What a search scans: `vectors[i]` belongs to table row `rows[i]`, unless it is dead."""

    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    dead: NDArray[np.int64]
    ascending: bool
    """Whether `rows` rise, as they do until a record gets another vector."""
    coarse: Coarse
    """What is copied of `vectors`, and of those that came since: it grows."""

    @property
    def count(self) -> int:
        """How many vectors are alive."""
        return len(self.rows) - len(self.dead)

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of every row with `query`; -inf for dead ones."""
        scores = cosines(self.vectors, query)
        scores[self.dead] = -np.inf
        return scores

    def bounds(self, query: NDArray[np.float32]) -> Bounds | None:
        """What is known of `scores` at a quarter of their price; None if nothing is yet."""
        bounds = self.coarse.bounds(self.vectors, query)
        if bounds is not None:
            bounds.scores[self.dead] = -np.inf
        return bounds

    def alive(self, count: int) -> NDArray[np.int64]:
        """About `count` rows that have a vector, evenly spread."""
        places = np.arange(0, len(self.rows), max(1, len(self.rows) // max(1, count)))[:count]
        if len(self.dead):
            places = places[~np.isin(places, self.dead)]
        return self.rows[places]

    def places(self, rows: NDArray[np.int64], *, keep: bool = False) -> NDArray[np.int64]:
        """Where `rows` stand, in their order; what has no vector is left out, or kept as -1."""
        known, order = self._sorted
        if not len(known):
            return np.full(len(rows) if keep else 0, -1, np.int64)
        found = np.minimum(np.searchsorted(known, rows), len(known) - 1)
        places = np.where(known[found] == rows, found if order is None else order[found], -1)
        if order is None and len(self.dead):
            places[np.isin(places, self.dead)] = -1
        return places if keep else places[places >= 0]

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """The rows alive, rising, and their places; where all rise, dead ones stay in."""
        if self.ascending:
            return self.rows, None
        alive = np.delete(np.arange(len(self.rows)), self.dead)
        order = alive[np.argsort(self.rows[alive], kind="stable")]
        return self.rows[order], order


class Behind(Exception):
    """A snapshot in which is not what another thread has brought in already: take a new one."""


class Matrix:
    """The vectors of one field in one partition."""

    def __init__(self, layout: Layout, field: str, part: int) -> None:
        self._table = layout.vector_table(field)
        self._records = f"from {layout.table} where {layout.within(part)}"
        self._point = point(f"select max(_row) from {self._table}")
        self._name = layout.schema.name
        self._part = part
        self._dimension = layout.dimension(field)
        self._lock = threading.Lock()
        self._at: Point | None = None
        self._reset(0)

    def _reset(self, capacity: int) -> None:
        self._rows = np.empty(capacity, np.int64)
        self._vectors = np.empty((capacity, self._dimension), np.float32)
        self._size = 0
        self._top = -1
        self._ascending = True
        self._dead: set[int] = set()
        self._coarse = Coarse(self._dimension)
        self._view = self._publish()

    def _publish(self) -> View:
        dead = np.fromiter(sorted(self._dead), np.int64, len(self._dead))
        rows, vectors = self._rows[: self._size], self._vectors[: self._size]
        self._view = View(rows, vectors, dead, self._ascending, self._coarse)
        return self._view

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        return self._vectors.nbytes + self._rows.nbytes + self._coarse.nbytes

    def may_be_quick(self, *, filtered: bool) -> bool:
        """Whether it is worth it to ask `is_quick`."""
        if self._at is None:
            return False
        return filtered or self._size <= SMALL or self._is_coarse

    @property
    def _is_coarse(self) -> bool:
        """Whether the copy in eight bits serves for the scan of all, in a short time."""
        return self._coarse.covers(self._size) and self._size * self._dimension <= CODES

    def is_quick(self, connection: apsw.Connection, passing: Callable[[int], float] | None) -> bool:
        """Whether it is up to date, and so little is to be read that another thread is farther.

        `passing` counts the records that pass a filter, up to a number; None: all do.
        """
        few = min(QUICK, READ // self._dimension)
        if self._size <= SMALL:
            is_little = True
        elif passing is None:
            is_little = self._is_coarse
        else:
            is_little = passing(few + 1) <= few
        return is_little and self.is_current(connection)

    def is_current(self, connection: apsw.Connection) -> bool:
        """Whether nothing has to be read."""
        return self._at is not None and now(connection, self._point) == self._at

    def view(self, connection: apsw.Connection) -> View:
        """The vectors as of the snapshot that `connection` reads in: what changed is read now.

        Raises Behind where another thread has read in a newer one.
        """
        with self._lock:
            return self._current(connection)

    def _current(self, connection: apsw.Connection) -> View:
        at = now(connection, self._point)
        if self._at is not None and at.epoch == self._at.epoch and at < self._at:
            raise Behind
        if self._at is None or at.epoch != self._at.epoch or at > self._at:
            self._refresh(connection, at)
        return self._view

    def _refresh(self, connection: apsw.Connection, at: Point) -> None:
        since, self._at = self._at, None  # what breaks off is begun anew
        ranges = None
        if since is not None and at.epoch == since.epoch:
            ranges = changed(connection, self._name, self._part, since, Logged.VECTORS)
        if ranges is None:
            self._load(connection)
        else:
            self._catch_up(connection, ranges)
        if len(self._dead) > SPARE + COMPACT_SHARE * self._size:
            self._load(connection)
        self._at = at
        self._publish()

    def _load(self, connection: apsw.Connection) -> None:
        found = connection.execute(f"select json_group_array(_row) {self._records}").get
        records = np.array(json.loads(found), np.int64)
        self._reset(len(records) + max(SPARE, len(records) // 8))
        sql = f"select _row, value from {self._table} where part = ? order by _row"
        cursor = connection.execute(sql, (self._part,))
        while block := list(islice(cursor, BLOCK)):
            self._append(block)
        self._keep(np.isin(self._rows[: self._size], records))

    def _keep(self, chosen: NDArray[np.bool_]) -> None:
        """Leave out what is not chosen: vectors whose record is gone, which should not be."""
        if chosen.all():
            return
        rows, vectors = self._rows[: self._size][chosen], self._vectors[: self._size][chosen]
        self._size = len(rows)
        self._rows[: self._size], self._vectors[: self._size] = rows, vectors

    def _fill(self, block: Sequence[tuple[int, bytes]]) -> None:
        """Write rows, which rise, behind the end."""
        end = self._size + len(block)
        rows, values = zip(*block, strict=True)
        if {*map(len, values)} != {4 * self._dimension}:
            raise Corrupt(f"a vector of {self._name} has a wrong length; {REPAIR}")
        self._rows[self._size : end] = rows
        flat = np.frombuffer(b"".join(values), np.float32)
        self._vectors[self._size : end] = flat.reshape(-1, self._dimension)
        self._ascending = self._ascending and rows[0] > self._top
        self._top = max(self._top, rows[-1])
        self._size = end

    def _catch_up(self, connection: apsw.Connection, ranges: Sequence[tuple[int, int]]) -> None:
        for low, high in ranges:
            found: list[Any] = connection.execute(
                f"select _row, value from {self._table} "
                "where _row between ? and ? and part = ? order by _row",
                (low, high, self._part),
            ).fetchall()
            self._bury(low, high)
            self._append(found)

    def _bury(self, low: int, high: int) -> None:
        if low > self._top:
            return
        rows = self._rows[: self._size]
        for place in np.flatnonzero((rows >= low) & (rows <= high)):
            self._dead.add(int(place))

    def _append(self, found: Sequence[tuple[int, bytes]]) -> None:
        needed = self._size + len(found)
        if needed > len(self._rows):
            self._grow(needed + max(SPARE, needed // 4))
        if found:
            self._fill(found)

    def _grow(self, capacity: int) -> None:
        # New arrays: a scan under way keeps the old ones.
        rows = np.empty(capacity, np.int64)
        vectors = np.empty((capacity, self._dimension), np.float32)
        rows[: self._size] = self._rows[: self._size]
        vectors[: self._size] = self._vectors[: self._size]
        self._rows, self._vectors = rows, vectors
