"""What an item is worth now: pure functions of its standing and of time.

The formulas are those of brainwires-storage 0.6: recency halves in 69.3 hours
(e^-0.01h), retention weighs importance, recency and use, a search weighs
similarity, recency and importance; what is left of an importance falls to one
half with rest (1/2 + 1/2 e^-0.005h).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from engrammic.patterns import lazy_pattern
from engrammic.stores.tier_metadata import TierMetadata
from engrammic.tiers.config import HOUR, Weights

RECENCY_RATE = 0.01
IMPORTANCE_RATE = 0.005
FULL_BOOST = 3
"""Words about the present that raise recency as far as it goes."""

_PRESENT = lazy_pattern(
    r"\b(recent(ly)?|latest|last|current(ly)?|today|yesterday|this week|now|nowadays"
    r"|just|new(est)?|still|any ?more|these days|at the moment|up.to.date)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MultiFactorScore:
    """The parts of a score, each in [0, 1], and what they come to."""

    similarity: float
    recency: float
    importance: float
    combined: float


def hours_between(earlier: int, later: int) -> float:
    """Hours from one moment to another, at least 0."""
    return max(0, later - earlier) / HOUR


def recency(last_accessed: int, moment: int) -> float:
    """1 for what was recalled just now, one half after 69.3 hours."""
    return math.exp(-RECENCY_RATE * hours_between(last_accessed, moment))


def importance_left(metadata: TierMetadata, moment: int) -> float:
    """The importance, less what rest has taken of it: at most one half."""
    hours = hours_between(metadata.last_accessed, moment)
    return metadata.importance * (0.5 + 0.5 * math.exp(-IMPORTANCE_RATE * hours))


def retention(metadata: TierMetadata, moment: int) -> float:
    """How much an item is worth keeping where it is; the lowest goes first."""
    use = 0.1 * math.log1p(metadata.access_count)
    return 0.5 * metadata.importance + 0.3 * recency(metadata.last_accessed, moment) + 0.2 * use


def combined(
    similarity: float, recent: float, importance: float, weights: Weights
) -> MultiFactorScore:
    """The parts and their weighted sum, in [0, 1]."""
    total = (weights.similarity * similarity + weights.recency * recent
             + weights.importance * importance)  # fmt: skip
    return MultiFactorScore(similarity, recent, importance, min(1.0, max(0.0, total)))


def boosted(weights: Weights, query: str, boost: float) -> Weights:
    """The weights for a query: words about the present raise recency by up to `boost`.

    The rest is shared by similarity and importance as before.
    """
    factor = min(len(_PRESENT.findall(query)) / FULL_BOOST, 1.0)
    if not factor or not boost:
        return weights
    recent = min(weights.recency + boost * factor, 1.0)
    rest = weights.similarity + weights.importance
    share = weights.similarity / rest if rest else 1.0
    similarity = (1 - recent) * share
    return Weights(similarity, recent, 1 - recent - similarity)
