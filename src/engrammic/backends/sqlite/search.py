"""Ranked search under a filter: which way is cheapest, always exact.

Three ways, tried in this order:

* no filter but the partition: rank everything, fetch the page;
* a filter that an index serves: collect its rows first, rank only those;
* any other: rank first, then ask the table which of the best pass; ask deeper
  as long as the page is short, at last collect all rows that match.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import apsw
import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.matrix import Matrix
from engrammic.backends.sqlite.reading import (
    condition,
    records_of,
    served_by_index,
    without_partition,
)
from engrammic.filters import Filter
from engrammic.predicate import check_filter
from engrammic.reads import check_limit, columns_of, partition_of
from engrammic.types import Scored

Ranked: TypeAlias = list[tuple[int, float]]
"""Table rows with their scores, best first."""

TIE_ROOM = 64
DEEPER = 1.5
FEW = 32
"""A sample with fewer vectors than this is taken from all that match."""
VECTOR_DIGITS = 6
TERMS_DIGITS = 12
"""Scores that agree up to here are equal; a BM25 score may be as small as 1e-6."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A search as asked for, checked: one partition, what else narrows it, what it gives back."""

    layout: Layout
    partition: str | None
    where: Filter | None
    columns: Sequence[str]
    limit: int
    digits: int

    @classmethod
    def of(
        cls,
        layout: Layout,
        where: Filter | None,
        columns: Sequence[str] | None,
        limit: int,
        digits: int,
    ) -> Plan:
        """Raises UnknownField and InvalidInput for what makes no sense."""
        check_limit(limit)
        if where is not None:
            check_filter(where, layout.schema)
        partition = partition_of(layout.schema, where)
        rest = without_partition(layout.schema, where)
        return cls(layout, partition, rest, columns_of(layout.schema, columns), limit, digits)


