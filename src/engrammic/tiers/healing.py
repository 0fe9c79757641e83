"""Mending what a crash left where change lists are not atomic: the tier is the truth."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.changes import Delete, Update
from engrammic.filters import is_in
from engrammic.items import MemoryTier
from engrammic.stores.evidence import EVIDENCE, without_facts
from engrammic.stores.indexing import Changes
from engrammic.stores.notes import NoteStore
from engrammic.stores.parts import passages_of
from engrammic.tiers.orphans import drop_orphans, finish_closings, finish_forgetting, pages
from engrammic.tiers.searching import TieredSearch


async def heal(tiers: TieredSearch, notes: NoteStore) -> int:
    """Finish what was half done; how many items. Where lists are atomic there are none.

    A move writes the new first, then the tier, then takes the old away: so an
    item may be found twice, and what its tier does not ask for goes.
    """
    if tiers.backend.backend.capabilities.atomic:
        return 0
    healed = 0
    async for summaries in pages(tiers, tiers.warm):
        healed += await _settle(tiers, [r["original_message_id"] for r in summaries])
    async for facts in pages(tiers, tiers.cold):
        ids = [i for r in facts for i in r["original_message_ids"] or ()]
        healed += await _settle(tiers, ids)
    stores = (tiers.hot, notes, tiers.cold)
    for mend in (finish_closings, finish_forgetting, drop_orphans):
        healed += await mend(tiers, stores)
    return healed


async def _settle(tiers: TieredSearch, ids: list[str]) -> int:
    rows = await tiers.standing.of("message", dict.fromkeys(ids))
    hot = [i for i, row in rows.items() if row.tier is MemoryTier.HOT]
    warm = [i for i, row in rows.items() if row.tier is MemoryTier.WARM]
    cold = [i for i, row in rows.items() if row.tier is MemoryTier.COLD]
    aged = [i for i, row in rows.items() if row.tier is not MemoryTier.HOT]
    awake = [r["message_id"] for r in await tiers.hot.raw(aged) if not r["resting"]]
    twice = await tiers.backend.query(
        tiers.warm.table, is_in("original_message_id", [*hot, *cold]), columns=("summary_id",)
    )
    changes: Changes = [
        Delete(tiers.warm.table, is_in("original_message_id", [*hot, *cold])),
        *without_facts(own := await _own_facts(tiers, [*hot, *warm])),
        Delete(EVIDENCE.name, is_in("fact_id", own)),
        Update(tiers.hot.table, [tiers.hot.resting(i) for i in awake]),
        Delete("passages", passages_of("message", awake)),
    ]
    await tiers.backend.apply(changes)
    return len(twice) + len(awake) + len(own)


async def _own_facts(tiers: TieredSearch, ids: Sequence[str]) -> list[str]:
    """The facts under these messages' own ids that no cold message needs."""
    wanted = is_in("fact_id", tuple(ids))
    facts = [r["fact_id"] for r in await tiers.backend.query(tiers.cold.table, wanted)]
    evidence = await tiers.backend.query(EVIDENCE.name, is_in("fact_id", facts))
    rows = await tiers.standing.of("message", [r["message_id"] for r in evidence])
    cold = {i for i, row in rows.items() if row.tier is MemoryTier.COLD}
    needed = {r["fact_id"] for r in evidence if r["message_id"] in cold}
    return [fact for fact in facts if fact not in needed]
