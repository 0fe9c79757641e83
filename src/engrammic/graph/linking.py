"""What of a memory hangs on what a query names: its items, by way of the messages behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engrammic.graph.learning import UNREAD
from engrammic.graph.walking import GraphWalk
from engrammic.ranking.linked import Linked
from engrammic.stores.in_conversations import InConversations
from engrammic.stores.retrieval import Links
from engrammic.stores.tier_metadata import TIER_METADATA


@dataclass(frozen=True, slots=True)
class Linking:
    """The graph of a scope as a way to its items, which hang on messages."""

    walk: GraphWalk
    stores: Iterable[InConversations[Any]]

    async def links(self, query: str, depth: int) -> Links:
        """Items within `depth` relations of what the query names, by kind and by id."""
        messages = await self.walk.messages(query, depth)
        found: dict[str, dict[str, Linked]] = {}
        for store in self.stores if messages else ():
            mine = found.setdefault(store.kind, {})
            for item_id, message_id in await store.drawn_from(list(messages)):
                mine[item_id] = max(mine.get(item_id, messages[message_id]), messages[message_id])
        return found

    async def unread(self) -> int:
        """Messages that nobody has read yet, so that the graph knows nothing of them."""
        return await self.walk.entities.backend.count(TIER_METADATA.name, UNREAD)
