"""From ranked records to hits: their items, their tiers, and where in a long text they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from engrammic.embed.base import Embedder
from engrammic.filters import Filter, eq, every, is_in
from engrammic.hits import Hit
from engrammic.items import Item, MemoryTier
from engrammic.scope import Scoped
from engrammic.stores.encoding import encode_query
from engrammic.stores.items import ItemStore
from engrammic.stores.retrieval import Found
from engrammic.stores.versions import Version

PAST = "past"
"""Stands for the tier of a version that is no longer current."""

Place: TypeAlias = tuple[str, str]
"""The kind of an item, and its id."""

HEAD = 100
"""Characters that date, speaker or title may put before a content, generously."""

USUAL = {"summary": MemoryTier.WARM, "fact": MemoryTier.COLD}
"""The tiers of what has no standing of its own."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Turns what retrieval found into hits."""

    backend: Scoped
    stores: Mapping[str, ItemStore[Any]]
    embedder: Embedder | None

    async def hits(self, found: Sequence[Found], query: str, moment: int) -> tuple[Hit, ...]:
        """The hits, in the order found."""
        items = [self._item(f) for f in found]
        places = [(item.kind, item.id or "") for item in items]
        tiers = await self._tiers(places)
        passages = await self._passages(self._long(places, found), query)
        return tuple(
            Hit(
                id=place[1],
                kind=place[0],
                text=f.record["content"],
                score=f.score,
                tier=_tier(f, tiers.get(place)),
                item=item,
                why=f.why,
                moment=moment,
                passage=passages.get(place),
            )
            for place, f, item in zip(places, found, items, strict=True)
        )

    def _item(self, found: Found) -> Item:
        """The item that was found; of a version, the item as it was."""
        item = self.stores[found.kind].item_of(found.record)
        if isinstance(item, Version):
            store = self.stores[item.kind]
            nothing = dict.fromkeys(field.name for field in store.schema.fields)
            item = store.item_of({**nothing, **item.item})
        return cast("Item", item)

    def _long(self, places: Sequence[Place], found: Sequence[Found]) -> list[Place]:
        """Those whose text may overrun the window: a token takes at least a character."""
        window = 0 if self.embedder is None else self.embedder.fingerprint.max_tokens
        texts = [f.record["content"] for f in found]
        return [p for p, text in zip(places, texts, strict=True) if len(text) > window - HEAD]

    async def _tiers(self, places: Sequence[Place]) -> dict[Place, str]:
        columns = ("kind", "message_id", "tier")
        where = _at(places, "message_id")
        found = await self.backend.query("tier_metadata", where, columns=columns)
        return {(r["kind"], r["message_id"]): r["tier"] for r in found}

    async def _passages(self, places: Sequence[Place], query: str) -> dict[Place, tuple[int, int]]:
        """The best passage of each item that has several."""
        if not places or self.embedder is None:
            return {}
        # Most have none, which a look at their first ones tells without another thread.
        first = every(_at(places, "item_id"), eq("number", 0))
        there = await self.backend.query("passages", first, columns=("kind", "item_id"))
        if not there:
            return {}
        split = [(row["kind"], row["item_id"]) for row in there]
        rows = await self.backend.query("passages", _at(split, "item_id"))
        vector = await encode_query(self.embedder, query)
        best: dict[Place, tuple[float, tuple[int, int]]] = {}
        for row in rows:
            place = row["kind"], row["item_id"]
            score = float(np.frombuffer(row["vector"], np.float32) @ vector)
            if score > best.get(place, (-2.0,))[0]:
                best[place] = (score, (row["start"], row["end"]))
        return {place: span for place, (_, span) in best.items()}


def _tier(found: Found, tier: str | None) -> str:
    if found.kind == "version":
        return PAST
    return tier or USUAL.get(found.kind, MemoryTier.HOT)


def _at(places: Sequence[Place], id_field: str) -> Filter:
    """What hangs on items: at least that of these places."""
    kinds = dict.fromkeys(kind for kind, _ in places)
    return every(is_in("kind", kinds), is_in(id_field, dict.fromkeys(i for _, i in places)))
