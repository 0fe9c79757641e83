"""The upkeep of a SQLite file: housekeeping, examining, mending, copies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from engrammic.backend import Health
from engrammic.backends.sqlite import backlog, copying, diagnosis, housekeeping, mending, scrubbing
from engrammic.backends.sqlite.diagnosis import TermsPart
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.ranked import RankedSearch
from engrammic.backends.sqlite.tables import NEW_EPOCH
from engrammic.backends.sqlite.translation import translated
from engrammic.scrubbing import Scrubbed

T = TypeVar("T")

DAMAGE = (apsw.CorruptError, apsw.ConstraintError, apsw.SQLError)
"""What a damaged text index fails with."""


class Upkeep(RankedSearch):
    """What keeps the file of a SQLite backend sound."""

    async def optimize(self) -> None:
        """Merge the text indexes, refresh statistics, copy the log into the file."""

        def indexed(connection: apsw.Connection, _here: bool) -> None:
            for layout in self._tables.known():
                if layout.terms:
                    backlog.index(connection, self._partitions, layout)

        with self._translated():
            await self._transactions.run(indexed)

        def optimized(connection: apsw.Connection) -> None:
            with self._connections.copying:
                housekeeping.optimize(connection, self._tables)

        await self._outside(optimized)

    async def scrub(self) -> Scrubbed:
        """As `Backend.scrub`: the file is written anew, and the log cut to nothing."""

        def work() -> Scrubbed:
            connection = self._connections.writing()
            with self._translated(), self._connections.copying:
                return scrubbing.scrub(connection, self._tables, self.path)

        return await self._connections.write(work)

    async def health(self) -> Health:
        """As `Backend.health`, with the file's size and settings."""
        self._connections.ensure_there()
        return await self._read(lambda connection: diagnosis.health(connection, self.path))

    async def diagnose(self) -> list[str]:
        """As `Backend.diagnose`: integrity, text indexes with rank, counts, vectors."""
        found = await self._outside(lambda c: diagnosis.problems(c, self._tables))
        for layout in self._tables.known():
            found += (await self._terms_problems(layout)).values()
        return found

    async def repair(self) -> list[str]:
        """As `Backend.repair`: text indexes from the words stored, vectors to their records."""
        done = await self._mended(lambda c: mending.mend_base(c, self._tables))
        for layout in self._tables.known():
            done += await self._mended(partial(mending.mend_vectors, layout=layout))
            # In a transaction of their own: nothing is left of what a damaged index began.
            if damaged := await self._terms_problems(layout):
                parts = self._partitions
                again = partial(mending.make_anew, partitions=parts, layout=layout, parts=damaged)
                done += await self._mended(again)
        return done

    async def _mended(self, work: Callable[[apsw.Connection], Iterable[str]]) -> list[str]:
        """What `work` did, in one transaction; who keeps anything of the file begins anew."""

        def mending(connection: apsw.Connection) -> list[str]:
            done = list(work(connection))
            if done:
                connection.execute(NEW_EPOCH)
            return done

        done = await self._write(mending)
        if done:
            self._partitions.forget()
            self._derived.forget()
        return done

    async def stats(self) -> dict[str, Any]:
        """As `Backend.stats`, with the bytes of all pages, wherever a checkpoint has put them."""
        return await super().stats() | {"bytes": await self._read(diagnosis.content_bytes)}

    async def backup(self, path: Path) -> None:
        """As `Backend.backup`: SQLite's online copy of one snapshot, checked."""
        self._connections.ensure_open()
        self._connections.ensure_there()
        await asyncio.to_thread(copying.back_up, self.path, self._connections.timeout, Path(path))

    async def restore(self, path: Path) -> None:
        """As `Backend.restore`: one transaction into the live file, under a new epoch."""

        def work() -> None:
            self._connections.ensure_there()
            copying.restore(self.path, self._connections.timeout, Path(path))
            with translated(self.path):
                self._tables.found(self._connections.writing())

        await self._connections.write(work)

    async def _terms_problems(self, layout: Layout) -> dict[TermsPart, str]:
        """What is wrong with a table's text indexes. No row waits any more."""
        parts = await self._outside(lambda c: diagnosis.terms_parts(c, layout))
        found: dict[TermsPart, str] = {}
        for part in parts:
            problem = await self._terms_problem(layout, part)
            if problem:
                index = layout.terms_table(part.number)
                told = f"{layout.schema.name}: the text index {index} {problem}"
                found[part] = f"{told}; {diagnosis.WORDS}"
        return found

    async def _terms_problem(self, layout: Layout, part: TermsPart) -> str | None:
        def work(connection: apsw.Connection, _here: bool) -> str | None:
            return diagnosis.terms_problem(connection, self._partitions, layout, part)

        try:
            return await self._transactions.run(work)
        except DAMAGE as error:
            return f"is damaged ({error})"

    async def _outside(self, work: Callable[[apsw.Connection], T]) -> T:
        with self._translated():
            return await self._connections.write(lambda: work(self._connections.writing()))

    async def _write(self, work: Callable[[apsw.Connection], T]) -> T:
        """For what may alter the schema or the epoch."""

        def altering(connection: apsw.Connection, _here: bool) -> T:
            try:
                return work(connection)
            finally:
                self._transactions.forget()

        with self._translated():
            return await self._transactions.run(altering)
