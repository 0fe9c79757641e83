"""The cold tier: what is known, from when to when it holds, and what it was learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from engrammic.changes import Delete
from engrammic.checks import shown
from engrammic.clock import day, milliseconds, new_id
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, Or, eq, every, is_in, is_null
from engrammic.items import FactType, KeyFact, MemoryTier
from engrammic.scope import Scoped
from engrammic.stores.base import (
    check_content,
    check_id,
    check_kind_of,
    check_metadata,
    check_short,
)
from engrammic.stores.evidence import EVIDENCE, rewritten
from engrammic.stores.in_conversations import InConversations
from engrammic.stores.indexing import Changes, Records
from engrammic.stores.summaries import check_names
from engrammic.stores.tier_metadata import TIER_METADATA, Standing, standing_of
from engrammic.types import Field, Index, Kind, Record, Schema, vector_field

_FIELDS = (
    Field("fact_id", Kind.TEXT, nullable=False),
    Field("original_message_ids", Kind.JSON),
    Field("conversation_id", Kind.TEXT),
    Field("subject", Kind.TEXT),
    Field("content", Kind.TEXT, nullable=False),
    Field("fact_type", Kind.TEXT, nullable=False),
    Field("claim", Kind.TEXT),
    Field("valid_from", Kind.INT),
    Field("valid_until", Kind.INT),
    Field("created_at", Kind.INT, nullable=False),
    Field("updated_at", Kind.INT),
    Field("expires_at", Kind.INT),
    Field("metadata", Kind.JSON),
    Field("terms", Kind.TERMS),
)
_SHARED = ("conversation_id", "subject", "fact_type", "claim", "valid_from", "valid_until",
           "created_at", "expires_at")  # fmt: skip
_TIMES = ("valid_from", "valid_until", "created_at", "expires_at")
_INDEXED = ("conversation_id", "claim", "created_at")


class FactStore(InConversations[KeyFact]):
    """Facts with semantic and keyword search, validity, and evidence."""

    kind: ClassVar[str] = "fact"
    table: ClassVar[str] = "facts"
    key: ClassVar[str] = "fact_id"
    text: ClassVar[str] = "fact"
    standing: ClassVar[Standing | None] = None

    @staticmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table of facts; without a dimension it has no vectors (yet)."""
        return Schema(
            "facts",
            (*_FIELDS, *vector_field(dimension)),
            key=("fact_id",),
            indexes=tuple(Index((name,)) for name in _INDEXED),
        )

    def schemas(self) -> Sequence[Schema]:
        """Facts, what hangs on them, and their evidence."""
        return (*super().schemas(), EVIDENCE)

    async def get_by_claim(self, claim: str) -> list[KeyFact]:
        """What is held about one thing now, the oldest first."""
        return await self._having("claim", claim)

    async def _drawn(self, message_ids: Sequence[str]) -> list[tuple[str, str]]:
        found = await self.backend.query(EVIDENCE.name, is_in("message_id", message_ids))
        return [(r["fact_id"], r["message_id"]) for r in found]

    def place_columns(self) -> tuple[str, ...]:
        """The id, and what it was learnt from."""
        return ("fact_id", "original_message_ids")

    async def without(self, reader: Scoped, gone: Records) -> Changes:
        """As for every item; cold messages that no fact stands for any more live nowhere now."""
        ids = {i for record in gone for i in record["original_message_ids"] or ()}
        going = [record["fact_id"] for record in gone]
        others = every(is_in("message_id", tuple(ids)), Compare("fact_id", Op.NOT_IN, going))
        held = {r["message_id"] for r in await reader.query(EVIDENCE.name, others)} if ids else ids
        left = every(standing_of("message", sorted(ids - held)), eq("tier", MemoryTier.COLD))
        standing = Delete(TIER_METADATA.name, left)
        return [*await super().without(reader, gone), *([standing] if ids - held else [])]

    def record_of(self, item: KeyFact, number: int, moment: int) -> Record:
        """The fact's fields, with an id and a time. Raises InvalidInput."""
        check_kind_of("item", item, KeyFact)
        if item.fact_id is not None:
            check_id("fact_id", item.fact_id)
        if not check_content("fact", item.fact).strip():
            raise InvalidInput("fact", "is empty; there is nothing to remember")
        if item.fact_type not in tuple(FactType):
            raise InvalidInput(
                "fact_type", f"{shown(item.fact_type)} is none of {', '.join(FactType)}"
            )
        for name in ("conversation_id", "subject", "claim"):
            check_short(name, getattr(item, name))
        record = {name: getattr(item, name) for name in _SHARED}
        for name in _TIMES:
            if record[name] is not None:
                record[name] = milliseconds(name, record[name])
        _check_order(record)
        return {
            **record,
            "fact_id": item.fact_id or new_id(),
            "fact_type": str(item.fact_type),
            "content": item.fact,
            "original_message_ids":
                check_names("original_message_ids", item.original_message_ids) or None,
            "created_at": record["created_at"] or moment,
            "metadata": check_metadata(item.metadata) or None,
        }  # fmt: skip

    def item_of(self, record: Record) -> KeyFact:
        """The fact that a record holds."""
        return KeyFact(
            **{name: record[name] for name in _SHARED},
            fact_id=record["fact_id"],
            fact=record["content"],
            original_message_ids=tuple(record["original_message_ids"] or ()),
            metadata=record["metadata"] or {},
        )

    def searchable(self, record: Record) -> str:
        """The date, the subject where there is one, the fact."""
        subject = f"{record['subject']}: " if record["subject"] else ""
        return f"[{day(record['valid_from'] or record['created_at'])}] {subject}{record['content']}"

    async def arranged(
        self, reader: Scoped, records: Sequence[Record], gone: Sequence[Record]
    ) -> Changes:
        """The evidence of those that come, instead of that of those that go."""
        return rewritten(records, [record["fact_id"] for record in gone])


def valid_at(moment: int) -> Filter:
    """Facts that hold at `moment`."""
    begun = Or((is_null("valid_from"), Compare("valid_from", Op.LTE, moment)))
    lasting = Or((is_null("valid_until"), Compare("valid_until", Op.GT, moment)))
    return every(begun, lasting)


def _check_order(record: Record) -> None:
    start, end = record["valid_from"], record["valid_until"]
    if start is not None and end is not None and end <= start:
        raise InvalidInput("valid_until", "want a time after valid_from")
