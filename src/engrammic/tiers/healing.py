"""Mending what a crash left where change lists are not atomic: the tier is the truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from engrammic.changes import Delete, Update
from engrammic.filters import is_in
from engrammic.items import MemoryTier
from engrammic.stores.evidence import facts_without
from engrammic.stores.indexing import BATCH, Changes, Records
from engrammic.stores.parts import passages_of
from engrammic.tiers.searching import TieredSearch


async def heal(tiers: TieredSearch) -> int:
    """Undo half-made moves; how many items. Where lists are atomic there are none.

    A move writes the new first, then the tier, then takes the old away: so an
    item may be found twice, and what its tier does not ask for goes.
    """
    if tiers.backend.backend.capabilities.atomic:
        return 0
    healed = 0
    async for summaries in _pages(tiers, tiers.warm):
        healed += await _settle(tiers, [r["original_message_id"] for r in summaries])
    async for facts in _pages(tiers, tiers.cold):
        ids = [i for r in facts for i in r["original_message_ids"] or ()]
        healed += await _settle(tiers, ids)
    return healed


async def _settle(tiers: TieredSearch, ids: list[str]) -> int:
    rows = await tiers.standing.of("message", dict.fromkeys(ids))
    hot = [i for i, row in rows.items() if row.tier is MemoryTier.HOT]
    cold = [i for i, row in rows.items() if row.tier is MemoryTier.COLD]
    aged = [i for i, row in rows.items() if row.tier is not MemoryTier.HOT]
    awake = [r["message_id"] for r in await tiers.hot.raw(aged) if not r["resting"]]
    twice = await tiers.backend.query(
        tiers.warm.table, is_in("original_message_id", [*hot, *cold]), columns=("summary_id",)
    )
    changes: Changes = [
        Delete(tiers.warm.table, is_in("original_message_id", [*hot, *cold])),
        *await facts_without(tiers.backend, await _moved_facts(tiers, hot)),
        Update(tiers.hot.table, [tiers.hot.resting(i) for i in awake]),
        Delete("passages", passages_of("message", awake)),
    ]
    await tiers.backend.apply(changes)
    return len(twice) + len(awake)


async def _moved_facts(tiers: TieredSearch, hot: list[str]) -> list[str]:
    """Messages of the hot tier whose own fact, under their id, is still there."""
    found = await tiers.backend.query(tiers.cold.table, is_in("fact_id", hot), columns=("fact_id",))
    return [record["fact_id"] for record in found]


async def _pages(tiers: TieredSearch, store: Any) -> AsyncIterator[Records]:
    after: tuple[str] | None = None
    while found := await tiers.backend.query(store.table, after=after, limit=BATCH):
        after = (found[-1][store.key],)
        yield found
