"""What hangs on an item: its tier metadata, and the passages of a long text."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.changes import Change, Delete
from engrammic.filters import is_in
from engrammic.stores.encoding import PASSAGES
from engrammic.types import Field, Kind, Record, Schema

TIER_METADATA = Schema(
    "tier_metadata",
    (
        Field("message_id", Kind.TEXT, nullable=False),
        Field("tier", Kind.TEXT, nullable=False),
        Field("importance", Kind.FLOAT, nullable=False),
        Field("last_accessed", Kind.INT, nullable=False),
        Field("access_count", Kind.INT, nullable=False),
        Field("created_at", Kind.INT, nullable=False),
        Field("authority", Kind.TEXT, nullable=False),
    ),
    key=("message_id",),
)
"""Which tier an item lives in, and what keeps it there. `message_id` is the item's id."""

HOT = "hot"
IMPORTANCE = 0.5


def tier_record(item_id: str, moment: int, authority: str = "session") -> Record:
    """The tier metadata of a new item."""
    return {
        "message_id": item_id,
        "tier": HOT,
        "importance": IMPORTANCE,
        "last_accessed": moment,
        "access_count": 0,
        "created_at": moment,
        "authority": authority,
    }


def without_parts(item_ids: Sequence[str]) -> list[Change]:
    """The changes that delete all that hangs on the items."""
    return [
        Delete(TIER_METADATA.name, is_in("message_id", item_ids)),
        Delete(PASSAGES.name, is_in("item_id", item_ids)),
    ]
