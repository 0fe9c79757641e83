"""What takes an item's place: a new item like it, or one that says the same already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engrammic.errors import Unsupported
from engrammic.items import Item, Message, MessageSummary, Note
from engrammic.stores.items import ItemStore

_BELONGING = (
    "conversation_id", "role", "name", "memory_type", "title", "source", "section", "project",
    "session_id", "subject", "fact_type",
)  # fmt: skip


def _belonging(item: Item) -> list[Any]:
    """To what an item belongs, and as what."""
    return [getattr(item, name, None) for name in _BELONGING]


async def standing_for(old: Item, content: str, store: ItemStore[Any]) -> Item | None:
    """The other item that says a text already, and belongs where the old one does."""
    for item_id in await store.alike(content):
        item: Item | None = await store.get(item_id) if item_id != old.id else None
        if item is not None and _belonging(item) == _belonging(old):
            return item
    return None


def successor(old: Item, content: str, store: ItemStore[Any], moment: int) -> Item:
    """The item that takes another's place: new words, id and time; the rest is the old one's."""
    fields: dict[str, Any] = {store.text: content, store.key: None, "created_at": moment}
    if isinstance(old, Note):
        fields["updated_at"] = None
    if isinstance(old, MessageSummary):
        raise Unsupported("a summary is superseded by superseding its message")
    if isinstance(old, Message):
        fields["token_count"] = None
    return replace(old, **fields)
