"""Ranked search under a filter: which way is cheapest, always exact.

Three ways, tried in this order:

* no filter but the partition: rank everything, fetch the page;
* a filter that an index serves: collect its rows first, rank only those;
* any other: rank first, then walk down the ranking and ask each record whether
  it passes, until the page is full; where that would take most of the table,
  collect all rows that match.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import apsw
import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Survey
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.matrix import View
from engrammic.backends.sqlite.reading import (
    along,
    condition,
    decoder,
    served_by_index,
    without_partition,
)
from engrammic.filters import Filter
from engrammic.predicate import check_filter
from engrammic.reads import check_limit, columns_of, partition_of
from engrammic.types import Record, Scored

Ranked: TypeAlias = list[tuple[int, float]]
"""Table rows with their scores, best first."""

Rows: TypeAlias = NDArray[np.int64]
Query: TypeAlias = NDArray[np.float32]

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
    whole: Filter | None
    where: Filter | None
    """What narrows the search within its partition."""
    columns: tuple[str, ...]
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
        names = columns_of(layout.schema, columns)
        return cls(layout, partition, where, rest, names, limit, digits)

    @property
    def indexed(self) -> bool:
        """Whether an index serves the filter."""
        return self.where is not None and served_by_index(self.layout.schema, self.where)


@dataclass(frozen=True, slots=True)
class Scan:
    """The cosines of one query: with all vectors of a view, or only with those asked for."""

    view: View
    query: Query
    scores: Query | None

    @classmethod
    def of_all(cls, view: View, query: Query) -> Scan:
        """Every cosine computed at once."""
        return cls(view, query, view.scores(query))

    def at(self, places: Rows) -> Query:
        """The cosines of the vectors at `places`."""
        if self.scores is not None:
            return self.scores[places]
        if len(places) > len(self.view.rows) // 4:
            return self.view.scores(self.query)[places]
        cosines: Query = self.view.vectors[places] @ self.query
        return cosines

    def best(self, places: Rows, limit: int) -> Ranked:
        """The `limit` best of some places."""
        return top(self.view.rows[places], self.at(places), limit)


@dataclass(frozen=True, slots=True)
class Search:
    """A plan being carried out over one connection."""

    connection: apsw.Connection
    plan: Plan

    def by_vector(self, view: View, query: Query) -> list[Scored]:
        """The page nearest to `query`."""
        if self.plan.indexed:
            scan, places = Scan(view, query, None), view.places(self.matching())
            return self._page(scan.best(places, self.plan.limit))
        return self._down(Scan.of_all(view, query))

    def survey(self, view: View, query: Query, also: Plan | None, count: int) -> Survey:
        """As `by_vector`, with the cosines of what passes `also` and of a sample."""
        if self.plan.indexed:
            places = view.places(self.matching())
            scan = Scan(view, query, None)
            hits = self._page(scan.best(places, self.plan.limit))
            sample = spread(places, count)
        else:
            scan = Scan.of_all(view, query)
            hits, sample = self._down(scan), self.sample(view, count)
        others: list[Scored] = []
        if also is not None:
            asked = Search(self.connection, also)
            others = asked._page(scan.best(view.places(asked.matching()), also.limit))
        return Survey(hits, others, scan.at(sample))

    def by_terms(self, table: str, match: str) -> list[Scored]:
        """The page best by BM25 for an FTS5 expression of quoted terms."""
        # `+rank` has SQLite keep the best while FTS5 ranks. FTS5's own `order by rank`
        # sorts every match with its positions, which takes half as long again.
        head = f"select rowid, -rank from {table} where {table} match ?"
        tail = "order by +rank limit ?"

        def best(depth: int) -> Ranked:
            found: list[Any] = self.connection.execute(f"{head} {tail}", (match, depth)).fetchall()
            return found

        def among() -> Ranked:
            rows = self.matching()
            if not len(rows):
                return []  # an empty array cannot be bound
            sql = f"{head} and +rowid in (select value from carray(?)) {tail}"
            depth = self.plan.limit + TIE_ROOM
            found: list[Any] = self.connection.execute(
                sql, (match, apsw.carray(rows), depth)
            ).fetchall()
            return found

        if self.plan.indexed:
            return self._page(among())
        return self._deepen(best, None, among)

    def sample(self, view: View, count: int) -> Rows:
        """The places of about `count` vectors of what passes the filter, evenly spread."""
        rows = self.matching() if self.plan.indexed else view.alive(2 * count)
        if self.plan.where is not None and not self.plan.indexed:
            rows = self._passing(rows)
            rows = self.matching() if len(rows) < FEW else rows
        return spread(view.places(rows), count)

    def matching(self) -> Rows:
        """The rows of every record that passes the filter."""
        # The partition is left in: it leads every index.
        where, values = condition(self.plan.layout, self.plan.whole)
        return self._rows(f"{self.plan.layout.table} as t where {where}", values)

    def _passing(self, rows: Rows) -> Rows:
        """Those of `rows` that pass the filter, in their order."""
        if not len(rows):
            return rows  # an empty array cannot be bound
        where, values = condition(self.plan.layout, self.plan.where)
        table = self.plan.layout.table
        source = f"carray(?) as c cross join {table} as t on t._row = c.value where {where}"
        return self._rows(source, [apsw.carray(rows), *values])

    def _rows(self, source: str, values: Sequence[Any]) -> Rows:
        # As one value: each row stepped to alone gives up the interpreter once.
        sql = f"select json_group_array(t._row) from {source}"
        return np.array(json.loads(self.connection.execute(sql, values).get), np.int64)

    def _down(self, scan: Scan) -> list[Scored]:
        """The page found walking down all cosines."""
        view, scores = scan.view, scan.scores
        assert scores is not None

        def best(depth: int) -> Ranked:
            return top(view.rows, scores, min(depth, view.count))

        return self._deepen(
            best, view.count, lambda: scan.best(view.places(self.matching()), self.plan.limit)
        )

    def _deepen(
        self, best: Callable[[int], Ranked], total: int | None, collect: Callable[[], Ranked]
    ) -> list[Scored]:
        """Rank first, then filter; deeper while the page is short and more are there."""
        depth = self.plan.limit + TIE_ROOM
        ranked = best(depth)
        passed = self._passed(ranked, [])
        if self.plan.where is None or len(passed) >= self.plan.limit or len(ranked) < depth:
            return self._cut(passed)
        deeper = int(DEEPER * self.plan.limit * depth / (len(passed) + 0.5))
        if total is None or deeper < total // 2:
            seen = {row for row, _ in ranked}
            ranked = best(deeper)
            passed = self._passed([hit for hit in ranked if hit[0] not in seen], passed)
            if len(passed) >= self.plan.limit or len(ranked) < deeper:
                return self._cut(passed)
        return self._page(collect())

    def _page(self, ranked: Ranked) -> list[Scored]:
        return self._cut(self._passed(ranked, []))

    def _passed(self, ranked: Ranked, before: list[Passed]) -> list[Passed]:
        """`before` and the next that pass: until the page is full, and what ties with its last."""
        limit, digits, layout = self.plan.limit, self.plan.digits, self.plan.layout
        if not ranked or not limit:
            return before
        scores = dict(ranked)
        where, values = condition(layout, self.plan.where)
        rows = apsw.carray(np.fromiter(scores, np.int64, len(scores)))
        decode, width = decoder(layout, self.plan.columns), len(layout.schema.key) + 1
        walk = self.connection.execute(along(layout, self.plan.columns, where), (rows, *values))
        passed = before
        try:
            for row in walk:
                score = scores[row[0]]
                place = -round(score, digits)
                if len(passed) >= limit and place > passed[limit - 1].place:
                    break
                passed.append(Passed(place, row[1:width], decode(row[width:]), score))
        finally:
            walk.close(True)
        return passed

    def _cut(self, passed: list[Passed]) -> list[Scored]:
        """The page; equal scores by key."""
        passed.sort(key=BY_SCORE_AND_KEY)
        return [Scored(hit.record, hit.score) for hit in passed[: self.plan.limit]]


class Passed(NamedTuple):
    """A record that passes the filter; the smaller `place`, the better."""

    place: float
    key: tuple[Any, ...]
    record: Record
    score: float


BY_SCORE_AND_KEY = itemgetter(0, 1)


def spread(items: Rows, count: int) -> Rows:
    """About `count` of `items`, evenly spread."""
    return items[:: max(1, len(items) // max(1, count))][:count]


def top(rows: Rows, scores: Query, limit: int) -> Ranked:
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
