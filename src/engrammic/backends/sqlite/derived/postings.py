"""Who holds a term, and how often: one list of postings, and what changed since it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.ranking.bm25 import K1, idf

Places: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[np.float64]
Change: TypeAlias = tuple[int, Mapping[str, float]]
"""A place, and the weighted frequency of each term that now stands there; none where it is dead."""


DENSE = 8
"""Where a term stands in one of so many places or more, its scores are kept for every place."""


@dataclass(slots=True)
class Postings:
    """The places where one term stands, each once, and its weighted frequency at each."""

    places: Places
    frequencies: Numbers
    read: int
    """How many changes of the journal are in it."""
    scores: Numbers = field(default_factory=lambda: np.empty(0))
    """What the term adds to the score at its places, or at all places."""
    weighed: int = 0
    """The state of the lengths in which the scores were said; 0 before they are."""

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        return self.places.nbytes + self.frequencies.nbytes + self.scores.nbytes

    def score(self, worth: Numbers, count: int, weighed: int) -> None:
        """Say what the term adds, as FTS5 does: https://www.sqlite.org/fts5.html#the_bm25_function.

        `worth` is the part of the denominator that a record's length decides, for
        every place, `count` how many records there are; `weighed` tells that state of both.
        """
        told = self.frequencies * (K1 + 1) / (self.frequencies + worth[self.places])
        told *= idf(count, len(self.places))
        if DENSE * len(self.places) >= len(worth):
            spread = np.zeros(len(worth))
            spread[self.places] = told
            told = spread
        self.scores, self.weighed = told, weighed

    def add_to(self, scores: Numbers) -> None:
        """Add what the term adds to the scores of all places."""
        if len(self.scores) == len(scores):
            scores += self.scores  # in the order of memory: ten times as quick
        else:
            scores[self.places] += self.scores

    def catch_up(self, term: str, journal: Sequence[Change]) -> None:
        """Bring in what changed since."""
        if self.read == len(journal):
            return
        changed = dict(journal[self.read :])  # of one place the last counts
        held = {place: found[term] for place, found in changed.items() if term in found}
        kept = np.isin(self.places, list(changed), invert=True)
        self.places = np.append(self.places[kept], np.array([*held], np.int64))
        self.frequencies = np.append(self.frequencies[kept], np.array([*held.values()]))
        self.read, self.weighed = len(journal), 0


def frequencies(texts: Sequence[str | None], weights: Sequence[float]) -> dict[str, float]:
    """The weighted frequency of each term of a record; its fields come as the index gets them."""
    found: dict[str, float] = {}
    for text, weight in zip(texts, weights, strict=True):
        for term in text.split(" ") if text else ():
            if term:
                found[term] = found.get(term, 0.0) + weight
    return found


def lengths(packed: bytes, fields: int) -> Numbers:
    """How many terms each row holds, from the sizes of its `fields` as FTS5 keeps them.

    They are SQLite's varints: seven bits a byte, the highest first, the high bit
    of all bytes but the last is set (https://www.sqlite.org/fileformat2.html#varint).
    """
    data = np.frombuffer(packed, np.uint8)
    last = np.flatnonzero(data < 0x80)
    widths = np.diff(last, prepend=-1)
    sizes = data[last].astype(np.float64)
    for back in range(1, int(widths.max(initial=1))):
        longer = widths > back
        sizes[longer] += (data[last[longer] - back] & 0x7F) * 128.0**back
    summed: Numbers = sizes.reshape(-1, fields).sum(axis=1)
    return summed
