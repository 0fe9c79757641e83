"""The command that carries a whole database over into another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engrammic.cli.command import PROBLEMS, command
from engrammic.cli.door import Json, NoMemory, exists
from engrammic.cli.output import counted, emit, say, table
from engrammic.cli.places import place_of
from engrammic.cli.progress import bar
from engrammic.errors import InvalidSettings

if TYPE_CHECKING:
    from engrammic.moving import Report

Url = Annotated[str, typer.Argument(help="URL, file or directory of a database.")]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(migrate)


async def migrate(
    source: Url,
    target: Url,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Add what a target with other data lacks; change nothing."),
    ] = False,
    json: Json = False,
) -> None:
    """Carry every table of a database over into another, and verify it; goes on where it stopped.

    The source is only read. Vectors are carried over bit by bit, never embedded anew. The
    target has to be empty, or the unfinished copy of the same source, unless --merge is given.
    Exit code 3 when the two sides differ in the end.
    """
    from engrammic.moving import migrate as run
    from engrammic.registry import open_backend

    if place_of(source) == place_of(target):
        raise InvalidSettings(f"{place_of(source)} is source and target at once")
    if not exists(source):
        raise NoMemory(source)
    old = await open_backend(source)
    try:
        new = await open_backend(target)
        try:
            with bar("migrating") as advance:
                report = await run(old, new, name=place_of(source), merge=merge, advance=advance)
        finally:
            await new.close()
    finally:
        await old.close()
    emit(report.as_record()) if json else _print(report)
    if not report.is_verified:
        raise typer.Exit(PROBLEMS)


def _print(report: Report) -> None:
    columns = ("table", "source", "target", "sha256 source", "sha256 target", "state")
    table(columns, [(t.name, t.source_count, t.target_count, t.source_hash[:12], t.target_hash[:12],
                     t) for t in report.tables])  # fmt: skip
    if report.is_verified:
        done = f"{counted(report.written, 'record')} written" if report.written else (
            "nothing to do, nothing was changed"
        )  # fmt: skip
        say(f"{done}; the target holds all that the source holds")
    else:
        say("the two sides differ: was the source written to meanwhile? Run the same again")
