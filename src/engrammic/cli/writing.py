"""The commands that store: add and import."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.filters import metadata
from engrammic.cli.output import counted, emit, is_terminal, say
from engrammic.items import Message, Note

if TYPE_CHECKING:
    from engrammic.sessions.importing import ImportReport

Option = typer.Option
SHOWN = 20
"""Lines that could not be read, shown one by one; the others are counted."""


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(add)
    command(app, "import")(import_files)


async def add(
    door: Door,
    text: Annotated[str | None, typer.Argument(help="The text; `-` or none reads stdin.")] = None,
    type: Annotated[  # noqa: A002
        str | None, Option(help="note, by default, conversation, preference, pattern or insight.")
    ] = None,
    title: Annotated[str | None, Option(help="Title of the note.")] = None,
    source: Annotated[str | None, Option(help="Where the note comes from.")] = None,
    note_project: Annotated[str | None, Option(help="Project that the note is on.")] = None,
    conversation: Annotated[
        str | None, Option(help="Add a message to this conversation instead.")
    ] = None,
    role: Annotated[
        str | None, Option(help="Who says it: user, by default, assistant, system, tool.")
    ] = None,
    name: Annotated[str | None, Option(help="Name of who says it.")] = None,
    meta: Annotated[list[str] | None, Option(help="Metadata, as key=value. Repeatable.")] = None,
) -> None:
    """Remember a text, as a note or as a message of a conversation; prints its id."""
    from engrammic.cli.cards import item_record
    from engrammic.cli.progress import fill_in

    of_note = {"type": type, "title": title, "source": source, "note-project": note_project}
    _refuse({"role": role, "name": name} if conversation is None else of_note, conversation)
    content, known = _text(text), metadata(meta)
    async with door.open(create=True) as memory:
        stored: Message | Note
        if conversation is None:
            stored = await memory.remember(
                content,
                type or "note",
                title=title,
                source=source,
                project=note_project,
                metadata=known,
            )
        else:
            message = Message(conversation, role or "user", content, name=name, metadata=known)
            stored = await memory.messages.add(message)
        emit(item_record(stored)) if door.json else print(_id(stored))
        await fill_in(memory)


def _refuse(options: Mapping[str, str | None], conversation: str | None) -> None:
    """Raise BadParameter for an option of a message at a note, or of a note at a message."""
    of_message, of_note = "a message; name its --conversation", "a note; leave out --conversation"
    for name, value in options.items():
        if value is not None:
            why = f"is of {of_message if conversation is None else of_note}"
            raise typer.BadParameter(why, param_hint=f"--{name}")


def _id(item: Message | Note) -> str | None:
    return item.message_id if isinstance(item, Message) else item.note_id


def _text(given: str | None) -> str:
    if given not in (None, "-"):
        return str(given)
    if given is None and sys.stdin.isatty():
        raise typer.BadParameter("want a text, or one on stdin", param_hint="TEXT")
    return sys.stdin.read()


async def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")], door: Door
) -> None:
    """Import transcripts, chats, Markdown and text; doing it again adds only what is new."""
    from engrammic.cli.progress import bar, fill_in

    async with door.open(create=True) as memory:
        with bar("importing") as advance:
            report = await memory.import_files(
                paths, lambda done, total, path: advance(done, total, path.name)
            )
        if door.json:
            emit(report.as_record())
        else:
            _tell(report)
        await fill_in(memory)


def _tell(report: ImportReport) -> None:
    for bad in report.skipped[:SHOWN]:
        place = f"{bad.path}:{bad.line}" if bad.line else str(bad.path)
        say(f"skipped {place}: {bad.reason}")
    if len(report.skipped) > SHOWN:
        say(f"and {len(report.skipped) - SHOWN:,} more; --json lists them all")
    added = [
        counted(report.messages_added, "message"),
        counted(report.conversations, "conversation"),
        counted(report.notes_added, "note"),
    ]
    mark = "✓ " if is_terminal() else ""
    print(f"{mark}{', '.join(added)} added from {counted(report.files, 'file')}")
    known = {
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "kept out, as forgotten or released": report.kept_out,
    }
    if any(known.values()):
        print("  " + ", ".join(f"{count:,} {what}" for what, count in known.items() if count))
