"""`ConversationStore` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from engrammic.filters import Filter
from engrammic.items import Conversation, Moment
from engrammic.loop import call
from engrammic.stores.conversations import ConversationStore as AwaitedConversationStore


class ConversationStore:
    """Create, read and delete conversations. Deleting one deletes its messages."""

    def __init__(self, awaited: AwaitedConversationStore) -> None:
        self.awaited = awaited

    def create(
        self,
        conversation_id: str,
        title: str | None = None,
        model_id: str | None = None,
        *,
        created_at: Moment | None = None,
        updated_at: Moment | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """The conversation, created, or updated with what is given where it exists."""
        return call(
            self.awaited.create(
                conversation_id,
                title,
                model_id,
                created_at=created_at,
                updated_at=updated_at,
                metadata=metadata,
            )
        )

    def get(self, conversation_id: str) -> Conversation | None:
        """The conversation, or None."""
        return call(self.awaited.get(conversation_id))

    def list(
        self,
        limit: int | None = None,
        *,
        where: Filter | None = None,
        after: Conversation | None = None,
    ) -> builtins.list[Conversation]:
        """Conversations that match, the last updated first; `after` resumes behind one."""
        return call(self.awaited.list(limit, where=where, after=after))

    def update(
        self,
        conversation_id: str,
        title: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """The conversation with a new title or metadata; None keeps. Raises NotFound."""
        return call(self.awaited.update(conversation_id, title, metadata=metadata))

    def merge(self, told: Conversation) -> bool:
        """Bring in what a source tells of a conversation; whether it was new.

        What is known stays, since several files may tell of one; times widen.
        """
        return call(self.awaited.merge(told))

    def delete(self, conversation_id: str) -> bool:
        """Delete the conversation with its messages; whether it was there."""
        return call(self.awaited.delete(conversation_id))
