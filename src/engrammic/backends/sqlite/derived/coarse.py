"""A copy of a matrix in eight bits: it says which rows can be among the nearest.

A scan of float32 waits for the memory, so that a quarter of the bytes take a quarter of
the time. What the copy gives is a score for each row and how far from the true one that
may be at most; the few rows that can be on the page are then scored as ever. So the page
is the one of the whole scan, bit by bit.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.sqlite.derived.products import GREATEST, MIDDLE, Product, product
from engrammic.units import cosines

LEAST = 4096
"""Fewer rows lie in the processor's cache, where float32 is fast as well."""
STEP = 500
"""Rows that wait until they are copied: meanwhile float32 serves."""
SHARE = 16
"""A search copies at most this part of a matrix, which about doubles its time."""
WIDTH = 4000
"""Rows that a block has room for at the least. No power of two, which would put a column
into few lines of the cache; the more, the longer the processor reads ahead."""
GROUP = 16
"""Rows of which only the best is looked at to see where the best of all begin."""
ROUNDED = 2.0**-23
"""Float32 is wrong by less than this part of a number, two roundings taken together."""


class Coded(NamedTuple):
    """Rows as whole numbers: row i is about `scales[i] * codes[i]`."""

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    misses: NDArray[np.float32]
    """At least the length of what is lost of each row."""
    longest: float
    """No row, coded or not, is longer."""


def coded(rows: NDArray[np.float32]) -> Coded:
    """`rows`, shape (n, d), in steps as wide as the largest number of each needs."""
    largest = np.abs(rows).max(axis=1)
    scales = np.maximum(largest / np.float32(GREATEST), np.float32(1e-30))
    codes = np.clip(np.rint(rows / scales[:, None]), -GREATEST, GREATEST)
    kept = codes * scales[:, None]
    lost = rows - kept
    # More than the roundings of these sums and of `kept` can take away.
    more = 1 + (rows.shape[1] + 8) * ROUNDED
    longest = float(np.sqrt(max(np.vecdot(x, x).max() for x in (rows, kept)))) * more
    misses = np.sqrt(np.vecdot(lost, lost)) * more + longest * ROUNDED
    return Coded(codes.astype(np.int8), scales, misses.astype(np.float32), longest)


class Bounds(NamedTuple):
    """What is known of every cosine, in a unit of its own."""

    scores: NDArray[np.float32]
    """About what they are; -inf for dead rows."""
    reach: NDArray[np.float32]
    """How far each may be off, less `slack`."""
    slack: float
    unit: float
    """What one of it is as a cosine."""

    def likely(self, count: int) -> NDArray[np.int64]:
        """The places, rising, of about the `count` best as far as is known; not of fewer."""
        rows = len(self.scores) // GROUP
        best = self.scores[: rows * GROUP].reshape(GROUP, rows).max(axis=0)
        if rows < 8 * count:
            best = self.scores
        last = np.partition(best, len(best) - count)[len(best) - count]
        return np.flatnonzero(self.scores >= last)

    def reaching(self, least: float) -> NDArray[np.int64]:
        """The places, rising, of all whose cosine can be `least` or more."""
        wanted = np.float32(least / self.unit - self.slack)
        places = np.flatnonzero(self.scores >= wanted - self.reach.max())
        return places[self.scores[places] + self.reach[places] >= wanted]


