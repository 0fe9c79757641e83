"""The table of conversations, and keeping it in step with their messages."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.changes import Change, Check, Put, Update
from engrammic.filters import eq
from engrammic.scope import Scoped
from engrammic.types import Field, Kind, Record, Schema

CONVERSATIONS = Schema(
    "conversations",
    (
        Field("conversation_id", Kind.TEXT, nullable=False),
        Field("title", Kind.TEXT),
        Field("model_id", Kind.TEXT),
        Field("created_at", Kind.INT, nullable=False),
        Field("updated_at", Kind.INT, nullable=False),
        Field("metadata", Kind.JSON),
    ),
    key=("conversation_id",),
)


async def touched(
    backend: Scoped, records: Sequence[Record], guarded: bool
) -> tuple[list[Change], frozenset[str]]:
    """The changes after which the messages' conversations exist; those that do not yet.

    `guarded`: what was read is checked again when the changes apply.
    """
    moments: dict[str, list[int]] = {}
    for record in records:
        moments.setdefault(record["conversation_id"], []).append(record["created_at"])
    changes: list[Change] = []
    fresh: list[Record] = []
    later: list[Record] = []
    for conversation, said in moments.items():
        first, last = min(said), max(said)
        key = {"conversation_id": conversation}
        stored = await backend.get("conversations", (conversation,))
        if stored is None:
            if guarded:
                changes.append(Check("conversations", eq("conversation_id", conversation), 0))
            fresh.append({**key, "created_at": first, "updated_at": last})
        elif stored["updated_at"] < last:
            later.append({**key, "updated_at": last})
    if fresh:
        changes.append(Put("conversations", fresh))
    if later:
        changes.append(Update("conversations", later))
    return changes, frozenset(r["conversation_id"] for r in fresh)
