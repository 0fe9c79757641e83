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

HEAD = 100
"""Characters that date, speaker or title may put before a content, generously."""


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
        passages = await self._passages(self._long(ids, found), query)
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

    def _long(self, ids: Sequence[str], found: Sequence[Found]) -> list[str]:
        """Those whose text may overrun the window: a token takes at least a character."""
        window = 0 if self.embedder is None else self.embedder.fingerprint.max_tokens
        texts = [f.record["content"] for f in found]
        return [i for i, text in zip(ids, texts, strict=True) if len(text) > window - HEAD]

    async def _tiers(self, ids: Sequence[str]) -> dict[str, str]:
        where = is_in("message_id", ids)
        found = await self.backend.query("tier_metadata", where, columns=("message_id", "tier"))
        return {r["message_id"]: r["tier"] for r in found}

    async def _passages(self, ids: Sequence[str], query: str) -> dict[str, tuple[int, int]]:
        """The best passage of each item that has several."""
        if not ids or self.embedder is None:
            return {}
        rows = await self.backend.query("passages", is_in("item_id", ids))
        if not rows:
            return {}
        vector = await asyncio.to_thread(self.embedder.embed, query)
        best: dict[str, tuple[float, tuple[int, int]]] = {}
        for row in rows:
            score = float(np.frombuffer(row["vector"], np.float32) @ vector)
            if score > best.get(row["item_id"], (-2.0,))[0]:
                best[row["item_id"]] = (score, (row["start"], row["end"]))
        return {item_id: span for item_id, (_, span) in best.items()}
