"""Rankings as arrays: the cosines of a query, the best of them, samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite.matrix import View
from engrammic.units import cosines

Rows: TypeAlias = NDArray[np.int64]
Query: TypeAlias = NDArray[np.float32]

TIE_ROOM = 64
VECTOR_DIGITS = 6
"""Cosines that agree up to here are equal."""


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


@dataclass(frozen=True, slots=True)
class Scan:
    """The cosines of one query: with all vectors of a view, or only with those asked for."""

    view: View
    query: Query
    scores: Query | None

    def at(self, places: Rows) -> Query:
        """The cosines of the vectors at `places`."""
        if self.scores is not None:
            return self.scores[places]
        if len(places) > len(self.view.rows) // 4:
            return self.view.scores(self.query)[places]
        return cosines(self.view.vectors[places], self.query)

    def best(self, places: Rows, limit: int) -> Ranked:
        """The `limit` best of some places."""
        return top(self.view.rows[places], self.at(places), limit)


def spread(items: Rows, count: int) -> Rows:
    """About `count` of `items`, evenly spread."""
    return items[:: max(1, len(items) // max(1, count))][:count]


def top(rows: Rows, scores: Query, limit: int) -> Ranked:
    """The `limit` best rows, and those that tie with the last of them, best first."""
    count = len(scores)
    if limit <= 0 or not count:
        return Ranked.of(())
    if limit < count:
        worst = np.partition(scores, count - limit)[count - limit]
        places = np.flatnonzero(scores >= worst - 10.0**-VECTOR_DIGITS)
        if len(places) > limit + TIE_ROOM:
            places = places[np.argsort(-scores[places], kind="stable")[: limit + TIE_ROOM]]
    else:
        places = np.arange(count)
    places = places[np.argsort(-scores[places])]
    places = places[np.isfinite(scores[places])]
    return Ranked(rows[places], scores[places])
