"""From a ranking to a page: the records that pass the filter, best first, equal ones by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

import apsw

from engrammic.backends.sqlite.derived.scan import Ranked, Rows, neighbours
from engrammic.backends.sqlite.pages import Row, Shape, along, shape
from engrammic.backends.sqlite.plan import Plan
from engrammic.backends.sqlite.reading import condition
from engrammic.types import Scored

Passed: TypeAlias = list[tuple[float, int, Row]]
"""Records that pass the filter: the score, the number of the table's row, and what was read."""

BEYOND = 8
"""So many rows more than fit on the page are read with it, since one may not pass, or tie; then
twice as many, and so on."""
DEEPER = 1.5
DEPTHS = 3
"""How often a page is looked for down a ranking before all that match are collected, or what
ties with the last of a full one is let be."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a plan, being filled over one connection."""

    connection: apsw.Connection
    plan: Plan

    def hits(self, page: Passed) -> list[Scored]:
        """The records of a page."""
        records = self.shape.records([read for _, _, read in page])
        return list(map(Scored, records, [score for score, _, _ in page]))

    def columns(self, page: Passed) -> Mapping[str, Sequence[Any]]:
        """What is to be given of each record of a page, field by field."""
        return self.shape.columns([read for _, _, read in page])

    def deepen(
        self,
        best: Callable[[int], Ranked],
        depth: int,
        total: int | None,
        collect: Callable[[], Ranked],
    ) -> Passed:
        """Rank first, then filter; deeper while the page is short, or may end within a tie.

        `total` is how many there are to be ranked, where that is known.
        """
        limit, before = self.plan.limit, Ranked.of(())
        passed: Passed = []
        if not limit:
            return passed
        for _ in range(DEPTHS):
            ranked = best(depth)
            passed = self._passed(ranked.beyond(before), passed)
            found = len(ranked.rows)
            if found < depth or found == total or self._is_full(passed, float(ranked.scores[-1])):
                return self.cut(passed)
            before = ranked
            depth = max(2 * found, int(DEEPER * limit * found / (len(passed) + 0.5)))
            if total is not None and depth > total // 2:
                if len(passed) < limit:
                    break
                depth = total
        return self.filled(collect()) if len(passed) < limit else self.cut(passed)

    def filled(self, ranked: Ranked) -> Passed:
        """The page with the best of a ranking that pass, deep enough for all that tie."""
        return self.cut(self._passed(ranked, []))

    def _passed(self, ranked: Ranked, passed: Passed) -> Passed:
        """`passed` and the next that pass: until the page is full, and what ties with its last."""
        if not self.plan.limit:
            return passed
        scores, rows = ranked.scores.tolist(), ranked.rows.tolist()
        for start, end, block in self._walk(ranked.rows):
            places = [start + read[0] - 1 for read in block]
            passed += [(scores[p], rows[p], read) for p, read in zip(places, block, strict=True)]
            if self._is_full(passed, scores[end - 1]):
                break
        return passed

    def _is_full(self, passed: Passed, last: float) -> bool:
        """Whether the page is, and what comes behind a score cannot tie with its last record."""
        limit, digits = self.plan.limit, self.plan.digits
        if len(passed) < limit:
            return False
        return round(last, digits) < round(passed[limit - 1][0], digits)

    def _walk(self, rows: Rows) -> Iterator[tuple[int, int, Sequence[Row]]]:
        """Those of `rows` that pass, in blocks: from where to where, and what was read."""
        # The partition is left in: what an index holds by mistake stays behind its wall.
        where, values = condition(self.plan.layout, self.plan.whole, checked=True)
        read = along(self.shape, where)
        start, size = 0, self.plan.limit + BEYOND
        while start < len(rows):
            end = min(start + size, len(rows))
            yield start, end, read(self.connection, (apsw.carray(rows[start:end]), *values))
            size = 2 * BEYOND if not start else 2 * size
            start = end

    def cut(self, passed: Passed) -> Passed:
        """The page of what passed, best first; equal scores by key."""
        for start, end in neighbours([score for score, _, _ in passed], self.plan.digits):
            passed[start:end] = self._ordered(passed[start:end])
        return passed[: self.plan.limit]

    def _ordered(self, passed: Passed) -> Passed:
        page, digits = self.shape, self.plan.digits
        if passed[0][0] == passed[-1][0]:  # they fall, so all are equal
            return sorted(passed, key=lambda hit: page.key(hit[2]))
        ordered: Passed = []
        for _, run in groupby(passed, lambda hit: round(hit[0], digits)):
            ordered += sorted(run, key=lambda hit: page.key(hit[2]))
        return ordered

    @property
    def shape(self) -> Shape:
        """What is read of each record."""
        return shape(self.plan.layout, self.plan.columns)
