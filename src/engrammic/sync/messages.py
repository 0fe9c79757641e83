"""`MessageStore` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from engrammic.changes import Change
from engrammic.filters import Filter
from engrammic.items import Message
from engrammic.loop import call
from engrammic.scope import Scoped
from engrammic.stores.items import Items, Scores
from engrammic.stores.messages import MessageStore as AwaitedMessageStore
from engrammic.stores.modes import Mode
from engrammic.stores.tier_metadata import Standing
from engrammic.types import Record, Vector


class MessageStore:
    """Messages of conversations, with semantic and keyword search and expiry."""

    def __init__(self, awaited: AwaitedMessageStore) -> None:
        self.awaited = awaited

    def delete_by_conversation(self, conversation_id: str) -> int:
        """Delete all messages of a conversation; how many."""
        return call(self.awaited.delete_by_conversation(conversation_id))

    def taken_out(self, reader: Scoped, closed: Sequence[Record]) -> builtins.list[Change]:
        """As for every item; a message stays in its conversation."""
        return call(self.awaited.taken_out(reader, closed))

    def get_by_conversation(self, conversation_id: str) -> Items[Message]:
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
    ) -> Scores[Message]:
        """As `search`, within one conversation."""
        return call(
            self.awaited.search_conversation(conversation_id, query, limit, min_score, mode=mode)
        )

    def drawn_from(self, message_ids: Iterable[str]) -> builtins.list[tuple[str, str]]:
        """What was drawn from messages: pairs of an item's id and the message's."""
        return call(self.awaited.drawn_from(message_ids))

    def add(
        self, item: Message, *, vector: Vector | None = None, standing: Standing | None = None
    ) -> Message:
        """The item as stored; one with the same id is replaced. Durable when it returns.

        `vector` is used as it is, if given; else the embedder makes it. `standing`
        is that of a new item. Raises Protected when the item stored is canonical,
        KeptOut for what was forgotten or rejected.
        """
        return call(self.awaited.add(item, vector=vector, standing=standing))

    def add_batch(
        self,
        items: Sequence[Message],
        *,
        vectors: Sequence[Vector] | None = None,
        standing: Standing | None = None,
    ) -> Items[Message]:
        """The items as stored, in the order given.

        All are checked before the first is written; then every BATCH of them
        is one transaction, so that a crash leaves whole batches.
        """
        return call(self.awaited.add_batch(items, vectors=vectors, standing=standing))

    def get(self, item_id: str) -> Message | None:
        """The item, or None when there is none or it has expired."""
        return call(self.awaited.get(item_id))

    def list(
        self,
        where: Filter | None = None,
        *,
        limit: int | None = None,
        after: tuple[int, str] | None = None,
    ) -> Items[Message]:
        """Items that match, the newest first; `after` resumes behind a (created_at, id)."""
        return call(self.awaited.list(where, limit=limit, after=after))

    def existing(self, item_ids: Sequence[str]) -> dict[str, Message]:
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
    ) -> Scores[Message]:
        """The items that fit best, best first; those below `min_score` are left out."""
        return call(self.awaited.search(query, limit, min_score, mode=mode, where=where))

    def count_pending(self) -> int:
        """How many items have no vector yet."""
        return call(self.awaited.count_pending())

    def change(self, item_id: str, **fields: Any) -> Message | None:
        """The stored item with these fields changed, or None when there is none.

        What another writer changes meanwhile is kept; what it deletes stays deleted.
        """
        return call(self.awaited.change(item_id, **fields))

    def place_of(self, item: Message) -> tuple[int, str]:
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
