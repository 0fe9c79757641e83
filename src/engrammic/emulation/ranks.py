"""The best of many scores: equal ones by key, as the reference orders them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.keys import Key

Ranked: TypeAlias = list[tuple[Key, float]]
"""Keys and scores, best first."""


def best(
    keys: Sequence[Key],
    rows: NDArray[np.int64],
    scores: NDArray[Any],
    count: int,
    same: str,
) -> Ranked:
    """The `count` best of `rows` by their scores; those that `same` formats alike by key."""
    if count < len(rows):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        near = scores >= least - 1e-5 * max(abs(float(least)), 0.1)
        rows, scores = rows[near], scores[near]
    pairs = [(keys[r], float(s)) for r, s in zip(rows, scores, strict=True)]
    return ordered(pairs, same)[:count]


def ordered(pairs: Ranked, same: str) -> Ranked:
    """Best first; scores that look alike are equal, and ordered by key."""
    return sorted(pairs, key=lambda p: (-float(format(p[1], same)), p[0]))
