"""What hangs on an item: its tier metadata, and the passages of a long text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engrammic.changes import Change, Delete
from engrammic.filters import Filter, eq, every, is_in
from engrammic.stores.encoding import PASSAGES
from engrammic.types import Field, Kind, Record, Schema

TIER_METADATA = Schema(
    "tier_metadata",
    (
        Field("kind", Kind.TEXT, nullable=False),
        Field("message_id", Kind.TEXT, nullable=False),
        Field("tier", Kind.TEXT, nullable=False),
        Field("importance", Kind.FLOAT, nullable=False),
        Field("last_accessed", Kind.INT, nullable=False),
        Field("access_count", Kind.INT, nullable=False),
        Field("created_at", Kind.INT, nullable=False),
        Field("authority", Kind.TEXT, nullable=False),
    ),
    key=("kind", "message_id"),
)
"""Which tier an item lives in, and what keeps it there. `message_id` is the item's id."""

HOT = "hot"
IMPORTANCE = 0.5


def tier_record(kind: str, item_id: str, moment: int, authority: str = "session") -> Record:
    """The tier metadata of a new item."""
    return {
        "kind": kind,
        "message_id": item_id,
        "tier": HOT,
        "importance": IMPORTANCE,
        "last_accessed": moment,
        "access_count": 0,
        "created_at": moment,
        "authority": authority,
    }


def without_parts(kind: str, item_ids: Sequence[str]) -> list[Change]:
    """The changes that delete all that hangs on the items of one kind."""
    return [
        Delete(TIER_METADATA.name, tiers_of(kind, item_ids)),
        Delete(PASSAGES.name, passages_of(kind, item_ids)),
    ]


def tiers_of(kind: str, item_ids: Iterable[str]) -> Filter:
    """The tier metadata of items of one kind."""
    return every(eq("kind", kind), is_in("message_id", item_ids))


def passages_of(kind: str, item_ids: Iterable[str]) -> Filter:
    """The passages of items of one kind."""
    return every(eq("kind", kind), is_in("item_id", item_ids))
