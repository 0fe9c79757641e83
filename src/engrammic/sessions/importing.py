"""Importing files into the stores: streamed, again and again without doubling anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from os.path import realpath
from pathlib import Path
from typing import Any, TypeAlias

from engrammic.errors import InvalidInput
from engrammic.filters import eq
from engrammic.items import Conversation, Message, Note
from engrammic.sessions import markdown
from engrammic.sessions.files import EMPTY, find
from engrammic.sessions.formats import read
from engrammic.sessions.lines import BadLine, Item
from engrammic.sessions.storable import refusal
from engrammic.sessions.values import clean
from engrammic.stores.conversations import ConversationStore
from engrammic.stores.items import BATCH
from engrammic.stores.messages import MessageStore
from engrammic.stores.notes import NoteStore

Progress: TypeAlias = Callable[[int, int, Path], None]
"""Called with the bytes read, the bytes in all, and the file at hand."""

_STORED_TIMES = ("created_at", "updated_at")


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    `kept_out` were forgotten or released, and do not come back; `skipped` are bad
    lines and files that nothing reads.
    """

    files: int = 0
    conversations: int = 0
    messages_added: int = 0
    notes_added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept_out: int = 0
    skipped: list[BadLine] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        counts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "skipped"}
        lines = [{"path": str(b.path), "line": b.line, "reason": b.reason} for b in self.skipped]
        return {**counts, "skipped": lines}


@dataclass(slots=True)
class Importer:
    """Brings files into the memory of one scope.

    What is stored already and equal is left alone. A section that an edited
    file no longer has is deleted; messages never are, nor what a user
    remembered. A part that no store takes is reported, and the rest goes in.
    """

    messages: MessageStore
    conversations: ConversationStore
    notes: NoteStore
    report: ImportReport = field(default_factory=ImportReport)

    async def run(
        self, paths: Iterable[str | Path], progress: Progress | None = None
    ) -> ImportReport:
        """Import files and folders. Raises InvalidInput when there is nothing to read."""
        found = find(paths)
        self.report.skipped += found.skipped
        for empty in found.skipped:
            if empty.reason == EMPTY:
                await self._forget_gone(empty.path, set())
        if not found.files and not self.report.removed:
            reasons = "; ".join(f"{b.path}: {b.reason}" for b in found.skipped[:3])
            raise InvalidInput("paths", f"no file to import{': ' + reasons if reasons else ''}")
        sizes = [path.stat().st_size for path in found.files]
        done = 0
        for path, size in zip(found.files, sizes, strict=True):
            if progress:
                progress(done, sum(sizes), path)
            await self._file(path)
            self.report.files += 1
            done += size
        if progress and found.files:
            progress(done, done, found.files[-1])
        return self.report

    async def _file(self, path: Path) -> None:
        messages: list[Message] = []
        notes: list[Note] = []
        sections: set[str] = set()
        bad = len(self.report.skipped)
        for item in _items(path):
            if isinstance(item, BadLine):
                self.report.skipped.append(item)
            elif isinstance(item, Conversation):
                self.report.conversations += await self.conversations.merge(item)
            elif isinstance(item, Note):
                notes.append(item)
                sections.add(_id(item.note_id))
            else:
                messages.append(item)
            if len(messages) >= BATCH:
                await self._messages(messages)
                messages = []
            if len(notes) >= BATCH:
                await self._notes(notes)
                notes = []
        await self._messages(messages)
        await self._notes(notes)
        if len(self.report.skipped) == bad:  # what could not be read is not gone
            await self._forget_gone(path, sections)

    async def _messages(self, messages: Sequence[Message]) -> None:
        out = await self.messages.barred([_id(m.message_id) for m in messages])
        self.report.kept_out += len(out)
        messages = [m for m in messages if m.message_id not in out]
        stored = await self.messages.existing([_id(m.message_id) for m in messages])
        new = [m for m in messages if m.message_id not in stored]
        changed = [c for m in messages if (c := _changed(m, stored.get(_id(m.message_id))))]
        await self.messages.add_batch([*new, *changed])
        self._count(len(messages), len({m.message_id for m in new}), len(changed))
        self.report.messages_added += len({m.message_id for m in new})

    async def _notes(self, notes: Sequence[Note]) -> None:
        out = await self.notes.barred([_id(n.note_id) for n in notes])
        self.report.kept_out += len(out)
        notes = [n for n in notes if n.note_id not in out]
        stored = await self.notes.existing([_id(n.note_id) for n in notes])
        new = [n for n in notes if n.note_id not in stored]
        changed = [c for n in notes if (c := _changed(n, stored.get(_id(n.note_id))))]
        await self.notes.add_batch([*new, *changed])
        self._count(len(notes), len(new), len(changed))
        self.report.notes_added += len(new)

    async def _forget_gone(self, path: Path, kept: set[str]) -> None:
        """Delete the sections that a text file had and has no more."""
        if path.suffix.lower() not in markdown.SUFFIXES:
            return
        for note in await self.notes.list(eq("source", _source(path))):
            if markdown.is_section(note) and note.note_id not in kept:
                self.report.removed += await self.notes.delete(_id(note.note_id))

    def _count(self, total: int, new: int, changed: int) -> None:
        self.report.changed += changed
        self.report.unchanged += total - new - changed


def _items(path: Path) -> Iterator[Item]:
    """The items of a file; one that fails while it is read ends in a BadLine."""
    try:
        for item in read(path):
            # Readers check what stands on a line; a conversation is gathered from many.
            reason = refusal(item) if isinstance(item, Conversation) else None
            yield item if reason is None else BadLine(path, None, reason)
    except (OSError, InvalidInput) as error:  # it was changed since it was found
        yield BadLine(path, None, f"cannot be read: {error}")


def _source(path: Path) -> str:
    """The source of the notes that the file became."""
    return str(clean(realpath(path))[0])


def _id(given: str | None) -> str:
    assert given is not None  # readers give every item its id
    return given


def _changed(item: Any, stored: Any) -> Any:
    """The item with the stored times, when anything but them differs; else None."""
    if stored is None:
        return None
    undated = item.metadata.get("undated", isinstance(item, Note))
    times = {n: getattr(stored, n) for n in _STORED_TIMES if hasattr(stored, n) and undated}
    item = replace(item, **times)
    return None if _content(item) == _content(stored) else item


def _content(item: Any) -> dict[str, Any]:
    return {
        f.name: getattr(item, f.name)
        for f in fields(item)
        if f.name not in ("updated_at",) and getattr(item, f.name) is not None
    }
