"""Which item a part of an id means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engrammic.errors import InvalidInput, NotFound
from engrammic.filters import Compare, Op
from engrammic.items import Conversation

if TYPE_CHECKING:
    from engrammic.memory import Memory


ID_HELP = "An item's id, whole or as a list shortens it."
MOST = 100


async def whole(memory: Memory, given: str) -> str:
    """The id of the item whose shortened id is given (`…` and its end); else what is given.

    Raises NotFound where no item ends so, and InvalidInput where several do.
    """
    if not given.startswith("…"):
        return given
    end = given.removeprefix("…")
    found = await _matching(memory, Op.CONTAINS, end, MOST) if end else {}
    ids = [i for i, item in found.items() if i.endswith(end) and not isinstance(item, Conversation)]
    if not ids:
        raise NotFound("item", given)
    if len(ids) > 1:
        raise InvalidInput("id", f"{given!r} is the end of several, such as {ids[0]} and {ids[1]}")
    return ids[0]


async def find(memory: Memory, given: str, limit: int) -> dict[str, Any]:
    """Items by id: the one under exactly this id, else those that begin with it, else have it.

    At most one more than `limit`. A leading `…`, as cards print it, is left out.
    """
    exact = await memory.get(given) or await memory.conversations.get(given)
    if exact is not None:
        return {given: exact}
    part = given.removeprefix("…")
    for op in (Op.PREFIX, Op.CONTAINS):
        found = await _matching(memory, op, part, limit + 1)
        if found:
            return found
    return {}


async def _matching(memory: Memory, op: Op, part: str, limit: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for conversation in await memory.conversations.list(
        limit, where=Compare("conversation_id", op, part)
    ):
        found[conversation.conversation_id] = conversation
    for message in await memory.messages.list(Compare("message_id", op, part), limit=limit):
        found[str(message.message_id)] = message
    for note in await memory.notes.list(Compare("note_id", op, part), limit=limit):
        found[str(note.note_id)] = note
    return dict(list(found.items())[:limit])
