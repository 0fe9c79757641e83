"""The command that shows one thing: show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engrammic.cli.command import FAILED, command
from engrammic.cli.door import Door
from engrammic.cli.output import complain, emit, facts, one_line, say, visible
from engrammic.clock import iso
from engrammic.errors import EngrammicError
from engrammic.items import Conversation, Item, Message

if TYPE_CHECKING:
    from engrammic.memory import Memory

CANDIDATES = 10


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(show)


async def show(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="An id, or a part of one.")],
    door: Door,
) -> None:
    """Show a message, a note or a whole conversation."""
    from engrammic.cli.cards import item_record
    from engrammic.cli.lookup import find

    async with door.open() as memory:
        found = await find(memory, item_id, CANDIDATES)
        if len(found) != 1:
            _not_one(item_id, found, bool(not found and await _is_closed(memory, item_id)))
        item = next(iter(found.values()))
        said: list[Message] = []
        if isinstance(item, Conversation):
            said = await memory.messages.get_by_conversation(item.conversation_id)
    if door.json:
        more = (
            {"messages": [item_record(m) for m in said]} if isinstance(item, Conversation) else {}
        )
        emit({**item_record(item), **more})
    elif isinstance(item, Conversation):
        _show_conversation(item, said)
    else:
        _show_item(item)


async def _is_closed(memory: Memory, item_id: str) -> bool:
    """Whether it was an item once, and has a history."""
    try:
        await memory.why(item_id)
    except EngrammicError:
        return False
    return True


def _not_one(given: str, found: dict[str, Any], closed: bool) -> None:
    """Say why there is nothing to show, and end."""
    if closed:
        complain(f"{given} is found no more; `engrammic why {given}` tells what happened")
    elif not found:
        complain(f"no message, note or conversation has an id with {given!r} in it")
    else:
        least = "at least " if len(found) > CANDIDATES else ""
        complain(f"{given!r} is part of {least}{min(len(found), CANDIDATES)} ids:")
        for item_id in list(found)[:CANDIDATES]:
            say(f"  {item_id}")
    raise typer.Exit(FAILED)


def _show_item(item: Item) -> None:
    from engrammic.cli.cards import item_record

    record = item_record(item)
    content = item.content
    record.pop({"summary": "summary", "fact": "fact"}.get(item.kind, "content"))
    for name in ("created_at", "updated_at", "expires_at"):
        if name in record:
            record[name] = iso(record[name])
    if "metadata" in record:
        record["metadata"] = json.dumps(record["metadata"], ensure_ascii=False)
    facts({name.replace("_", " "): value for name, value in record.items()})
    print(f"\n{visible(content)}")


def _show_conversation(conversation: Conversation, said: list[Message]) -> None:
    from engrammic.cli.cards import short

    print(f"{one_line(conversation.title or '')}  {conversation.conversation_id}".strip())
    for message in said:
        assert isinstance(message.created_at, int)
        speaker = message.name or message.role
        print(
            f"\n[{iso(message.created_at)}] {one_line(speaker)}  {short(message.message_id or '')}"
        )
        print(visible(message.content))
