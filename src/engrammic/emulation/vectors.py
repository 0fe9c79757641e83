"""An exact vector index in this process, derived from the stored vectors of one partition."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engrammic.emulation.ranks import Ranked, best
from engrammic.keys import Key
from engrammic.units import cosines

SAME = ".6f"
"""Cosines that look the same this way are equal, and ordered by key."""


class Vectors:
    """Unit vectors by key, in one matrix that grows by doubling."""

    def __init__(self, dimension: int) -> None:
        self._matrix = np.zeros((16, dimension), np.float32)
        self._rows: dict[Key, int] = {}
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, key: Key, vector: NDArray[np.float32] | None) -> None:
        """Add a vector or replace it; None takes it out."""
        if vector is None:
            self.remove(key)
            return
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self._keys)
            self._keys.append(key)
            if row == len(self._matrix):
                self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
        self._matrix[row] = vector

    def remove(self, key: Key) -> None:
        """Take a vector out; the last one takes its place. Absent is fine."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        last = self._keys.pop()
        if last != key:
            self._matrix[row] = self._matrix[len(self._keys)]
            self._keys[row] = last
            self._rows[last] = row

    def rank(self, query: NDArray[np.float32], count: int) -> Ranked:
        """The `count` nearest by cosine, best first, equal ones by key."""
        size = len(self._keys)
        if not size or not count:
            return []
        scores = np.clip(cosines(self._matrix[:size], query), -1.0, 1.0)
        return best(self._keys, np.arange(size), scores, count, SAME)

    def rank_among(self, keys: Iterable[Key], query: NDArray[np.float32], count: int) -> Ranked:
        """As `rank`, of those of `keys` that have a vector."""
        rows = np.array([self._rows[key] for key in keys if key in self._rows], np.int64)
        if not len(rows) or not count:
            return []
        scores = np.clip(cosines(self._matrix[rows], query), -1.0, 1.0)
        return best(self._keys, rows, scores, count, SAME)
