"""The commands for a memory's life: maintain, learn, why, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.lookup import ID_HELP, whole
from engrammic.cli.output import complain, emit, facts, say, table

if TYPE_CHECKING:
    from engrammic.llm import ModelExtractor
    from engrammic.memory import Memory
    from engrammic.tiers.maintaining import MaintenanceReport

Watch = Annotated[int | None, typer.Option(help="Again and again, so many seconds apart.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(maintain)
    command(app)(learn)
    command(app)(why)
    command(app)(undo)


async def maintain(
    door: Door,
    watch: Watch = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would move.")] = False,
    most: Annotated[int | None, typer.Option(help="At most so many moves.", min=0)] = None,
    everywhere: Annotated[
        bool, typer.Option("--all-scopes", help="Every tenant, user, agent and project.")
    ] = False,
) -> None:
    """Age the memory: expire, promote, demote, merge what says the same."""
    import asyncio

    from engrammic.operating import in_every_scope

    async with door.open() as memory:
        while True:
            for one in await in_every_scope(memory) if everywhere else [memory]:
                _tell(door, one, await _pass(one, dry_run, most))
            if watch is None:
                return
            await asyncio.sleep(watch)


async def _pass(memory: Memory, dry_run: bool, most: int | None) -> MaintenanceReport:
    from engrammic.cli.progress import bar

    with bar("maintaining") as advance:
        return await memory.maintain(dry_run=dry_run, most=most, advance=advance)


def _tell(door: Door, memory: Memory, report: MaintenanceReport) -> None:
    told = {"scope": str(memory.scope), **report.as_record()}
    if door.json:
        emit(told)
        return
    steps: list[dict[str, Any]] = told.pop("steps")
    for name in ("started_at", "finished_at", "dry_run"):
        del told[name]
    facts({name.replace("_", " "): value for name, value in told.items() if value})
    if steps:
        rows = [(s["item_id"], f"{s['before']} -> {s['after']}", s["reason"]) for s in steps]
        table(("id", "move", "reason"), rows)
    elif not any(value for name, value in told.items() if name not in ("scope", "pass_id")):
        say("nothing would move" if report.dry_run else "nothing moved")


async def learn(
    door: Door,
    most: Annotated[int | None, typer.Option(help="At most so many messages.", min=0)] = None,
    llm: Annotated[bool, typer.Option("--llm", help="Ask the model of [llm], one by one.")] = False,
) -> None:
    """Read new messages for entities, relations and contradictions, which `search` can walk."""
    from engrammic.cli.progress import bar

    async with door.open() as memory:
        model = _model(memory) if llm else None
        with bar("reading") as advance:
            read = await memory.learn(most, advance, extractor=model)
        found, clashes = await memory.entities.stats(), await memory.contradictions()
    told: dict[str, Any] = {
        "read": read,
        "entities": found.total_entities,
        "relations": found.total_relationships,
        "contradictions": len(clashes),
    }
    notes = [] if model is None else model.model.notes
    emit({**told, "notes": notes}) if door.json else facts(told)
    for note in () if door.json else notes:
        complain(f"{note}; the rules did it")


def _model(memory: Memory) -> ModelExtractor:
    from engrammic.errors import InvalidSettings
    from engrammic.llm import LanguageModel, ModelExtractor

    if not isinstance(memory.extractor, LanguageModel):
        raise InvalidSettings("--llm: no language model is set; docs/llm.md tells how")
    return ModelExtractor(memory.extractor)


async def why(
    door: Door, item_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)]
) -> None:
    """Tell what happened to an item: where it moved, what it said before, and why."""
    async with door.open() as memory:
        found = await memory.why(await whole(memory, item_id))
    if door.json:
        emit(found.as_record())
        return
    for line in found.lines():
        typer.echo(line)
    for move in found.moves:
        say(f"`engrammic undo {move.move_id}` takes back: {move.action}")


async def undo(
    door: Door, move_id: Annotated[str, typer.Argument(metavar="MOVE", help="From `why`.")]
) -> None:
    """Take one move back: a demotion, a promotion, or what closed an item."""
    async with door.open() as memory:
        await memory.undo(move_id)
    emit({"undone": move_id}) if door.json else say(f"{move_id} is undone")
