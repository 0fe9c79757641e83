"""The commands for what cannot both be right: contradictions and resolve."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.output import emit, say, visible

if TYPE_CHECKING:
    from engrammic.stores.entity_tables import ContradictionEvent

STATUS = "pending, drained, kept, replaced or scoped; repeatable. By default what is open."


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(contradictions)
    command(app)(resolve)


async def contradictions(
    door: Door, status: Annotated[list[str] | None, typer.Option(help=STATUS)] = None
) -> None:
    """List what two messages say and cannot both be right; `learn` finds it."""
    async with door.open() as memory:
        found = await memory.contradictions(*(status or ()))
    if door.json:
        emit([_record(event) for event in found])
        return
    for event in found:
        typer.echo(f"{event.event_id}  {event.status}  {visible(event.subject)}")
        typer.echo(f"  {event.existing_message_id}: {visible(event.existing_context)}")
        typer.echo(f"  {event.new_message_id}: {visible(event.new_context)}")
    if found:
        say("`engrammic resolve ID keep|replace|scope` ends one")
    else:
        say("no contradictions")


async def resolve(
    door: Door,
    event_id: Annotated[str, typer.Argument(metavar="ID", help="From `contradictions`.")],
    resolution: Annotated[
        str, typer.Argument(help="keep the older, replace it by the newer, or scope both.")
    ],
    note: Annotated[
        str | None, typer.Option(help="Why; with scope: where each of the two holds.")
    ] = None,
) -> None:
    """End a contradiction: what loses is found no more, and stays in its conversation."""
    async with door.open() as memory:
        event = await memory.resolve(event_id, resolution, note)
    emit(_record(event)) if door.json else say(f"{event_id} is {event.status}")


def _record(event: ContradictionEvent) -> dict[str, Any]:
    return asdict(event)
