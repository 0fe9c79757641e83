"""The commands that examine a memory and that repair what is derived: doctor and reindex."""

from __future__ import annotations

from typing import Annotated

import typer

from engrammic.cli.command import PROBLEMS, command
from engrammic.cli.door import Door, NoMemory, exists
from engrammic.cli.output import console, counted, emit, is_terminal, say, visible
from engrammic.cli.progress import bar

_MARKS = {"ok": ("✓", "green"), "hint": ("•", "yellow"), "problem": ("✗", "bold red")}


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(doctor)
    command(app)(reindex)


async def doctor(
    door: Door,
    repair: Annotated[
        bool, typer.Option("--repair", help="First mend what can be mended without loss.")
    ] = False,
) -> None:
    """Examine the memory and say what to do; exit code 3 when something is wrong."""
    from engrammic.cli.examining import examine

    settings = door.settings()
    mended = await _mended(settings.url) if repair else []
    findings = await examine(settings)
    wrong = [f for f in findings if f.status == "problem"]
    if door.json:
        checks = [{"status": f.status, "what": f.what, "advice": f.advice} for f in findings]
        status = "problem" if wrong else "ok"
        emit({"status": status, "url": settings.url, "checks": checks, "repaired": mended})
    else:
        for line in mended or ["there was nothing to repair"] if repair else []:
            say(line)
        for finding in findings:
            _print(finding.status, finding.what, finding.advice)
    if wrong:
        raise typer.Exit(PROBLEMS)


async def _mended(url: str) -> list[str]:
    from engrammic.registry import open_backend

    if not exists(url):
        raise NoMemory(url)
    backend = await open_backend(url)
    try:
        return await backend.repair()
    finally:
        await backend.close()


def _print(status: str, what: str, advice: str) -> None:
    mark, style = _MARKS[status]
    if not is_terminal():
        print(f"{status}: {visible(what)}" + (f"; {visible(advice)}" if advice else ""))
        return
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    out.print(Text.assemble((f"{mark} ", style), visible(what)))
    if advice:
        out.print(Padding(Text(visible(advice), "dim"), (0, 0, 0, 2)))


async def reindex(
    door: Door,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="Embed everything anew, with the present model.")
    ] = False,
) -> None:
    """Make the text index anew, and with --embeddings the vectors; safe to repeat."""
    from engrammic.embed.cached import CachedEmbedder
    from engrammic.registry import open_backend
    from engrammic.reindexing import reindex as run

    settings = door.settings()
    if not exists(settings.url):
        raise NoMemory(settings.url)
    embedder = CachedEmbedder(settings.embedder) if embeddings else None
    backend = await open_backend(settings.url)
    try:
        with bar("reindexing") as advance:
            done = await run(backend, embedder, advance)
    finally:
        await backend.close()
    if door.json:
        emit({"indexed": done.indexed, "embedded": done.embedded})
        return
    say(f"{counted(done.indexed, 'item')} indexed anew")
    if embeddings:
        say(f"{counted(done.embedded, 'item')} embedded anew with {settings.embedder}")
