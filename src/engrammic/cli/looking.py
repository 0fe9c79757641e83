"""The commands that give an overview: list and stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.filters import Filters
from engrammic.cli.output import emit, facts, say, size, table

if TYPE_CHECKING:
    from engrammic.memory import Memory

EMPTY_TEXT = "no {kind} here; there are {others}"


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app, "list")(list_items)
    command(app)(stats)


async def list_items(
    door: Door,
    filters: Filters,
    what: Annotated[
        str, typer.Argument(help="messages, notes or conversations.", metavar="WHAT")
    ] = "notes",
    limit: Annotated[int, typer.Option("--limit", "-n", help="So many a page.")] = 20,
    after: Annotated[
        str | None, typer.Option(help="The next page: what the last one told.")
    ] = None,
) -> None:
    """List notes, messages or conversations, the newest first, page by page; by default notes."""
    from engrammic.cli.listing import PAGES, rows_of

    if what not in PAGES:
        raise typer.BadParameter(f"{what!r} is none of {', '.join(PAGES)}", param_hint="WHAT")
    async with door.open() as memory:
        page = await PAGES[what](memory, limit, after, filters.selection())
        others = "" if page.items else await _others(memory)
    if door.json:
        from engrammic.cli.cards import item_record

        emit({"items": [item_record(i) for i in page.items], "after": page.after})
        return
    table(*rows_of(what, page.items))
    if page.after:
        say(f"more: --after {page.after}")
    if not page.items:
        say(EMPTY_TEXT.format(kind=what, others=others))


async def _others(memory: Memory) -> str:
    counts = await memory.stats()
    return ", ".join(f"{counts[n]:,} {n}" for n in ("messages", "conversations", "notes"))


async def stats(door: Door) -> None:
    """Count what is stored, and say where it is and how large."""
    settings = door.settings()
    async with door.open() as memory:
        found = await memory.stats()
    if door.json:
        emit({"url": settings.url, "embedder": settings.embedder, **found})
        return
    engine = found.pop("engine")
    room = {"size": size(engine["bytes"])} if engine.get("bytes") else {}
    waiting = found.pop("pending")
    facts(
        {
            "memory": settings.url,
            "backend": engine["backend"],
            "model": settings.embedder,
            **{n: f"{v:,}" if isinstance(v, int) else v for n, v in found.items()},
            "waiting for the model": f"{waiting:,}",
            **room,
        }
    )
