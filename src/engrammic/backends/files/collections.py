"""Tables as folders of JSON documents, with one writer at a time among all processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from engrammic.backends.files import disk, journal
from engrammic.backends.files.documents import document
from engrammic.backends.files.journal import Step
from engrammic.backends.files.shelf import Shelf
from engrammic.emulation.collections import Collections, Outcome
from engrammic.errors import InvalidInput, Locked, StorageError
from engrammic.filters import Filter
from engrammic.keys import Key
from engrammic.turns import Turns
from engrammic.types import Record, Schema

LOCK = ".lock"
COUNTER = ".changes"
PAUSE = 0.005
AT_ONCE = 1000


class FileCollections(Collections):
    """Records are kept in memory as well; a counter of all writes tells when to look again."""

    searches = False
    shared = True

    def __init__(self, base: Path, backups: int, pretty: bool, timeout: float) -> None:
        self.base = base
        self.backups = backups
        self.pretty = pretty
        self.timeout = timeout
        self._shelves: dict[str, tuple[str, Shelf]] = {}
        self._lock = open(base / LOCK, "ab")  # noqa: SIM115 -- held until the handle closes
        self._held = False
        self._turns = Turns()

    def exclusively(self) -> AbstractAsyncContextManager[None]:
        """As `Collections.exclusively`: the lock file, waited for; an unfinished list first."""
        return self._exclusively()

    @asynccontextmanager
    async def _exclusively(self) -> AsyncIterator[None]:
        """In turn on this handle, since the system's lock lets its own holder in again."""
        async with self._turns, self._locked():
            yield

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        end = time.monotonic() + self.timeout
        while not self._taken():
            if time.monotonic() > end:
                raise Locked(f"{self.base} is being written by another process; try again")
            await asyncio.sleep(PAUSE)
        self._held = True
        try:
            self._ensure_there()
            with disk.told(self.base):
                if steps := journal.pending(self.base):
                    await asyncio.to_thread(self._carry_out, steps)
            yield
        finally:
            self._held = False
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _ensure_there(self) -> None:
        """Raise StorageError where others would wait at another lock than this handle."""
        try:
            there = os.path.samestat(os.stat(self.base / LOCK), os.fstat(self._lock.fileno()))
        except (FileNotFoundError, NotADirectoryError):
            there = False
        if not there:
            raise StorageError(
                f"{self.base} was deleted, moved or replaced while it was open; open it again"
            )

    async def commit(self, outcomes: Sequence[Outcome]) -> None:
        """All or nothing: noted first, then carried out, and carried out later if cut off."""
        with disk.told(self.base):
            await asyncio.to_thread(self._commit, outcomes)

    def _commit(self, outcomes: Sequence[Outcome]) -> None:
        shelves = [self._shelf(o.schema) for o in outcomes]
        steps = [s for o, shelf in zip(outcomes, shelves, strict=True)
                 for s in self._steps(o, shelf)]  # fmt: skip
        if len(steps) > 1:
            journal.note(self.base, steps)
        known = self._counter()
        self._carry_out(steps)
        for outcome, shelf in zip(outcomes, shelves, strict=True):
            shelf.written(outcome)
        # What stands in other shelves is as current as it was.
        for name, (seen, shelf) in list(self._shelves.items()):
            if seen == known:
                self._shelves[name] = self._counter(), shelf

    def _steps(self, outcome: Outcome, shelf: Shelf) -> list[Step]:
        saved = [
            Step(shelf.path(key), document(outcome.schema, record, self.pretty))
            for key, record in outcome.saved.items()
        ]
        return [*saved, *(Step(shelf.path(key), None) for key in outcome.erased)]

    def _carry_out(self, steps: Sequence[Step]) -> None:
        journal.carry_out(self.base, steps, self.backups)
        self._count()

    def _count(self) -> None:
        disk.write(self.base / COUNTER, f"{int(self._counter() or 0) + 1}\n".encode())

    def _counter(self) -> str:
        try:
            return (self.base / COUNTER).read_text().strip()
        except FileNotFoundError:
            return ""

    async def version(self) -> str | None:
        """The count of all writes."""
        return self._counter()

    def _shelf(self, schema: Schema) -> Shelf:
        counter = self._counter()
        seen, shelf = self._shelves.get(schema.name, ("", None))
        if shelf is None or shelf.schema != schema:
            seen, shelf = "none", Shelf(self.base, schema)
        if seen != counter:
            shelf.refresh()
            self._shelves[schema.name] = counter, shelf
        return shelf

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """A folder; documents have no shape that would have to grow."""
        with disk.told(self.base):
            disk.make(self.base / Shelf(self.base, schema).folder)

    async def drop(self, schema: Schema) -> None:
        """The folder with its backups."""
        self._shelves.pop(schema.name, None)
        with disk.told(self.base):
            folder = self.base / Shelf(self.base, schema).folder
            await asyncio.to_thread(shutil.rmtree, folder, True)
            self._count()

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As a list of its own."""
        shelf = self._shelf(schema)
        names = [tuple(r[n] for n in schema.key) for r in records]
        outcome = Outcome(shelf.schema, dict(zip(names, records, strict=True)))
        await self.commit([outcome])

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As a list of its own."""
        await self.commit([Outcome(schema, erased=set(keys))])

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """From memory."""
        shelf = await self._current(schema)
        return [dict(shelf.records[k]) for k in keys if k in shelf.records]

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """From memory, narrowed by the filter itself."""
        records = list((await self._current(schema)).records.values())
        for start in range(0, len(records), AT_ONCE):
            yield [dict(r) for r in records[start : start + AT_ONCE]]

    async def _current(self, schema: Schema) -> Shelf:
        self._ensure_there()
        if not self._held and (self.base / journal.NAME).exists():
            async with self._exclusively():  # a list is being carried out, or was cut off
                pass
        seen, shelf = self._shelves.get(schema.name, ("", None))
        if shelf is not None and seen == self._counter() and shelf.schema == schema:
            return shelf
        with disk.told(self.base):
            return await asyncio.to_thread(self._shelf, schema)

    def expire(self) -> int:
        """Remove every former version; how many. Held exclusively."""
        former = [p for p in self.base.rglob(f"*{disk.BACKUP}") if p.is_file()]
        for path in former:
            path.unlink()
        disk.sync({path.parent for path in former})
        return len(former)

    def copy(self, path: Path) -> None:
        """Copy every folder to `path`. Held exclusively."""
        if path.exists():
            raise InvalidInput("path", f"{path} is there already")
        part = path.with_name(path.name + disk.PART)
        shutil.copytree(self.base, part, ignore=shutil.ignore_patterns(LOCK))
        part.rename(path)
        disk.sync([path.parent])

    def replace(self, copy: Path) -> None:
        """Put the folders of a copy in the place of ours. Held exclusively."""
        if not (copy / COUNTER).is_file():
            raise InvalidInput("path", f"{copy} is no folder that `backup` made")
        for entry in [e for e in self.base.iterdir() if e.is_dir()]:
            shutil.rmtree(entry)
        for entry in [e for e in copy.iterdir() if e.is_dir()]:
            shutil.copytree(entry, self.base / entry.name)
        self._shelves.clear()
        self._count()

    async def health(self) -> dict[str, Any]:
        """Room on the disk."""
        self._ensure_there()
        usage = shutil.disk_usage(self.base)
        return {"free_bytes": usage.free, "writable": os.access(self.base, os.W_OK)}

    async def close(self) -> None:
        """Give the lock back."""
        self._lock.close()
