"""Rankings by words: by FTS5 itself, or from scores that are there for every place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import apsw
import numpy as np

from engrammic.backends.sqlite.derived.postings import Numbers
from engrammic.backends.sqlite.derived.scan import Ranked, Rows


class WordRanking(Protocol):
    """The BM25 scores of a query's terms in one partition."""

    @property
    def count(self) -> int | None:
        """How many rows there are, where that is known."""
        ...

    def best(self, depth: int) -> Ranked:
        """The `depth` best rows, best first."""
        ...

    def among(self, rows: Rows, limit: int) -> Ranked:
        """The `limit` best of some rows."""
        ...


@dataclass(frozen=True, slots=True)
class ByFts5:
    """FTS5's own ranking for an expression of quoted terms."""

    connection: apsw.Connection
    table: str
    match: str
    count: int | None = None

    def best(self, depth: int) -> Ranked:
        """As `WordRanking.best`."""
        return self._ranked("", depth)

    def among(self, rows: Rows, limit: int) -> Ranked:
        """As `WordRanking.among`."""
        if not len(rows):
            return Ranked.of(())  # an empty array cannot be bound
        inside = "and +rowid in (select value from carray(?))"
        return self._ranked(inside, apsw.carray(rows), limit)

    def _ranked(self, inside: str, *values: object) -> Ranked:
        # `+rank` has SQLite keep the best while FTS5 ranks. FTS5's own `order by rank`
        # sorts every match with its positions, which takes half as long again.
        sql = (
            f"select rowid, -rank from {self.table} where {self.table} match ? {inside} "
            "order by +rank limit ?"
        )
        return Ranked.of(self.connection.execute(sql, (self.match, *values)).fetchall())


@dataclass(frozen=True, slots=True)
class ByPostings:
    """The same scores, computed for every place that holds a term."""

    rows: Rows
    """The row of each place, rising."""
    scores: Numbers
    """The score of each place, 0 where no term stands."""

    @property
    def count(self) -> int:
        """As `WordRanking.count`."""
        return len(self.rows)

    def best(self, depth: int) -> Ranked:
        """As `WordRanking.best`."""
        return _top(self.rows, self.scores, depth)

    def among(self, rows: Rows, limit: int) -> Ranked:
        """As `WordRanking.among`."""
        if not len(self.rows):
            return Ranked.of(())
        found = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        there = np.sort(found[self.rows[found] == rows])
        return _top(self.rows[there], self.scores[there], limit)


def _top(rows: Rows, scores: Numbers, limit: int) -> Ranked:
    """The best that hold a term, equal ones in their order."""
    held = np.flatnonzero(scores > 0)  # first: many equal zeros are what partitions slowly
    rows, scores = rows[held], scores[held]
    if 0 < limit < len(held):
        least = np.partition(scores, len(held) - limit)[len(held) - limit]
        best = np.flatnonzero(scores >= least)
        rows, scores = rows[best], scores[best]
    order = np.argsort(-scores, kind="stable")[:limit]
    return Ranked(rows[order], scores[order])
