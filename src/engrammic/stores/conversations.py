"""Conversations: their titles and times; how many messages each holds is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engrammic.changes import Change, Delete, Put, Update
from engrammic.clock import milliseconds
from engrammic.errors import NotFound
from engrammic.filters import Filter, eq, every
from engrammic.items import Conversation, Moment
from engrammic.scope import Scoped
from engrammic.stores.base import Store, alive, check_id, check_kind_of, check_metadata, check_short
from engrammic.stores.conversation_table import CONVERSATIONS
from engrammic.stores.encoding import PASSAGES
from engrammic.stores.entity_tables import ENTITY_TABLES
from engrammic.stores.evidence import EVIDENCE
from engrammic.stores.facts import FactStore
from engrammic.stores.keeping import check_open, standings
from engrammic.stores.messages import MessageStore
from engrammic.stores.parts import without_parts
from engrammic.stores.summaries import SummaryStore
from engrammic.stores.tier_metadata import TIER_METADATA
from engrammic.types import Order, Record, Schema


class ConversationStore(Store):
    """Create, read and delete conversations. Deleting one deletes its messages."""

    def schemas(self) -> Sequence[Schema]:
        """The conversations, and the tables that a deletion reaches."""
        derived = (SummaryStore.schema_for(None), FactStore.schema_for(None), EVIDENCE)
        mine = (CONVERSATIONS, MessageStore.schema_for(None), TIER_METADATA, PASSAGES)
        return (*mine, *derived, *ENTITY_TABLES)

    async def create(
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
        check_id("conversation_id", conversation_id)
        check_short("title", title)
        check_short("model_id", model_id)
        kept = None if metadata is None else check_metadata(metadata)
        await self.ready()
        now = self.clock()
        given = {"title": title, "model_id": model_id, "metadata": kept}
        stored = await self.backend.get("conversations", (conversation_id,)) or {}
        start = stored.get("created_at") or now
        record = {
            "conversation_id": conversation_id,
            **{k: stored.get(k) if v is None else v for k, v in given.items()},
            "created_at": start if created_at is None else milliseconds("created_at", created_at),
            "updated_at": now if updated_at is None else milliseconds("updated_at", updated_at),
        }
        await self.backend.apply([Put("conversations", [record])])
        return await self._counted(record)

    async def get(self, conversation_id: str) -> Conversation | None:
        """The conversation, or None."""
        await self.ready()
        record = await self.backend.get("conversations", (conversation_id,))
        return None if record is None else await self._counted(record)

    async def list(
        self,
        limit: int | None = None,
        *,
        where: Filter | None = None,
        after: Conversation | None = None,
    ) -> list[Conversation]:
        """Conversations that match, the last updated first; `after` resumes behind one."""
        await self.ready()
        if after is not None:
            check_kind_of("after", after, Conversation)
        place = None if after is None else (after.updated_at, after.conversation_id)
        order = Order("updated_at", descending=True)
        found = await self.backend.query(
            "conversations", where, order=order, after=place, limit=limit
        )
        return [await self._counted(record) for record in found]

    async def update(
        self,
        conversation_id: str,
        title: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> Conversation:
        """The conversation with a new title or metadata; None keeps. Raises NotFound."""
        await self.ready()
        check_id("conversation_id", conversation_id)
        check_short("title", title)
        kept = None if metadata is None else check_metadata(metadata)
        given = {"title": title, "metadata": kept, "updated_at": self.clock()}
        change = {k: v for k, v in given.items() if v is not None}
        changed = await self.backend.apply(
            [Update("conversations", [{"conversation_id": conversation_id, **change}])]
        )
        found = await self.get(conversation_id) if changed else None
        if found is None:
            raise NotFound("conversation", conversation_id)
        return found

    async def merge(self, told: Conversation) -> bool:
        """Bring in what a source tells of a conversation; whether it was new.

        What is known stays, since several files may tell of one; times widen.
        """
        stored = await self.get(told.conversation_id)
        if stored is None:
            merged = told
        else:
            merged = replace(
                told,
                title=stored.title or told.title,
                model_id=stored.model_id or told.model_id,
                created_at=_pick(min, told.created_at, stored.created_at),
                updated_at=_pick(max, told.updated_at, stored.updated_at),
                metadata={**told.metadata, **stored.metadata},
                message_count=stored.message_count,
            )
        if merged != stored:
            await self.create(
                merged.conversation_id,
                merged.title,
                merged.model_id,
                created_at=merged.created_at,
                updated_at=merged.updated_at or merged.created_at,
                metadata=merged.metadata,
            )
        return stored is None

    async def delete(self, conversation_id: str) -> bool:
        """Delete the conversation with its messages; whether it was there."""
        await self.ready()
        mine = eq("conversation_id", conversation_id)

        async def removal(reader: Scoped) -> list[Change]:
            found = await reader.query("messages", mine, columns=("message_id",))
            ids = [record["message_id"] for record in found]
            check_open((await standings(reader, "message", ids)).values(), None, deleting=True)
            return [
                Delete("messages", mine),
                *await without_parts(reader, "message", ids, self.clock()),
                Delete("conversations", mine),
            ]

        return await self.backend.transact(removal) > 0

    async def _counted(self, record: Record) -> Conversation:
        mine = eq("conversation_id", record["conversation_id"])
        count = await self.backend.count("messages", every(mine, alive(self.clock())))
        return Conversation(**{**record, "metadata": record["metadata"] or {}}, message_count=count)


def _pick(choose: Callable[..., int], *moments: Moment | None) -> int | None:
    known = [milliseconds("created_at", m) for m in moments if m is not None]
    return choose(known) if known else None
