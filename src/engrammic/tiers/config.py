"""When an item ages, how much fits in each tier, and how a search weighs what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from engrammic.checks import check_count, shown
from engrammic.errors import InvalidInput
from engrammic.stores.tier_metadata import check_importance

HOUR = 3_600_000
LONGEST_HOURS = 24 * 365 * 1_000
MOST_ITEMS = 2**53


@dataclass(frozen=True, slots=True)
class Weights:
    """How similarity, recency and importance share a score; they add up to 1."""

    similarity: float = 0.50
    recency: float = 0.30
    importance: float = 0.20

    def __post_init__(self) -> None:
        for part in fields(self):
            check_importance(getattr(self, part.name), f"weights.{part.name}")
        total = self.similarity + self.recency + self.importance
        if abs(total - 1) > 1e-9:
            raise InvalidInput("weights", f"add up to {total:.6g}, not 1")


@dataclass(frozen=True, slots=True)
class TieredMemoryConfig:
    """Every setting of the tiers. Hours count from when an item was last recalled.

    An item leaves the hot tier when it rested for `hot_retention_hours` and what
    is left of its importance is below `importance_threshold_warm`, or when there
    are more than `max_hot_messages`, those least worth keeping first; likewise
    from warm to cold. A session message's full text ends after `session_ttl_hours`
    (None: never), an ephemeral one ends wholly after `ephemeral_ttl_hours` unless
    it says otherwise; of an aged message the original is kept as evidence for
    `evidence_retention_hours` (None: always).
    """

    hot_retention_hours: int = 24
    warm_retention_hours: int = 168
    importance_threshold_warm: float = 0.3
    importance_threshold_cold: float = 0.1
    max_hot_messages: int = 1_000
    max_warm_summaries: int = 5_000
    session_ttl_hours: int | None = 48
    ephemeral_ttl_hours: int = 24
    evidence_retention_hours: int | None = None
    promotion_accesses: int = 3
    weights: Weights = field(default_factory=Weights)
    temporal_boost: float = 0.3
    enough: float = 0.85
    fair: float = 0.70

    def __post_init__(self) -> None:
        for name in ("hot_retention_hours", "warm_retention_hours"):
            check_count(name, getattr(self, name), 0, LONGEST_HOURS)
        for name in ("ephemeral_ttl_hours", "promotion_accesses"):
            check_count(name, getattr(self, name), 1, LONGEST_HOURS)
        for name in ("max_hot_messages", "max_warm_summaries"):
            check_count(name, getattr(self, name), 0, MOST_ITEMS)
        for name in ("session_ttl_hours", "evidence_retention_hours"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name), 1, LONGEST_HOURS)
        for name in ("importance_threshold_warm", "importance_threshold_cold",
                     "temporal_boost", "enough", "fair"):  # fmt: skip
            check_importance(getattr(self, name), name)
        if not isinstance(self.weights, Weights):
            raise InvalidInput("weights", f"want Weights, not {shown(self.weights)}")

    @classmethod
    def of(cls, given: dict[str, Any]) -> TieredMemoryConfig:
        """The configuration that a mapping describes. Raises InvalidInput."""
        known = {f.name for f in fields(cls)}
        for name in given:
            if name not in known:
                raise InvalidInput(name, f"no such setting; there are: {', '.join(sorted(known))}")
        weights = given.get("weights", {})
        made = {**given, "weights": Weights(**weights) if isinstance(weights, dict) else weights}
        return cls(**made)
