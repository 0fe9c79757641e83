"""`SummaryStore` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from engrammic.filters import Filter
from engrammic.items import MessageSummary
from engrammic.loop import call
from engrammic.scope import Scoped
from engrammic.stores.indexing import Changes, Records
from engrammic.stores.items import Items, Scores
from engrammic.stores.modes import Mode
from engrammic.stores.summaries import SummaryStore as AwaitedSummaryStore
from engrammic.stores.tier_metadata import Standing
from engrammic.types import Vector


class SummaryStore:
    """Summaries with semantic and keyword search; one under its message's id where none is given.

    Their standing is that of their messages.
    """

    def __init__(self, awaited: AwaitedSummaryStore) -> None:
        self.awaited = awaited

    def get_oldest(self, count: int) -> builtins.list[MessageSummary]:
        """The `count` summaries of the oldest messages, the oldest first."""
        return call(self.awaited.get_oldest(count))

    def get_by_conversation(self, conversation_id: str) -> Items[MessageSummary]:
        """What belongs to a conversation, the oldest first."""
        return call(self.awaited.get_by_conversation(conversation_id))

    def search_conversation(
        self,
        conversation_id: str,
        query: str,
        limit: int = 10,
        min_score: float = 0.0,
        *,
        mode: Mode | str = Mode.HYBRID,
    ) -> Scores[MessageSummary]:
        """As `search`, within one conversation."""
        return call(
            self.awaited.search_conversation(conversation_id, query, limit, min_score, mode=mode)
        )

    def drawn_from(self, message_ids: Iterable[str]) -> builtins.list[tuple[str, str]]:
        """What was drawn from messages: pairs of an item's id and the message's."""
        return call(self.awaited.drawn_from(message_ids))

    def add(
        self,
        item: MessageSummary,
        *,
        vector: Vector | None = None,
        standing: Standing | None = None,
    ) -> MessageSummary:
        """The item as stored; one with the same id is replaced. Durable when it returns.

        `vector` is used as it is, if given; else the embedder makes it. `standing`
        is that of a new item. Raises Protected when the item stored is canonical,
        KeptOut for what was forgotten or rejected.
        """
        return call(self.awaited.add(item, vector=vector, standing=standing))

    def add_batch(
        self,
        items: Sequence[MessageSummary],
        *,
        vectors: Sequence[Vector] | None = None,
        standing: Standing | None = None,
    ) -> Items[MessageSummary]:
        """The items as stored, in the order given.

        All are checked before the first is written; then every BATCH of them
        is one transaction, so that a crash leaves whole batches.
        """
        return call(self.awaited.add_batch(items, vectors=vectors, standing=standing))

    def get(self, item_id: str) -> MessageSummary | None:
        """The item, or None when there is none or it has expired."""
        return call(self.awaited.get(item_id))

    def list(
        self,
        where: Filter | None = None,
        *,
        limit: int | None = None,
        after: tuple[int, str] | None = None,
    ) -> Items[MessageSummary]:
        """Items that match, the newest first; `after` resumes behind a (created_at, id)."""
        return call(self.awaited.list(where, limit=limit, after=after))

    def existing(self, item_ids: Sequence[str]) -> dict[str, MessageSummary]:
        """Those of the items that are stored, by id."""
        return call(self.awaited.existing(item_ids))

    def search(
        self,
        query: str,
        limit: int = 10,
        min_score: float = 0.0,
        *,
        mode: Mode | str = Mode.HYBRID,
        where: Filter | None = None,
    ) -> Scores[MessageSummary]:
        """The items that fit best, best first; those below `min_score` are left out."""
        return call(self.awaited.search(query, limit, min_score, mode=mode, where=where))

    def count_pending(self) -> int:
        """How many items have no vector yet."""
        return call(self.awaited.count_pending())

    def change(self, item_id: str, **fields: Any) -> MessageSummary | None:
        """The stored item with these fields changed, or None when there is none.

        What another writer changes meanwhile is kept; what it deletes stays deleted.
        """
        return call(self.awaited.change(item_id, **fields))

    def place_of(self, item: MessageSummary) -> tuple[int, str]:
        """Where a stored item stands in `list`: its (created_at, id)."""
        return self.awaited.place_of(item)

    def delete(self, item_id: str) -> bool:
        """Delete one item; whether it was there. Raises Protected."""
        return call(self.awaited.delete(item_id))

    def delete_expired(self) -> int:
        """Delete the items whose time is over, but for those under legal hold; how many."""
        return call(self.awaited.delete_expired())

    def delete_where(self, where: Filter | None) -> int:
        """Delete the items that match; how many. EVERYTHING empties the table.

        Raises Protected at the first one that is canonical or under legal hold.
        """
        return call(self.awaited.delete_where(where))

    def taken_out(self, reader: Scoped, closed: Records) -> Changes:
        """The changes after which no search finds stored records, which live on as versions."""
        return call(self.awaited.taken_out(reader, closed))
