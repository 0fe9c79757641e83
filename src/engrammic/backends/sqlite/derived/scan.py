"""Rankings as arrays: the cosines of a query, the best of them, samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite.derived.coarse import Bounds
from engrammic.backends.sqlite.derived.matrix import View
from engrammic.units import cosines

Rows: TypeAlias = NDArray[np.int64]
Query: TypeAlias = NDArray[np.float32]

TIE_ROOM = 64
"""So many more than are wanted are ranked by words, since they may tie."""
TIES = 128
"""So many at most that tie with the last of a ranking by cosines come with it."""
VECTOR_DIGITS = 6
"""Cosines that agree up to here are equal."""
TIE = 10.0**-VECTOR_DIGITS
FEW = 4
"""Up to this part of the rows are scored one by one; of more, all."""
FEWER = 32
"""Up to this part of the rows are looked for by their bounds, which let more through."""


class Ranked(NamedTuple):
    """Table rows with their scores, best first."""

    rows: Rows
    scores: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, found: Sequence[tuple[Any, ...]]) -> Ranked:
        """What a statement gave."""
        rows, scores = zip(*found, strict=True) if found else ((), ())
        return cls(np.array(rows, np.int64), np.array(scores, np.float64))

    def beyond(self, other: Ranked) -> Ranked:
        """Without the rows of another ranking."""
        count = len(other.rows)
        if np.array_equal(self.rows[:count], other.rows):
            return Ranked(self.rows[count:], self.scores[count:])
        fresh = ~np.isin(self.rows, other.rows)
        return Ranked(self.rows[fresh], self.scores[fresh])


@dataclass(frozen=True)
class Scan:
    """The cosines of one query: with all vectors of a view, or only with those asked for."""

    view: View
    query: Query

    @cached_property
    def all(self) -> Query:
        """The cosine of every row; -inf for dead ones."""
        return self.view.scores(self.query)

    @cached_property
    def bounds(self) -> Bounds | None:
        """What is known of them without."""
        return self.view.bounds(self.query)

    @property
    def _has_all(self) -> bool:
        return "all" in self.__dict__  # where a cached property leaves its value

    def spares(self, limit: int) -> bool:
        """Whether the `limit` best are found without the cosines of all."""
        if self._has_all or not 0 < limit <= len(self.view.rows) // FEWER:
            return False
        return self.bounds is not None

    def at(self, places: Rows) -> Query:
        """The cosines of the vectors at `places`."""
        if self._has_all or len(places) > len(self.view.rows) // FEW:
            return self.all[places]
        return cosines(self.view.vectors[places], self.query)

    def best(self, places: Rows, limit: int) -> Ranked:
        """The `limit` best of some places."""
        return top(self.view.rows[places], self.at(places), limit)

    def nearest(self, limit: int) -> Ranked:
        """The `limit` best of all that are alive."""
        limit = min(limit, self.view.count)
        if not self.spares(limit) or self.bounds is None:
            return top(self.view.rows, self.all, limit)
        likely = self.bounds.likely(limit)
        known = self.at(likely)
        places = self.bounds.reaching(known.min() - TIE)  # as many as wanted are as near
        scores = np.empty(len(places), np.float32)
        is_known = np.zeros(len(places), bool)
        is_known[np.searchsorted(places, likely)] = True
        scores[is_known], scores[~is_known] = known, self.at(places[~is_known])
        return top(self.view.rows[places], scores, limit)


def spread(items: Rows, count: int) -> Rows:
    """About `count` of `items`, evenly spread."""
    return items[:: max(1, len(items) // max(1, count))][:count]


def neighbours(scores: Sequence[float], digits: int) -> list[tuple[int, int]]:
    """Where falling scores that may agree up to so many digits begin and end."""
    least = 1.01 * 10.0**-digits
    pairs = enumerate(pairwise(scores))
    close = [place for place, (score, lower) in pairs if score - lower < least]
    runs: list[tuple[int, int]] = []
    for place in close:
        start = runs.pop()[0] if runs and runs[-1][1] == place + 1 else place
        runs.append((start, place + 2))
    return runs


def top(rows: Rows, scores: Query, limit: int) -> Ranked:
    """The `limit` best rows, and those that tie with the last of them, best first."""
    count = len(scores)
    if limit <= 0 or not count:
        return Ranked.of(())
    if limit < count:
        worst = np.partition(scores, count - limit)[count - limit]
        places = np.flatnonzero(scores >= worst - TIE)
        if len(places) > limit + TIES:
            places = places[np.argsort(-scores[places], kind="stable")[: limit + TIES]]
    else:
        places = np.arange(count)
    places = places[np.argsort(-scores[places])]
    places = places[np.isfinite(scores[places])]
    return Ranked(rows[places], scores[places])