@dataclass(frozen=True, slots=True)
class Search:
    """A plan being carried out over one connection."""

    connection: apsw.Connection
    plan: Plan

    @property
    def layout(self) -> Layout:
        """The table's layout."""
        return self.plan.layout

    @property
    def where(self) -> Filter | None:
        """What narrows the search within its partition."""
        return self.plan.where

    @property
    def limit(self) -> int:
        """How many hits are wanted."""
        return self.plan.limit

    @property
    def indexed(self) -> bool:
        """Whether an index serves the filter."""
        return served_by_index(self.layout.schema, self.where)

    def by_vector(self, matrix: Matrix, query: NDArray[np.float32]) -> list[Scored]:
        """The page nearest to `query`."""
        if self.where is not None and self.indexed:
            return self._page(self._nearest_of(matrix, query, self.matching()))
        view = matrix.view(self.connection)
        scores = view.scores(query)
        alive = len(view.rows) - len(view.dead)

        def best(depth: int) -> Ranked:
            return top(view.rows, scores, min(depth, alive))

        return self._deepen(best, alive, lambda: self._nearest_of(matrix, query, self.matching()))

    def by_terms(self, table: str, match: str) -> list[Scored]:
        """The page best by BM25 for an FTS5 expression of quoted terms."""

        def best(depth: int, inside: str = "", values: tuple[Any, ...] = ()) -> Ranked:
            sql = (
                f"select rowid, -rank from {table} where {table} match ? {inside} "
                "order by rank limit ?"
            )
            found: list[Any] = self.connection.execute(sql, (match, *values, depth)).fetchall()
            return found

        def among() -> Ranked:
            rows = self.matching()
            if not rows:
                return []
            inside = "and +rowid in (select value from carray(?))"
            return best(self.limit + TIE_ROOM, inside, (numbers(rows),))

        if self.where is not None and self.indexed:
            return self._page(among())
        return self._deepen(best, None, among)

    def sample(self, matrix: Matrix, count: int) -> NDArray[np.float32]:
        """About `count` vectors of what passes the filter, evenly spread."""
        view = matrix.view(self.connection)
        rows = view.alive(2 * count)
        if self.where is not None and not self.indexed:
            rows = sorted(self._passing(rows))
        if self.where is not None and (self.indexed or len(rows) < FEW):
            rows = self.matching()
        view, places = matrix.locate(self.connection, rows)
        return view.vectors[places[:: max(1, len(places) // count)][:count]]

    def matching(self) -> list[int]:
        """The rows of every record that passes the filter."""
        assert self.where is not None
        where, values = condition(self.layout, self.where)
        sql = f"select t._row from {self.layout.table} as t where {where}"
        return [row for (row,) in self.connection.execute(sql, values)]

    def _nearest_of(
        self, matrix: Matrix, query: NDArray[np.float32], rows: Sequence[int]
    ) -> Ranked:
        view, places = matrix.locate(self.connection, rows)
        if len(places) > len(view.rows) // 4:
            scores = view.scores(query)[places]
        else:
            scores = view.vectors[places] @ query
        return top(view.rows[places], scores, self.limit)

    def _deepen(
        self, best: Callable[[int], Ranked], total: int | None, collect: Callable[[], Ranked]
    ) -> list[Scored]:
        """Rank first, then filter; deeper while the page is short and more are there."""
        depth = self.limit + TIE_ROOM
        if self.where is not None:
            depth = max(depth, 2 * self.limit)
        ranked = best(depth)
        page = self._page(ranked)
        if self.where is None or len(page) >= self.limit or len(ranked) < depth:
            return page
        share = (len(page) + 0.5) / depth
        deeper = int(DEEPER * self.limit / share)
        if total is None or deeper < total // 8:
            ranked = best(deeper)
            page = self._page(ranked)
            if len(page) >= self.limit or len(ranked) < deeper:
                return page
        return self._page(collect())

    def _page(self, ranked: Ranked) -> list[Scored]:
        """The first records of `ranked` that pass the filter; equal scores by key."""
        if self.where is not None and ranked:
            passing = self._passing([row for row, _ in ranked])
            ranked = [hit for hit in ranked if hit[0] in passing]
        ranked = with_ties(ranked, self.limit, self.plan.digits)
        if not ranked:
            return []
        found = records_of(
            self.connection, self.layout, numbers([r for r, _ in ranked]), self.plan.columns
        )
        hits = [
            (-round(score, self.plan.digits), *entry, score)
            for row, score in ranked
            if (entry := found.get(row)) is not None
        ]
        hits.sort(key=lambda hit: hit[:2])
        return [Scored(record, score) for _, _, record, score in hits[: self.limit]]

    def _passing(self, rows: Sequence[int]) -> set[int]:
        assert self.where is not None
        if not rows:
            return set()  # an empty array cannot be bound
        where, values = condition(self.layout, self.where)
        sql = (
            f"select t._row from {self.layout.table} as t "
            f"where t._row in (select value from carray(?)) and {where}"
        )
        return {row for (row,) in self.connection.execute(sql, (numbers(rows), *values))}


def with_ties(ranked: Ranked, limit: int, digits: int) -> Ranked:
    """The first `limit` hits and those behind them with the last one's score."""
    if not limit or len(ranked) <= limit:
        return ranked[:limit]
    last = round(ranked[limit - 1][1], digits)
    end = limit
    while end < len(ranked) and round(ranked[end][1], digits) == last:
        end += 1
    return ranked[:end]


def top(rows: NDArray[np.int64], scores: NDArray[np.float32], limit: int) -> Ranked:
    """The `limit` best rows, and those that tie with the last of them, best first."""
    count = len(scores)
    if limit <= 0 or not count:
        return []
    if limit < count:
        worst = np.partition(scores, count - limit)[count - limit]
        places = np.flatnonzero(scores >= worst - 10.0**-VECTOR_DIGITS)
        if len(places) > limit + TIE_ROOM:
            places = places[np.argsort(-scores[places], kind="stable")[: limit + TIE_ROOM]]
    else:
        places = np.arange(count)
    places = places[np.argsort(-scores[places], kind="stable")]
    places = places[np.isfinite(scores[places])]
    return list(zip(rows[places].tolist(), scores[places].tolist(), strict=True))


def numbers(rows: Sequence[int]) -> apsw.CArrayBinding:
    """Row numbers as one bound value."""
    return apsw.carray(np.asarray(rows, np.int64))
