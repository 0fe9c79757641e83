"""The tools that store, correct and release."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from engrammic.clock import iso
from engrammic.errors import InvalidInput
from engrammic.items import Note
from engrammic.mcp import arguments as takes
from engrammic.mcp.answers import MOST_SHOWN, Answer, Told, done, plain, staying, told
from engrammic.mcp.session import Session

if TYPE_CHECKING:
    from engrammic.memory import Memory
    from engrammic.releasing import Released


async def remember(session: Session, given: takes.Remember) -> Answer:
    """The id of the note as stored."""
    values = given.model_dump()
    note_id, values["metadata"] = values.pop("id"), values["metadata"] or {}
    async with session.storing():
        memory = await session.memory()
        note = note_id and await memory.notes.change(note_id, **values)
        if not note:
            note = await memory.remember(values.pop("content"), id=note_id, **values)
    assert isinstance(note, Note)
    assert isinstance(note.created_at, int)
    return plain(
        {
            "id": note.note_id,
            "memory_type": note.memory_type,
            "created_at": iso(note.created_at),
            "pending": memory.embedder is None,
        }
    )


async def correct(session: Session, given: takes.Correct) -> Answer:
    """What is stored now, and what gave way to it."""
    if (given.id is None) == (given.text is None):
        raise InvalidInput("text", "say what is wrong by text or by id, one of the two")
    async with session.storing():
        memory = await session.memory()
        start = memory.clock()
        item = await _corrected(memory, given)
    gone = await memory.tiers.versions.closed_since(start, limit=MOST_SHOWN)
    entries = [told(item, "holds now"), *(told(version, "gave way") for version in gone)]
    notices = [] if gone else ["it was stored already; nothing had to give way"]
    return done({"id": item.id, "gave_way": len(gone)}, notices, entries)


async def _corrected(memory: Memory, given: takes.Correct) -> Any:
    reason = given.reason or "corrected"
    if given.id is not None:
        return await memory.supersede(given.id, given.content, reason=reason)
    return await memory.correct(given.text or "", given.content, reason=reason)


async def release(session: Session, given: takes.Release) -> Answer:
    """What went out of search, and what stays."""
    async with session.storing():
        memory = await session.memory()
        report = await memory.release(given.text, dry_run=given.dry_run)
    verb = "would_release" if given.dry_run else "released"
    values: dict[str, Any] = {verb: len(report.released), "shortened": len(report.shortened)}
    if report.kept:
        values["kept"] = Counter(report.kept.values())
    notices = []
    if not (report.released or report.kept):
        notices.append("nothing here speaks of it")
    elif given.dry_run:
        notices.append("nothing is released yet; call again without dry_run to do it")
    return done(values, notices, _entries(report))


def _entries(report: Released) -> list[Told]:
    """What stays, and then what went."""
    went = [
        Told(item_id, ("shortened; what is left:",), report.shortened[item_id])
        if item_id in report.shortened
        else Told(item_id, ("goes",), said)
        for item_id, said in report.released.items()
    ]
    return staying(report.kept) + went