class Block:
    """Room for the codes of the rows from `start` to `end`, which lie as columns."""

    def __init__(self, dimension: int, start: int, end: int) -> None:
        self.start, self.end = start, end
        width = end - start
        self.codes = np.zeros((dimension, width), np.int8)
        self.scales = np.zeros(width, np.float32)
        self.misses = np.zeros(width, np.float32)
        self.shifts = np.zeros(width, np.int32)
        """What the codes give for a query of `MIDDLE`s."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return sum(a.nbytes for a in (self.codes, self.scales, self.misses, self.shifts))

    def fill(self, first: int, rows: Coded) -> None:
        """Write rows, the first of which is `first`."""
        here = slice(first - self.start, first - self.start + len(rows.codes))
        self.codes[:, here] = rows.codes.T
        self.scales[here], self.misses[here] = rows.scales, rows.misses
        self.shifts[here] = MIDDLE * rows.codes.sum(axis=1, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Ask:
    """A query as whole numbers, and what it has lost."""

    codes: NDArray[np.uint8]
    scale: float
    miss: float
    length: float
    """At least its own, and that of its codes."""

    @classmethod
    def of(cls, query: NDArray[np.float32]) -> Ask:
        """`query`, shape (d). As `coded` has it, in fewer steps."""
        largest = max(float(query.max()), -float(query.min()))
        scale = np.float32(max(largest / GREATEST, 1e-30))
        codes = np.rint(query / scale)
        kept = codes * scale
        lost = query - kept
        more = 1 + (len(query) + 8) * ROUNDED
        length = sqrt(max(query @ query, kept @ kept)) * more
        miss = sqrt(lost @ lost) * more + length * ROUNDED
        return cls((codes + MIDDLE).astype(np.uint8), float(scale), miss, length)


class Coarse:
    """The copy of the rows of one matrix, which come behind its end and never change.

    It grows while searches on several threads read it: what a search reads lies before
    the end, and what is written behind it.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._blocks: list[Block] = []
        self._size = 0
        self._longest = 0.0
        self._asked = False
        self._growing = threading.Lock()

    @property
    def size(self) -> int:
        """How many rows it holds."""
        return self._size

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return sum(block.nbytes for block in self._blocks)

    def covers(self, count: int) -> bool:
        """Whether it serves for the scan of so many vectors, and does not grow at that."""
        return self._size > 0 and count - self._size < STEP

    def bounds(self, vectors: NDArray[np.float32], query: NDArray[np.float32]) -> Bounds | None:
        """What it knows of the scores of `vectors`; None as long as that is nothing.

        It grows by a step first, but not for the first who asks: most who search once end
        then, and would copy in vain.
        """
        if len(vectors) < LEAST or not self._asked:
            self._asked = True
            return None
        multiply = product()
        if multiply is None:
            return None
        self._grow(vectors)
        size = min(self._size, len(vectors))
        return self._bounds(multiply, vectors, query, size) if size else None

    def _grow(self, vectors: NDArray[np.float32]) -> None:
        """Copy the next rows of `vectors`, unless another thread is at it."""
        if len(vectors) - self._size < STEP or not self._growing.acquire(blocking=False):
            return
        try:
            end = min(len(vectors), self._size + max(STEP, len(vectors) // SHARE))
            while self._size < end:
                if not self._blocks or self._blocks[-1].end == self._size:
                    room = max(len(vectors), self._size + WIDTH)
                    self._blocks.append(Block(self._dimension, self._size, room))
                stop = min(end, self._size + STEP, self._blocks[-1].end)
                self._copy(vectors[self._size : stop], self._blocks[-1])
        finally:
            self._growing.release()

    def _copy(self, rows: NDArray[np.float32], block: Block) -> None:
        found = coded(rows)
        block.fill(self._size, found)
        self._longest = max(self._longest, found.longest)
        self._size += len(rows)  # last: from now on they are read

    def _bounds(
        self,
        multiply: Product,
        vectors: NDArray[np.float32],
        query: NDArray[np.float32],
        size: int,
    ) -> Bounds:
        """Of q v, near q' v': |q v - q' v'| <= |q| |v - v'| + |q - q'| |v'|."""
        ask = Ask.of(query)
        scores = np.empty(len(vectors), np.float32)
        reach = np.zeros(len(vectors), np.float32)
        for block in self._blocks:
            if block.start >= size:  # it has begun meanwhile
                break
            here = slice(block.start, min(size, block.end))
            count = here.stop - here.start
            whole = multiply(ask.codes, block.codes)[:count]
            np.subtract(whole, block.shifts[:count], out=scores[here], casting="unsafe")
            scores[here] *= block.scales[:count]
            np.multiply(block.misses[:count], ask.length / ask.scale, out=reach[here])
        scores[size:] = cosines(vectors[size:], query) / np.float32(ask.scale)
        longest = max(self._longest, 1.0 + 1e-4)  # of those behind, which are units
        rounding = (self._dimension + 16) * ROUNDED * ask.length
        return Bounds(scores, reach, (ask.miss + rounding) * longest / ask.scale, ask.scale)
