"""Which items move, and why: one pure function over all that stand in a scope."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engrammic.items import MemoryAuthority, MemoryTier
from engrammic.stores.tier_metadata import TierMetadata
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.tiers.scores import hours_between, importance_left, retention


@dataclass(frozen=True, slots=True)
class Step:
    """One move to make. `score` is what the item is worth, `reason` says why it goes."""

    item_id: str
    before: MemoryTier
    after: MemoryTier
    score: float
    reason: str


def is_fixed(metadata: TierMetadata) -> bool:
    """Whether an item never moves: canonical, held, or gone at its own time."""
    return metadata.held or metadata.authority in (
        MemoryAuthority.CANONICAL, MemoryAuthority.EPHEMERAL,
    )  # fmt: skip


def aged(metadata: TierMetadata, config: TieredMemoryConfig, moment: int) -> Step | None:
    """The move that its age asks for, or None."""
    if metadata.tier is MemoryTier.COLD:
        return None
    hot = metadata.tier is MemoryTier.HOT
    most = config.hot_retention_hours if hot else config.warm_retention_hours
    least = config.importance_threshold_warm if hot else config.importance_threshold_cold
    rested = hours_between(metadata.last_accessed, moment)
    left = importance_left(metadata, moment)
    if rested < most or left >= least:
        return None
    after = metadata.tier.demote()
    assert after is not None
    reason = f"rested {rested:.0f} h of {most}, importance {left:.3f} below {least:g}"
    return Step(metadata.message_id, metadata.tier, after, retention(metadata, moment), reason)


def recalled(metadata: TierMetadata, config: TieredMemoryConfig, moment: int) -> Step | None:
    """The move up that recent recalls ask for, or None."""
    if metadata.tier is MemoryTier.HOT or metadata.access_count < config.promotion_accesses:
        return None
    if hours_between(metadata.last_accessed, moment) >= config.hot_retention_hours:
        return None
    reason = f"recalled {metadata.access_count} times, last within {config.hot_retention_hours} h"
    score = retention(metadata, moment)
    return Step(metadata.message_id, metadata.tier, MemoryTier.HOT, score, reason)


class Plan:
    """Gathers what stands in a scope, and then says what moves; in memory of the moving ones.

    Feed it every row of the scope's messages, in any order, then read `steps`.
    """

    def __init__(self, config: TieredMemoryConfig, moment: int) -> None:
        self._config = config
        self._moment = moment
        self._fixed = dict.fromkeys(MemoryTier, 0)
        self._staying: dict[MemoryTier, list[tuple[float, str]]] = {t: [] for t in MemoryTier}
        self._steps: dict[str, Step] = {}

    def feed(self, rows: Iterable[TierMetadata]) -> None:
        """Take rows in."""
        for row in rows:
            if is_fixed(row):
                self._fixed[row.tier] += 1
                continue
            step = recalled(row, self._config, self._moment) or aged(
                row, self._config, self._moment
            )
            if step is not None:
                self._steps[row.message_id] = step
            tier = row.tier if step is None else step.after
            self._staying[tier].append((retention(row, self._moment), row.message_id))

    def steps(self) -> Iterator[Step]:
        """The moves: what overflows a tier goes on to the next, the least worth first."""
        self._overflow(MemoryTier.HOT, self._config.max_hot_messages)
        self._overflow(MemoryTier.WARM, self._config.max_warm_summaries)
        yield from (s for s in self._steps.values() if s.before is not s.after)

    def _overflow(self, tier: MemoryTier, most: int) -> None:
        staying = self._staying[tier]
        excess = len(staying) + self._fixed[tier] - most
        below = tier.demote()
        assert below is not None
        for score, item_id in heapq.nsmallest(max(0, excess), staying):
            earlier = self._steps.get(item_id)
            before = tier if earlier is None else earlier.before
            reason = f"{tier} holds more than {most}, and it is worth {score:.3f}"
            self._steps[item_id] = Step(item_id, before, below, score, reason)
            self._staying[below].append((score, item_id))
