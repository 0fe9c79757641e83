"""What hangs on an item, and leaves with it: standing, passages, summary, facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engrammic.changes import Change, Delete
from engrammic.filters import Filter, eq, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.encoding import PASSAGES
from engrammic.stores.entity_changes import Plan
from engrammic.stores.evidence import facts_without
from engrammic.stores.tier_metadata import TIER_METADATA, standing_of

SUMMARIES = "summaries"


async def without_parts(
    reader: Scoped, kind: str, item_ids: Sequence[str], moment: int
) -> list[Change]:
    """The changes that delete all that hangs on the items of one kind."""
    return [
        Delete(TIER_METADATA.name, standing_of(kind, item_ids)),
        Delete(PASSAGES.name, passages_of(kind, item_ids)),
        *(await of_messages(reader, item_ids, moment) if kind == "message" else ()),
    ]


async def of_messages(reader: Scoped, message_ids: Sequence[str], moment: int) -> list[Change]:
    """Summaries, facts, and what the messages named: entities that nothing else names go."""
    return [
        *await without_derived(reader, message_ids),
        *await Plan(reader, moment, tuple(message_ids)).changes(()),
    ]


async def without_derived(reader: Scoped, message_ids: Sequence[str]) -> list[Change]:
    """The changes that delete what was made of messages: summaries, and facts of theirs alone."""
    return [
        Delete(SUMMARIES, is_in("original_message_id", message_ids)),
        *await facts_without(reader, message_ids),
    ]


def passages_of(kind: str, item_ids: Iterable[str]) -> Filter:
    """The passages of items of one kind."""
    return every(eq("kind", kind), is_in("item_id", tuple(item_ids)))
