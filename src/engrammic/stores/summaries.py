"""The warm tier: what is left of a message, found in its stead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from engrammic.changes import Delete
from engrammic.checks import check_name
from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.filters import is_in
from engrammic.items import MessageSummary
from engrammic.scope import Scoped
from engrammic.stores.base import (
    alive,
    check_content,
    check_id,
    check_kind_of,
    check_metadata,
    check_short,
)
from engrammic.stores.in_conversations import InConversations, spoken
from engrammic.stores.indexing import Changes, Records
from engrammic.stores.tier_metadata import TIER_METADATA, Standing, standing_of
from engrammic.types import Field, Index, Kind, Order, Record, Schema, vector_field

_FIELDS = (
    Field("summary_id", Kind.TEXT, nullable=False),
    Field("original_message_id", Kind.TEXT, nullable=False),
    Field("conversation_id", Kind.TEXT, nullable=False),
    Field("role", Kind.TEXT, nullable=False),
    Field("name", Kind.TEXT),
    Field("content", Kind.TEXT, nullable=False),
    Field("key_entities", Kind.JSON),
    Field("created_at", Kind.INT, nullable=False),
    Field("expires_at", Kind.INT),
    Field("metadata", Kind.JSON),
    Field("terms", Kind.TERMS),
)
_SHARED = ("original_message_id", "conversation_id", "role", "name", "created_at", "expires_at")
_INDEXED = ("original_message_id", "conversation_id", "created_at")


class SummaryStore(InConversations[MessageSummary]):
    """Summaries with semantic and keyword search; one under its message's id where none is given.

    Their standing is that of their messages.
    """

    kind: ClassVar[str] = "summary"
    table: ClassVar[str] = "summaries"
    key: ClassVar[str] = "summary_id"
    text: ClassVar[str] = "summary"
    standing: ClassVar[Standing | None] = None

    @staticmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table of summaries; without a dimension it has no vectors (yet)."""
        return Schema(
            "summaries",
            (*_FIELDS, *vector_field(dimension)),
            key=("summary_id",),
            indexes=tuple(Index((name,)) for name in _INDEXED),
        )

    async def get_oldest(self, count: int) -> list[MessageSummary]:
        """The `count` summaries of the oldest messages, the oldest first."""
        await self.ready()
        found = await self.backend.query(
            self.table, alive(self.clock()), order=Order("created_at"), limit=count
        )
        return [self.item_of(record) for record in found]

    def place_columns(self) -> tuple[str, ...]:
        """The id, and whose summary it is."""
        return ("summary_id", "original_message_id")

    async def _drawn(self, message_ids: Sequence[str]) -> list[tuple[str, str]]:
        mine = is_in("original_message_id", message_ids)
        found = await self.backend.query(self.table, mine, columns=self.place_columns())
        return [(r["summary_id"], r["original_message_id"]) for r in found]

    async def without(self, reader: Scoped, gone: Records) -> Changes:
        """As for every item; the messages' standing goes as well: they live nowhere now."""
        originals = [record["original_message_id"] for record in gone]
        standing = Delete(TIER_METADATA.name, standing_of("message", originals))
        return [*await super().without(reader, gone), *([standing] if gone else [])]

    def record_of(self, item: MessageSummary, number: int, moment: int) -> Record:
        """The summary's fields, with an id and a time. Raises InvalidInput."""
        check_kind_of("item", item, MessageSummary)
        for name in ("original_message_id", "conversation_id"):
            check_id(name, getattr(item, name))
        if item.summary_id is not None:
            check_id("summary_id", item.summary_id)
        if not check_content("summary", item.summary).strip():
            raise InvalidInput("summary", "is empty; there is nothing to remember")
        check_name(item.role, "role")
        check_short("role", item.role)
        check_short("name", item.name)
        record = {name: getattr(item, name) for name in _SHARED}
        for name in ("created_at", "expires_at"):
            if record[name] is not None:
                record[name] = milliseconds(name, record[name])
        return {
            **record,
            "summary_id": item.summary_id or item.original_message_id,
            "content": item.summary,
            "key_entities": check_names("key_entities", item.key_entities) or None,
            "created_at": record["created_at"] or moment,
            "metadata": check_metadata(item.metadata) or None,
        }

    def item_of(self, record: Record) -> MessageSummary:
        """The summary that a record holds."""
        return MessageSummary(
            **{name: record[name] for name in _SHARED},
            summary_id=record["summary_id"],
            summary=record["content"],
            key_entities=tuple(record["key_entities"] or ()),
            metadata=record["metadata"] or {},
        )

    def searchable(self, record: Record) -> str:
        """Date, speaker and summary, as of the message."""
        return spoken(record)


def check_names(name: str, given: object) -> list[str]:
    """The names as a list. Raises InvalidInput unless they are texts."""
    if isinstance(given, str) or not isinstance(given, tuple | list):
        raise InvalidInput(name, "want a sequence of texts")
    for one in given:
        check_id(name, one)
    return list(given)
