"""The command that writes a memory out: as an archive, or as Markdown."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.output import counted, emit, say, written
from engrammic.cli.progress import bar
from engrammic.clock import iso

if TYPE_CHECKING:
    from engrammic.items import Conversation, Message, Note
    from engrammic.memory import Memory

FORMATS = ("jsonl", "markdown")
PAGE = 500


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(export)


async def export(
    door: Door,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; stdout by default.")
    ] = None,
    format: Annotated[str, typer.Option(help="jsonl or markdown.")] = "jsonl",  # noqa: A002
) -> None:
    """Write out everything of the scope; `engrammic import` reads the jsonl form back."""
    if format not in FORMATS:
        raise typer.BadParameter(f"want {' or '.join(FORMATS)}", param_hint="--format")
    if door.json and format != "jsonl":
        raise typer.BadParameter("prints JSON; leave out --format", param_hint="--json")
    async with door.open() as memory:
        with written(out) as stream, bar("exporting") as advance:
            write = _markdown(stream) if format == "markdown" else await _lines(stream, memory)
            counts = await memory.stats()
            total = counts["messages"] + counts["notes"] + counts["conversations"]
            done = 0
            async for item in everything(memory):
                write(item)
                done += 1
                advance(done, total, "")
    if out is not None:
        if door.json:
            emit({"path": str(out), "items": done})
        else:
            say(f"{counted(done, 'item')} written to {out}")


async def everything(memory: Memory) -> AsyncIterator[Conversation | Message | Note]:
    """Each conversation with its messages in order behind it, then the notes."""
    place: Conversation | None = None
    while conversations := await memory.conversations.list(PAGE, after=place):
        place = conversations[-1]
        for conversation in conversations:
            yield conversation
            for message in await memory.messages.get_by_conversation(conversation.conversation_id):
                yield message
    after: tuple[int, str] | None = None
    while notes := await memory.notes.list(limit=PAGE, after=after):
        after = memory.notes.place_of(notes[-1])
        for note in notes:
            yield note


async def _lines(stream: TextIO, memory: Memory) -> Callable[[Any], None]:
    from engrammic.sessions.archive import entry, header

    def line(record: dict[str, Any]) -> None:
        stream.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    line(header(str(memory.scope), memory.clock()))
    return lambda item: line(entry(item))


def _markdown(stream: TextIO) -> Callable[[Any], None]:
    from engrammic.items import Conversation, Message

    def write(item: Any) -> None:
        if isinstance(item, Conversation):
            title = " ".join((item.title or item.conversation_id).split())
            stream.write(f"# {title}\n\n`{item.conversation_id}`\n\n")
        elif isinstance(item, Message):
            when = iso(item.created_at) if isinstance(item.created_at, int) else ""
            stream.write(f"**{item.name or item.role}** · {when}\n\n{item.content.strip()}\n\n")
        else:
            head = " ".join((item.section or item.title or item.memory_type).split())
            source = f"`{item.source}`\n\n" if item.source else ""
            stream.write(f"# {head}\n\n{source}{item.content.strip()}\n\n")

    return write
