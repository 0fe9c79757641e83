"""Messages: each found by its own words, its meaning, and what was said around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import itemgetter
from typing import ClassVar

from engrammic.changes import Change, Delete, Put, Update
from engrammic.checks import check_texts, shown
from engrammic.clock import milliseconds, new_id
from engrammic.errors import InvalidInput
from engrammic.filters import Filter, eq, is_in, is_null
from engrammic.items import Message
from engrammic.records import whole
from engrammic.scope import Scoped
from engrammic.stores.base import (
    IMAGES_BYTES,
    check_content,
    check_id,
    check_kind_of,
    check_metadata,
    check_short,
)
from engrammic.stores.conversation_table import CONVERSATIONS, touched
from engrammic.stores.entity_tables import ENTITY_TABLES
from engrammic.stores.evidence import EVIDENCE
from engrammic.stores.facts import FactStore
from engrammic.stores.in_conversations import InConversations, opening, spoken
from engrammic.stores.indexing import Entries
from engrammic.stores.message_columns import columns_of
from engrammic.stores.neighbours import SLOTS, is_said_whole, place, said
from engrammic.stores.parts import of_messages, passages_of
from engrammic.stores.summaries import SummaryStore
from engrammic.stores.tier_metadata import TIER_METADATA, standing_of
from engrammic.text import joined
from engrammic.types import Field, Index, Kind, Record, Schema, vector_field

ROLES = ("user", "assistant", "system", "developer", "tool")
OWN_WEIGHT = 3.0
"""A turn's own terms against its neighbours' in BM25 (measured: docs/decisions)."""

_FIELDS = (
    Field("message_id", Kind.TEXT, nullable=False),
    Field("conversation_id", Kind.TEXT, nullable=False),
    Field("ordinal", Kind.INT, nullable=False),
    Field("role", Kind.TEXT, nullable=False),
    Field("name", Kind.TEXT),
    Field("content", Kind.TEXT, nullable=False),
    Field("token_count", Kind.INT),
    Field("model_id", Kind.TEXT),
    Field("images", Kind.TEXT),
    Field("created_at", Kind.INT, nullable=False),
    Field("expires_at", Kind.INT),
    Field("metadata", Kind.JSON),
    Field("updated_at", Kind.INT),
    Field("resting", Kind.BOOL),
    Field("terms", Kind.TERMS, weight=OWN_WEIGHT),
    Field("around", Kind.TERMS),
)
_record_values = itemgetter(*(f.name for f in fields(Message)))  # metadata comes last


class MessageStore(InConversations[Message]):
    """Messages of conversations, with semantic and keyword search and expiry."""

    kind: ClassVar[str] = "message"
    table: ClassVar[str] = "messages"
    key: ClassVar[str] = "message_id"
    order: ClassVar[str] = "ordinal"
    late: ClassVar[tuple[str, ...]] = ("ordinal", "around")
    indexed: ClassVar[Filter | None] = is_null("resting")

    @staticmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table of messages; without a dimension it has no vectors (yet)."""
        return Schema(
            "messages",
            (*_FIELDS, *vector_field(dimension)),
            key=("message_id",),
            indexes=(Index(("conversation_id", "ordinal")), Index(("created_at",))),
        )

    def schemas(self) -> Sequence[Schema]:
        """Messages, what hangs on them, what is made of them, and their conversations."""
        dimension = self.embedder.dimension if self.embedder else None
        derived = (SummaryStore.schema_for(dimension), FactStore.schema_for(dimension), EVIDENCE)
        return (*super().schemas(), CONVERSATIONS, *derived, *ENTITY_TABLES)

    async def delete_by_conversation(self, conversation_id: str) -> int:
        """Delete all messages of a conversation; how many."""
        return await self.delete_where(eq("conversation_id", conversation_id))

    def record_of(self, item: Message, number: int, moment: int) -> Record:
        """The message's fields, with an id and a time. Raises InvalidInput.

        Messages without a time keep their order: SLOTS of them share a millisecond.
        """
        check_kind_of("item", item, Message)
        check_id("conversation_id", item.conversation_id)
        if item.message_id is not None:
            check_id("message_id", item.message_id)
        check_role(item.role)
        check_content("content", item.content)
        created_at, expires_at, count = item.created_at, item.expires_at, item.token_count
        if created_at is not None:
            created_at = milliseconds("created_at", created_at)
        if expires_at is not None:
            expires_at = milliseconds("expires_at", expires_at)
        if count is not None:
            count = whole("token_count", count)
        check_short("name", item.name)
        check_short("model_id", item.model_id)
        check_short("images", item.images, IMAGES_BYTES)
        return {
            "message_id": new_id() if item.message_id is None else item.message_id,
            "conversation_id": item.conversation_id,
            "ordinal": 0,  # `arranged` gives it its place
            "role": item.role,
            "name": item.name,
            "content": item.content,
            "token_count": count,
            "model_id": item.model_id,
            "images": item.images,
            "created_at": created_at or moment + number // SLOTS,
            "expires_at": expires_at,
            "metadata": check_metadata(item.metadata) or None,
        }

    def records_of(self, items: Sequence[Message], moment: int) -> Sequence[Record]:
        """As `record_of` for each: by column, where all is plain."""
        columns = columns_of(items, moment, ROLES)
        return super().records_of(items, moment) if columns is None else columns

    def item_of(self, record: Record) -> Message:
        """The message that a record holds."""
        values = list(_record_values(record))
        values[-1] = values[-1] or {}
        return Message(*values)

    def searchable(self, record: Record) -> str:
        """Date, speaker and content: `[8 May 2023] Mel: I went to the lake`."""
        return spoken(record)

    def words(self, record: Record) -> str:
        """The terms of date, speaker and content, which its neighbours need as well."""
        content = record["content"]
        if not is_said_whole(content):
            said(content)  # kept for the neighbours, which a transaction would wait for
            return super().words(record)
        head = opening(record)
        whole = said(head) if is_said_whole(head) else joined(head)
        return f"{whole} {said(content)}".rstrip()

    def gist(self, record: Record) -> str:
        """The terms of the content alone."""
        whole = is_said_whole(record["content"])
        return said(record["content"]) if whole else super().gist(record)

    def rejected(self, record: Record) -> None:
        """What was rejected and is said again stands in the log, and is not found."""
        record.update(self.resting(record["message_id"]))

    def resting(self, message_id: str) -> Record:
        """The fields of a message that a search passes over."""
        bare: Record = {"message_id": message_id, "resting": True, "terms": None, "around": None}
        return bare | ({"vector": None} if self.schema.of_kind(Kind.VECTOR) else {})

    async def taken_out(self, reader: Scoped, closed: Sequence[Record]) -> list[Change]:
        """As for every item; a message stays in its conversation."""
        ids = [record["message_id"] for record in closed]
        return [
            Update("messages", [self.resting(i) for i in ids]),
            Delete("passages", passages_of("message", ids)),
            Delete(TIER_METADATA.name, standing_of("message", ids)),
            *await of_messages(reader, ids, self.clock()),
        ]

    async def raw(self, message_ids: Sequence[str]) -> list[Record]:
        """The records of stored messages, expired ones too."""
        ids = check_texts("message_ids", message_ids)
        return await self.backend.query("messages", is_in("message_id", ids))

    async def page(self, where: Filter, after: str, limit: int) -> list[Record]:
        """Records that match, expired ones too, by id, behind the id `after` ("" for the first)."""
        behind = (after,) if after else None
        return await self.backend.query("messages", where, after=behind, limit=limit)

    async def indexed_again(self, message_ids: Sequence[str]) -> Entries:
        """Stored messages as records with terms and vectors, as if they were new."""
        stored = await self.existing(message_ids)
        records = [self.record_of(m, 0, self.clock()) for m in stored.values()]
        return await self.entries(records, None)

    async def restored(self, reader: Scoped, entries: Entries) -> list[Change]:
        """The changes by which a search finds stored messages again."""
        stored = await self._stored(reader, tuple(entries))
        records = [entries[r["message_id"]][0] for r in stored]
        return [
            *await self.arranged(reader, records, stored),
            Put("messages", records),
            Put(
                "passages", [p for r in records for p in self._passages(*entries[r["message_id"]])]
            ),
        ]

    def place_columns(self) -> tuple[str, ...]:
        """Where in which conversation a message stands."""
        return ("message_id", "conversation_id", "created_at")

    async def arranged(
        self, reader: Scoped, records: Sequence[Record], gone: Sequence[Record]
    ) -> list[Change]:
        """Places in the conversation, the neighbours' new surroundings, the conversations."""
        changes, fresh = await touched(reader, records, self.backend.backend.capabilities.guarded)
        refreshed = await place(reader, records, gone, fresh=fresh)
        for record in records:
            if record.get("resting"):
                record["around"] = None
        if refreshed:
            changes.append(Update("messages", refreshed))
        return changes


def check_role(role: str) -> str:
    """The role. Raises InvalidInput for an unknown one."""
    if role not in ROLES:
        raise InvalidInput("role", f"{shown(role)} is none of {', '.join(ROLES)}")
    return role
