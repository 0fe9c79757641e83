"""Pages of messages, notes and conversations, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from engrammic.cli.cards import origin, short, short_path
from engrammic.cli.output import is_terminal
from engrammic.clock import iso
from engrammic.errors import InvalidInput
from engrammic.items import Conversation

if TYPE_CHECKING:
    from engrammic.memory import Memory

EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Page:
    """Items, and the text that gets the next page."""

    items: Sequence[Any]
    after: str | None


async def _items(memory: Memory, kind: str, limit: int, after: str | None, chosen: Any) -> Page:
    if "kinds" in chosen:
        raise InvalidInput("kind", "is what the list is of; leave out --kind")
    page = await memory.list(kind, limit=limit, after=_place(after), **chosen)
    return Page(page.items, None if page.after is None else f"{page.after[0]}:{page.after[1]}")


async def _messages(memory: Memory, limit: int, after: str | None, chosen: Any) -> Page:
    return await _items(memory, "message", limit, after, chosen)


async def _notes(memory: Memory, limit: int, after: str | None, chosen: Any) -> Page:
    return await _items(memory, "note", limit, after, chosen)


async def _conversations(memory: Memory, limit: int, after: str | None, chosen: Any) -> Page:
    if chosen:
        raise InvalidInput("conversations", "are listed without filters")
    place = _place(after)
    behind = None if place is None else Conversation(place[1], updated_at=place[0])
    found = await memory.conversations.list(limit, after=behind)
    last = found[-1] if len(found) == limit else None
    return Page(found, None if last is None else f"{last.updated_at}:{last.conversation_id}")


def _place(after: str | None) -> tuple[int, str] | None:
    if after is None:
        return None
    moment, colon, item_id = after.partition(":")
    if not (colon and moment.isdecimal() and item_id):
        raise InvalidInput("after", f"{after!r} is not what a page told")
    return int(moment), item_id


Listing: TypeAlias = Callable[..., Coroutine[Any, Any, Page]]
PAGES: Mapping[str, Listing] = {
    "messages": _messages,
    "notes": _notes,
    "conversations": _conversations,
}


def rows_of(what: str, items: Sequence[Any]) -> tuple[Sequence[str], list[Sequence[object]]]:
    """The heads of the columns, and a row for each item."""
    if what == "conversations":
        rows = [
            (c.conversation_id, c.message_count, _when(c.updated_at), c.title or "") for c in items
        ]
        return ("id", "messages", "last", "title"), list(rows)
    if what == "messages":
        said = [(_id(m.message_id), _when(m.created_at), _where(m), _cut(m.content)) for m in items]
        return ("id", "when", "where", "text"), list(said)
    notes = [(_id(n.note_id), _when(n.created_at), n.memory_type, _about(n)) for n in items]
    return ("id", "when", "type", "text"), list(notes)


def _id(item_id: str) -> str:
    return short(item_id) if is_terminal() else item_id


def _when(moment: int) -> str:
    return iso(moment)[:16].replace("T", " ") if is_terminal() else iso(moment)


def _where(message: Any) -> str:
    where = origin(message, {})
    return f"{where[:23]}…" if is_terminal() and len(where) > 24 else where


def _about(note: Any) -> str:
    head = note.section or note.title
    source = f" ({short_path(note.source)})" if note.source else ""
    return f"{head}{source}" if head else _cut(note.content)


def _cut(text: str) -> str:
    flat = " ".join(text[: 4 * EXCERPT].split())
    return flat if len(flat) <= EXCERPT else f"{flat[:EXCERPT]}…"
