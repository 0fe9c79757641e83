"""The commands that correct and forget: correct, supersede, reject, retire, release, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engrammic.cli.command import FAILED, command
from engrammic.cli.door import Door
from engrammic.cli.filters import Filters
from engrammic.cli.lookup import ID_HELP, whole
from engrammic.cli.output import complain, emit, facts, is_terminal, one_line, say, table

if TYPE_CHECKING:
    from engrammic.forgetting.preview import Forgettable
    from engrammic.forgetting.report import ForgetReport
    from engrammic.items import Item
    from engrammic.stores.versions import Version

SHOWN = 50
"""Items that are shown before they are erased, at most."""

Id = Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)]
Reason = Annotated[str | None, typer.Option(help="Why; the log keeps it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for function in (correct, supersede, reject, retire, release, forget):
        command(app)(function)


async def correct(
    door: Door,
    text: Annotated[str, typer.Argument(help="What is meant, in words.")],
    content: Annotated[str, typer.Argument(help="What is true now.")],
    reason: Reason = None,
) -> None:
    """Put what is true now in the place of what a text means; the rest of its item stays."""
    async with door.open() as memory:
        start = memory.clock()
        item = await memory.correct(text, content, **_given(reason))
        gone = await memory.tiers.versions.closed_since(start, limit=SHOWN)
    if door.json:
        was = [{"id": version.item_id, "text": version.content} for version in gone]
        emit({"id": item.id, "text": item.content, "gave_way": was})
        return
    for version in gone:
        say(f"gave way: {one_line(version.content)}")
    say(f"{item.id} holds now: {one_line(item.content)}")


async def supersede(
    door: Door,
    item_id: Id,
    text: Annotated[str, typer.Argument(help="What is true now.")],
    reason: Reason = None,
) -> None:
    """Put something new in an item's place; the old is found only as of its time."""
    async with door.open() as memory:
        item_id = await whole(memory, item_id)
        item = await memory.supersede(item_id, text, reason=reason or "superseded")
    emit({"id": item.id, "supersedes": item_id}) if door.json else say(f"{item.id} is in its place")


async def reject(door: Door, item_id: Id, reason: Reason = None) -> None:
    """Take out what is wrong, and keep its words from coming back."""
    async with door.open() as memory:
        item_id = await whole(memory, item_id)
        await memory.reject(item_id, **_given(reason))
    emit({"rejected": item_id}) if door.json else say(f"{item_id} is rejected")


async def retire(door: Door, item_id: Id, reason: Reason = None) -> None:
    """Take out what is of no use any more."""
    async with door.open() as memory:
        item_id = await whole(memory, item_id)
        await memory.retire(item_id, **_given(reason))
    emit({"retired": item_id}) if door.json else say(f"{item_id} is retired")


async def release(
    door: Door,
    text: Annotated[str, typer.Argument(help="What is meant, or `everything about` someone.")],
    reason: Reason = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
) -> None:
    """Take what a text means out of every search; it stays in history."""
    async with door.open() as memory:
        report = await memory.release(text, dry_run=dry_run, **_given(reason))
    if door.json:
        emit(report.as_record())
        return
    done = "would go" if dry_run else "is released"
    for item_id, said in report.released.items():
        rest = report.shortened.get(item_id)
        say(f"{item_id} {done}: {said}" + (f" (stays: {rest})" if rest else ""))
    for item_id, why in report.kept.items():
        say(f"{item_id} stays: {why}")
    if not (report.released or report.kept):
        say("nothing speaks of it")


async def forget(
    door: Door,
    filters: Filters,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help=ID_HELP)] = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(help="All that names this subject; repeat it for other names."),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Do not read the subject as a description.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase items for good: rows, all that came of them, and their bytes on the disk."""
    given: dict[str, Any] = {"subject": subject or None, **filters.selection()}
    async with door.open() as memory:
        given["ids"] = [await whole(memory, i) for i in ids or ()] or None
        look = await memory.forgettable(exact=exact, limit=SHOWN, **given)
        unknown = _unknown(given["ids"], look)
        if unknown and not look.report.forgotten and not look.report.kept:
            raise typer.Exit(FAILED)
        if not dry_run and not yes and not _agreed(look):
            raise typer.Exit(FAILED)
        report = look.report if dry_run else await memory.forget(exact=exact, **given)
    if door.json:
        emit(report.as_record() | ({"would_erase": _entries(look)} if dry_run else {}))
        return
    if dry_run:
        _show(look)
    _tell(report)
    if not dry_run:
        say("backups made before still hold what they held")


def _tell(report: ForgetReport) -> None:
    """How the subject was read, what went, and what is left of it."""
    read = {"read as": report.reading} if report.reading else {}
    facts({**read, **report.counts, "bytes": f"{report.state}: {report.detail}"})
    for item_id, reason in report.kept.items():
        say(f"{item_id} stays: {reason}")
    for place in report.traces or ():
        complain(f"a trace is left in {place}")


def _unknown(ids: list[str] | None, look: Forgettable) -> list[str]:
    """Those of the ids under which there is nothing; each is complained of."""
    known = {*look.ids, *look.report.kept}
    unknown = [i for i in dict.fromkeys(ids or ()) if i not in known]
    for item_id in unknown:
        complain(f"no item with id {item_id!r} here")
    return unknown


def _agreed(look: Forgettable) -> bool:
    count = look.report.forgotten
    if not is_terminal():
        complain(f"this would erase {count} items for good; say --yes, or look with --dry-run")
        return False
    _show(look)
    return typer.confirm(f"erase {count} items for good?")


def _entries(look: Forgettable) -> list[dict[str, str]]:
    """What would go, as far as it is shown: an earlier version under its item's id."""
    from engrammic.stores.versions import Version

    def entry(item: Item | Version) -> dict[str, str]:
        if isinstance(item, Version):
            return {"id": item.item_id, "kind": f"earlier {item.kind}", "text": item.content}
        return {"id": item.id or "", "kind": item.kind, "text": item.content}

    return [entry(item) for item in look.items]


def _show(look: Forgettable) -> None:
    entries = _entries(look)
    if entries:
        table(("id", "kind", "text"), [tuple(entry.values()) for entry in entries])
    if (more := look.report.forgotten - len(entries)) > 0:
        say(f"and {more} more")


def _given(reason: str | None) -> dict[str, str]:
    return {} if reason is None else {"reason": reason}
