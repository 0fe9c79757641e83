"""Retrieval metrics over ranked ids, and bootstrap intervals of their means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Estimate(NamedTuple):
    """A mean over queries with its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], k: int = 10) -> float:
    """Discounted gain of the first `k` over the best possible (linear gains, log2 discount)."""
    best = _dcg(sorted(gains.values(), reverse=True)[:k])
    return _dcg([gains.get(i, 0.0) for i in ranked[:k]]) / best if best else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(g / math.log2(place + 2) for place, g in enumerate(gains))


def recall(ranked: Sequence[str], gains: Mapping[str, float], k: int = 10) -> float:
    """The share of what is relevant that stands among the first `k`."""
    relevant = {i for i, g in gains.items() if g > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], gains: Mapping[str, float]) -> float:
    """One over the place of the first relevant id; 0 where there is none."""
    return next((1 / place for place, i in enumerate(ranked, 1) if gains.get(i, 0) > 0), 0.0)


def bootstrap(
    values: Sequence[float] | NDArray[np.float64], *, samples: int = 2000, seed: int = 0
) -> Estimate:
    """The mean with the 2.5 and 97.5 percentiles of the means of resampled queries."""
    given = np.asarray(values, float)
    if not len(given):
        raise ValueError("values: no query was measured")
    rng = np.random.default_rng(seed)
    means = given[rng.integers(0, len(given), (samples, len(given)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Estimate(float(given.mean()), float(low), float(high))
