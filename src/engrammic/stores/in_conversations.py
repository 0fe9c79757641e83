"""What messages, summaries and facts share: each belongs to a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from engrammic.checks import check_texts
from engrammic.clock import day
from engrammic.filters import eq, every
from engrammic.stores.base import alive, in_parts
from engrammic.stores.indexing import Item
from engrammic.stores.items import Items, ItemStore, Scores
from engrammic.stores.modes import Mode
from engrammic.types import Order, Record


def spoken(record: Record) -> str:
    """Date, speaker and content, as they are indexed."""
    return f"{opening(record)}{record['content']}"


def opening(record: Record) -> str:
    """Date and speaker, as they are indexed before the content."""
    return f"[{day(record['created_at'])}] {record['name'] or record['role']}: "


class InConversations(ItemStore[Item]):
    """Items that are read and searched by their conversation."""

    order: ClassVar[str] = "created_at"
    """The field in whose order a conversation is read."""

    async def get_by_conversation(self, conversation_id: str) -> Items[Item]:
        """What belongs to a conversation, the oldest first."""
        return await self._having("conversation_id", conversation_id)

    async def search_conversation(
        self,
        conversation_id: str,
        query: str,
        limit: int = 10,
        min_score: float = 0.0,
        *,
        mode: Mode | str = Mode.HYBRID,
    ) -> Scores[Item]:
        """As `search`, within one conversation."""
        where = eq("conversation_id", conversation_id)
        return await self.search(query, limit, min_score, mode=mode, where=where)

    async def drawn_from(self, message_ids: Iterable[str]) -> list[tuple[str, str]]:
        """What was drawn from messages: pairs of an item's id and the message's."""
        pairs: list[tuple[str, str]] = []
        for part in in_parts(check_texts("message_ids", message_ids)):
            pairs += await self._drawn(part)
        return pairs

    async def _drawn(self, message_ids: Sequence[str]) -> list[tuple[str, str]]:
        return [(one, one) for one in message_ids]

    async def _having(self, field: str, value: str) -> Items[Item]:
        """The items whose field has this value, the oldest first."""
        await self.ready()
        where = every(eq(field, value), alive(self.clock()))
        found = await self.backend.query(self.table, where, order=Order(self.order))
        return [self.item_of(record) for record in found]
