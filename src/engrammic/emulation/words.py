"""An exact BM25 index in this process, derived from the stored terms of one partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engrammic.emulation.ranks import Ranked, best
from engrammic.keys import Key
from engrammic.ranking.bm25 import K1, B, idf
from engrammic.types import Kind, Record, Schema

SAME = ".8e"
"""Scores that look the same this way are equal, and ordered by key."""


class _Postings:
    """The rows that hold one term, and its weighted frequency in each."""

    __slots__ = ("_arrays", "frequencies", "holding", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.frequencies: list[float] = []
        self.holding = 0
        self._arrays: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None

    def add(self, row: int, frequency: float) -> None:
        self.rows.append(row)
        self.frequencies.append(frequency)
        self.holding += 1
        self._arrays = None

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if self._arrays is None:
            self._arrays = np.array(self.rows, np.int64), np.array(self.frequencies)
        return self._arrays


class Words:
    """What `MemoryBackend.text_search` computes, without reading every record each time."""

    def __init__(self, schema: Schema) -> None:
        self._weights = {f.name: f.weight for f in schema.of_kind(Kind.TERMS)}
        self._postings: dict[str, _Postings] = {}
        self._rows: dict[Key, int] = {}
        self._terms: list[Mapping[str, float] | None] = []
        self._keys: list[Key] = []
        self._lengths: list[int] = []
        self._total = 0

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, key: Key, record: Record) -> None:
        """Add a record by its terms (a text for each field), or replace it."""
        self.remove(key)
        if len(self._keys) > 2 * len(self._rows) + 64:
            self._compact()
        columns = {n: (record.get(n) or "").split() for n in self._weights}
        self._append(key, self._weighted(columns), sum(map(len, columns.values())))

    def _weighted(self, columns: Mapping[str, Sequence[str]]) -> dict[str, float]:
        frequencies: dict[str, float] = {}
        for name, terms in columns.items():
            for term in terms:
                frequencies[term] = frequencies.get(term, 0.0) + self._weights[name]
        return frequencies

    def _append(self, key: Key, frequencies: Mapping[str, float], length: int) -> None:
        row = len(self._keys)
        self._rows[key] = row
        self._keys.append(key)
        self._terms.append(frequencies)
        self._lengths.append(length)
        self._total += length
        for term, frequency in frequencies.items():
            self._postings.setdefault(term, _Postings()).add(row, frequency)

    def remove(self, key: Key) -> None:
        """Take a record out; absent is fine."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        for term in self._terms[row] or ():
            self._postings[term].holding -= 1
        self._terms[row] = None
        self._total -= self._lengths[row]

    def _compact(self) -> None:
        """Leave behind what was removed."""
        kept = [(k, self._terms[r] or {}, self._lengths[r]) for k, r in self._rows.items()]
        self._postings, self._rows, self._total = {}, {}, 0
        self._terms, self._keys, self._lengths = [], [], []
        for key, frequencies, length in kept:
            self._append(key, frequencies, length)

    def rank(self, terms: Sequence[str], count: int) -> Ranked:
        """The best `count` records that hold a term, best first, equal ones by key."""
        held = [p for t in terms if (p := self._postings.get(t)) is not None and p.holding]
        if not held or not count:
            return []
        mean = self._total / len(self._rows)
        scores = np.zeros(len(self._keys))
        lengths = np.array(self._lengths, np.float64)
        for postings in held:
            rows, frequencies = postings.arrays()
            worth = frequencies + K1 * (1 - B + B * lengths[rows] / mean)
            telling = idf(len(self._rows), postings.holding)
            scores[rows] += telling * frequencies * (K1 + 1) / worth
        rows = np.unique(np.concatenate([p.arrays()[0] for p in held]))
        alive = rows[[self._terms[r] is not None for r in rows]]
        return best(self._keys, alive, scores[alive], count, SAME)
