"""From ranked records to hits: their items, their tiers, and where in a long text they fit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engrammic.embed.base import Embedder
from engrammic.filters import is_in
from engrammic.hits import Hit
from engrammic.scope import Scoped
from engrammic.stores.items import ItemStore
from engrammic.stores.parts import HOT
from engrammic.stores.retrieval import Found


@dataclass(frozen=True, slots=True)
class Finder:
    """Turns what retrieval found into hits."""

    backend: Scoped
    stores: Mapping[str, ItemStore[Any]]
    embedder: Embedder | None

    async def hits(self, found: Sequence[Found], query: str, moment: int) -> tuple[Hit, ...]:
        """The hits, in the order found."""
        ids = [f.record[self.stores[f.kind].key] for f in found]
        tiers = await self._tiers(ids)
        passages = await self._passages(ids, query)
        return tuple(
            Hit(
                id=item_id,
                kind=f.kind,
                text=f.record["content"],
                score=f.score,
                tier=tiers.get(item_id, HOT),
                item=self.stores[f.kind].item_of(f.record),
                why=f.why,
                moment=moment,
                passage=passages.get(item_id),
            )
            for item_id, f in zip(ids, found, strict=True)
        )

    async def _tiers(self, ids: Sequence[str]) -> dict[str, str]:
        where = is_in("message_id", ids)
        found = await self.backend.query("tier_metadata", where, columns=("message_id", "tier"))
        return {r["message_id"]: r["tier"] for r in found}

    async def _passages(self, ids: Sequence[str], query: str) -> dict[str, tuple[int, int]]:
        """The best passage of each item that has several."""
        rows = await self.backend.query("passages", is_in("item_id", ids))
        if not rows or self.embedder is None:
            return {}
        vector = await asyncio.to_thread(self.embedder.embed, query)
        best: dict[str, tuple[float, tuple[int, int]]] = {}
        for row in rows:
            score = float(np.frombuffer(row["vector"], np.float32) @ vector)
            if score > best.get(row["item_id"], (-2.0,))[0]:
                best[row["item_id"]] = (score, (row["start"], row["end"]))
        return {item_id: span for item_id, (_, span) in best.items()}
