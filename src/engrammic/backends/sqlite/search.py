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
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import apsw
import numpy as np

from engrammic.backends.sqlite import statements
from engrammic.backends.sqlite.derived.matrix import View
from engrammic.backends.sqlite.derived.passing import Passing
from engrammic.backends.sqlite.derived.scan import TIE_ROOM, TIES, Query, Ranked, Rows, Scan, spread
from engrammic.backends.sqlite.derived.words import WordRanking
from engrammic.backends.sqlite.filling import BEYOND, Page, Passed
from engrammic.backends.sqlite.layout import quoted
from engrammic.backends.sqlite.pages import listing
from engrammic.backends.sqlite.plan import Plan
from engrammic.backends.sqlite.reading import condition, told_by_index
from engrammic.emulation.words import Words
from engrammic.surveying import Survey
from engrammic.types import Scored

WALK = 2048
"""So far at once it looks where the cosines of all are there anyway."""
NARROW = 8
"""Where known parts of a filter leave more than this part of the rows, walking is no farther."""
FEW = 32
"""A sample with fewer vectors than this is taken from all that match."""
TERMS_DIGITS = 12
"""Scores that agree up to here are equal; a BM25 score may be as small as 1e-6."""


@dataclass(slots=True)
class Search:
    """A plan being carried out over one connection, in one snapshot."""

    connection: apsw.Connection
    plan: Plan
    known: Passing
    _matching: Rows | None = None

    @property
    def page(self) -> Page:
        """The page that the search is for."""
        return Page(self.connection, self.plan)

    def by_vector(self, view: View, query: Query) -> list[Scored]:
        """The page nearest to `query`."""
        return self.page.hits(self._near(Scan(view, query)))

    def _near(self, scan: Scan) -> Passed:
        view = scan.view
        if not self.plan.indexed:
            return self._down(scan, self._narrowed(view.count))
        if self.plan.named <= self.plan.limit:
            return self._listed(scan)
        return self.page.filled(scan.best(view.places(self.matching()), self.plan.limit))

    def survey(self, view: View, query: Query, count: int, told: Passed) -> Survey:
        """What is near, with a sample of `count` vectors; `told` is the page by words."""
        scan = Scan(view, query)
        if self.plan.indexed:
            places = view.places(self.matching())
            near = self.page.filled(scan.best(places, self.plan.limit))
            sample = spread(places, count)
        else:
            narrowed = self._narrowed(view.count)
            near, sample = self._down(scan, narrowed), self._sample(view, count, narrowed)
        nearest = dict.fromkeys(row for _, row, _ in near)
        others = [hit for hit in told if hit[1] not in nearest]
        bm25s = {row: score for score, row, _ in told}
        return Survey(
            self.page.columns([*near, *others]),
            [*(score for score, _, _ in near), *_cosines(scan, others)],
            [*map(bm25s.get, nearest), *(score for score, _, _ in others)],
            scan.at(sample),
        )

    def by_terms(self, ranking: WordRanking) -> Passed:
        """The page best by BM25."""
        room = self.plan.limit + TIE_ROOM

        def among() -> Ranked:
            return ranking.among(self.matching(), room)

        if self.plan.indexed:
            rows = self.matching()
            return self.page.deepen(lambda depth: ranking.among(rows, depth), room, None, among)
        narrowed = self._narrowed(ranking.count)
        if narrowed is None:
            return self.page.deepen(ranking.best, room, None, among)

        def rest() -> Ranked:
            return ranking.among(self._passing(narrowed), room)

        return self.page.deepen(lambda depth: ranking.among(narrowed, depth), room, None, rest)

    def by_reading(self, words: Sequence[str]) -> Passed:
        """As `by_terms` without an index: every record of the partition is read."""
        layout = self.plan.layout
        index, names = Words(layout.schema), [f.name for f in layout.terms]
        columns = ", ".join(map(quoted, names))
        sql = f"select _row, {columns} from {layout.table} where {statements.within(layout)}"
        for row, *texts in self.connection.execute(sql, (self.plan.partition,)):
            index.put((row,), dict(zip(names, texts, strict=True)))
        found = index.rank(words, len(index))
        return self.page.filled(Ranked.of([(key[0], score) for key, score in found]))

    def sample(self, view: View, count: int) -> Rows:
        """The places of about `count` vectors of what passes the filter, evenly spread."""
        if self.plan.indexed:
            return spread(view.places(self.matching()), count)
        return self._sample(view, count, self._narrowed(view.count))

    def _sample(self, view: View, count: int, narrowed: Rows | None) -> Rows:
        if narrowed is not None:
            return spread(view.places(self._passing(narrowed)), count)
        rows = view.alive(2 * count)
        half = spread(rows, count)
        if self.plan.where is None or len(self._passing(half)) == len(half):
            return spread(view.places(half), count)
        rows = self._passing(rows)
        rows = self.matching() if len(rows) < FEW else rows
        return spread(view.places(rows), count)

    def passing(self, most: int) -> float:
        """How many records pass the filter, up to `most`; endless where nothing tells at once."""
        if (narrowed := self._narrowed(None)) is not None:
            return len(narrowed)
        if self.plan.named <= most or not told_by_index(self.plan.layout.schema, self.plan.where):
            return self.plan.named
        where, values = condition(self.plan.layout, self.plan.whole, checked=True)
        some = f"(select t._row from {self.plan.layout.table} as t where {where} limit ?) as t"
        rows = self._rows(some, (*values, most))
        if len(rows) < most:
            self._matching = rows  # which are all
        return len(rows)

    def _listed(self, scan: Scan) -> Passed:
        """The page of a filter that no more records pass than fit on it: all are read."""
        where, values = condition(self.plan.layout, self.plan.whole, checked=True)
        found = listing(self.page.shape, where)(self.connection, values)
        places = scan.view.places(np.array([row[0] for row in found], np.int64), keep=True)
        there = places >= 0
        rows = [row for row, is_there in zip(found, there, strict=True) if is_there]
        scores = scan.at(places[there]).tolist()
        passed = [(score, row[0], row) for score, row in zip(scores, rows, strict=True)]
        return self.page.cut(sorted(passed, key=itemgetter(0), reverse=True))

    def matching(self) -> Rows:
        """The rows of every record that passes the filter."""
        if self._matching is not None:
            return self._matching
        # The partition is left in: it leads every index.
        where, values = condition(self.plan.layout, self.plan.whole, checked=True)
        return self._rows(f"{self.plan.layout.table} as t where {where}", values)

    def _passing(self, rows: Rows) -> Rows:
        """Those of `rows` that pass the filter, in their order."""
        if not len(rows):
            return rows  # an empty array cannot be bound
        where, values = condition(self.plan.layout, self.plan.where, checked=True)
        table = self.plan.layout.table
        source = f"carray(?) as c cross join {table} as t on t._row = c.value where {where}"
        return self._rows(source, [apsw.carray(np.ascontiguousarray(rows)), *values])

    def _rows(self, source: str, values: Sequence[Any]) -> Rows:
        # As one value: each row stepped to alone gives up the interpreter once.
        sql = f"select json_group_array(t._row) from {source}"
        return np.array(json.loads(self.connection.execute(sql, values).get), np.int64)

    def _narrowed(self, count: int | None) -> Rows | None:
        """The rows that known parts of the filter leave, where these are few of `count`.

        Without a count nothing is read for it.
        """
        if self.plan.where is None:
            return None
        rows = self.known.rows(self.connection, self.plan.where, count)
        too_many = rows is not None and count is not None and NARROW * len(rows) > count
        return None if too_many else rows

    def _down(self, scan: Scan, narrowed: Rows | None) -> Passed:
        """The page found walking down all cosines, or those of the rows that a filter leaves."""
        view, limit = scan.view, self.plan.limit
        filtered = self.plan.where is not None
        first = limit + (BEYOND if filtered else 1)  # the next one tells whether the last ties
        if narrowed is not None:
            places = view.places(narrowed)

            def rest() -> Ranked:
                return scan.best(view.places(self._passing(narrowed)), limit)

            return self.page.deepen(lambda n: scan.best(places, n), first, None, rest)

        def best(depth: int) -> Ranked:
            if filtered and depth == first and scan.spares(depth):
                ranked = scan.nearest(depth)
                if len(ranked.rows) < depth + TIES:  # else it is cut off within a tie
                    return ranked
            return scan.nearest(max(depth, WALK) if filtered else depth)

        def collect() -> Ranked:
            return scan.best(view.places(self.matching()), limit)

        return self.page.deepen(best, first, view.count, collect)


def _cosines(scan: Scan, page: Passed) -> list[float | None]:
    """Of each record; None where it has no vector."""
    places = scan.view.places(np.array([row for _, row, _ in page], np.int64), keep=True)
    there = places >= 0
    cosines = iter(scan.at(places[there]).tolist())
    return [next(cosines) if known else None for known in there.tolist()]
