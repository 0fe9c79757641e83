"""What hangs on nothing, and what should be gone: only a cut-off change list leaves such."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from engrammic.changes import Delete
from engrammic.filters import is_in
from engrammic.items import MemoryTier
from engrammic.stores.indexing import BATCH, Records
from engrammic.stores.items import ItemStore
from engrammic.stores.parts import passages_of, without_derived
from engrammic.stores.tier_metadata import standing_of
from engrammic.tiers.searching import TieredSearch
from engrammic.types import Record

CLOSED = ("superseded", "rejected", "retired", "merged")


async def finish_closings(tiers: TieredSearch, stores: Sequence[ItemStore[Any]]) -> int:
    """Take out items whose closing was written down and not carried out; how many.

    Where nothing has taken a superseded item's place, the version goes instead.
    """
    healed = 0
    by_kind = {store.kind: store for store in stores}
    async for page in pages(tiers, tiers.versions):
        for version in page:
            store = by_kind.get(version["kind"])
            if store is None or version["reason"] not in CLOSED:
                continue
            healed += await _finish(tiers, store, version)
    return healed


async def _finish(tiers: TieredSearch, store: ItemStore[Any], version: Record) -> int:
    backend, item_id = tiers.backend, version["item_id"]
    live = await backend.get(store.table, (item_id,))
    if live is None or live["content"] != version["content"]:
        return 0
    row = await tiers.standing.get(item_id, store.kind)
    if live.get("resting") and row is None:  # taken out, but perhaps not what came of it
        return int(await backend.apply(await without_derived(backend, [item_id])) > 0)
    follower = version["superseded_by"]
    if follower and await backend.get(store.table, (follower,)) is None:
        await backend.delete("versions", is_in("version_id", [version["version_id"]]))
        if live.get("resting") and row is not None and row.tier is MemoryTier.HOT:
            entries = await tiers.hot.indexed_again([item_id])
            await backend.apply(await tiers.hot.restored(backend, entries))
        return 1
    await backend.apply(await store.taken_out(backend, [live]))
    return 1


async def finish_forgetting(tiers: TieredSearch, stores: Sequence[ItemStore[Any]]) -> int:
    """Take out what was forgotten and not yet deleted; how many."""
    stones = tiers.hot.tombstones
    if not await stones.any(tiers.backend):
        return 0
    healed = 0
    for store in stores:
        async for page in pages(tiers, store):
            digests = {r[store.key]: stones.of_item(store.kind, r[store.key]) for r in page}
            out = await stones.standing(tiers.backend, digests.values())
            gone = [r for r in page if digests[r[store.key]] in out]
            if gone:
                await tiers.backend.apply(await store.without(tiers.backend, gone))
                healed += len(gone)
    return healed


async def drop_orphans(tiers: TieredSearch, stores: Sequence[ItemStore[Any]]) -> int:
    """Delete standings, passages and evidence of what is not there; how many standings."""
    dropped = 0
    by_kind = {store.kind: store for store in stores}
    async for rows in tiers.standing.pages():
        for kind, store in by_kind.items():
            ids = [row.message_id for row in rows if row.kind == kind]
            lost = set(ids) - await _present(tiers, store, ids)
            if lost:
                await tiers.backend.apply([
                    Delete("tier_metadata", standing_of(kind, sorted(lost))),
                    Delete("passages", passages_of(kind, sorted(lost))),
                ])  # fmt: skip
                dropped += len(lost)
    async for facts in _evidence(tiers):
        lost = facts - await _ids(tiers, tiers.cold.table, "fact_id", sorted(facts))
        if lost:
            await tiers.backend.delete("evidence", is_in("fact_id", sorted(lost)))
    return dropped


async def _present(tiers: TieredSearch, store: ItemStore[Any], ids: Sequence[str]) -> set[str]:
    """Those of the ids under which something lives, whole or aged."""
    if not ids:
        return set()
    found = await _ids(tiers, store.table, store.key, ids)
    if store.kind == "message":
        found |= await _ids(tiers, tiers.warm.table, "original_message_id", ids)
        found |= await _ids(tiers, "evidence", "message_id", ids)
    return found


async def _ids(tiers: TieredSearch, table: str, field: str, ids: Sequence[str]) -> set[str]:
    found = await tiers.backend.query(table, is_in(field, ids), columns=(field,))
    return {record[field] for record in found}


async def _evidence(tiers: TieredSearch) -> AsyncIterator[set[str]]:
    after: tuple[str, str] | None = None
    while found := await tiers.backend.query("evidence", after=after, limit=BATCH):
        after = found[-1]["fact_id"], found[-1]["message_id"]
        yield {record["fact_id"] for record in found}


async def pages(tiers: TieredSearch, store: ItemStore[Any]) -> AsyncIterator[Records]:
    """Every record of a store, by key."""
    after: tuple[str] | None = None
    while found := await tiers.backend.query(store.table, after=after, limit=BATCH):
        after = (found[-1][store.key],)
        yield found
