"""SQLite, the embedded default: one file, and the file is the truth.

Records, terms (FTS5) and vectors of a change list are written in one
transaction with an fsync at its end. The vector index is derived from the
file, so several processes may share it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import apsw

from engrammic.backend import Capabilities, Decide, Health
from engrammic.backends.sqlite import backlog, copying, diagnosis, scrubbing
from engrammic.backends.sqlite.connection import Connections, locate, refuse_network
from engrammic.backends.sqlite.exporting import exported
from engrammic.backends.sqlite.inside import Inside, driven
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.ranked import RankedSearch
from engrammic.backends.sqlite.reading import (
    chosen,
    condition,
    decoder,
    is_short,
    select,
)
from engrammic.backends.sqlite.transactions import TooLong, is_brief
from engrammic.backends.sqlite.translation import translated
from engrammic.backends.sqlite.writing import Writer, prepared
from engrammic.changes import Change
from engrammic.errors import ConnectionFailed
from engrammic.filters import Filter
from engrammic.reads import check_after, check_limit
from engrammic.records import cleaner
from engrammic.scrubbing import Scrubbed
from engrammic.types import Order, Record, Schema

T = TypeVar("T")

__all__ = ["SqliteBackend"]


class SqliteBackend(RankedSearch):
    """One SQLite file, shared safely by threads, tasks and processes."""

    scheme: ClassVar[str] = "sqlite"
    capabilities: Capabilities = Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=True,
        text=True,
        processes=True,
        durable="commit",
    )

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open or create the file at `sqlite:///path`, a path, or a directory."""
        path, timeout = locate(url)
        refuse_network(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConnectionFailed(f"cannot create {path.parent}: {error.strerror}") from error
        backend = cls(Connections(path, timeout))
        try:
            await backend._write(backend._tables.found)
        except BaseException:
            backend._connections.close()
            raise
        return backend

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`; costs one read when nothing is missing."""
        cleaner(schema)
        with self._translated():
            if not self._tables.is_declared(self._connections.here(), schema):
                await self._write(lambda connection: self._tables.declare(connection, schema))

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: one transaction, on disk when it returns."""
        if not changes:
            return 0
        layouts = self._tables.layout
        ready = [prepared(c, layouts(c.table)) for c in changes]

        def work(connection: apsw.Connection, _here: bool) -> int:
            return Writer(connection, layouts, self._partitions).run(ready)

        with self._translated():
            return await self._transactions.run(work, brief=is_brief(ready, layouts))

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`: reads and changes in one transaction, in place if all is short."""
        layouts = self._tables.layout

        def work(connection: apsw.Connection, here: bool) -> int:
            changes = driven(decide(Inside(connection, layouts, here)))
            if here and not is_brief(changes, layouts):
                raise TooLong
            ready = [prepared(c, layouts(c.table)) for c in changes]
            return Writer(connection, layouts, self._partitions).run(ready)

        with self._translated():
            return await self._transactions.run(work, brief=True)

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        """As `Backend.query`; a short read along an index runs in place."""
        layout = self._tables.layout(table)
        check_limit(limit)
        names = chosen(layout, columns)
        sql, values = select(layout, where, order, after, limit, names)
        decode = decoder(layout, names)

        def work(connection: apsw.Connection) -> list[Record]:
            return [decode(row) for row in connection.execute(sql, values)]

        return await self._read(work, here=is_short(layout, where, order, limit))

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`, without another thread."""
        layout = self._tables.layout(table)
        values = layout.key_of(key)
        with self._translated():
            row = self._connections.here().execute(layout.point_read, values).fetchone()
        return None if row is None else decoder(layout, layout.stored)(row)

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """As `Backend.export`, from one snapshot."""
        layout = self._tables.layout(table)
        check_limit(limit)
        if after is not None:
            check_after(layout.schema, None, after)
        return await self._read(lambda c: exported(c, layout, after, limit))

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        layout = self._tables.layout(table)
        text, values = condition(layout, where)
        sql = f"select count(*) from {layout.table} as t where {text}"
        return await self._read(lambda connection: int(connection.execute(sql, values).get))

    async def tables(self) -> list[Schema]:
        """As `Backend.tables`."""
        return await self._read(self._tables.found)

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`; other processes' matrices start anew."""

        def work(connection: apsw.Connection) -> None:
            self._tables.drop(connection, table)
            self._partitions.forget()
            self._matrices.forget()

        await self._write(work)

    async def optimize(self) -> None:
        """Merge the text indexes, refresh statistics, copy the log into the file."""

        def indexed(connection: apsw.Connection, _here: bool) -> None:
            for layout in self._tables.known():
                if layout.terms:
                    backlog.index(connection, self._partitions, layout)

        with self._translated():
            await self._transactions.run(indexed)
        await self._outside(lambda connection: diagnosis.optimize(connection, self._tables))

    async def scrub(self) -> Scrubbed:
        """As `Backend.scrub`: the file is written anew, and the log cut to nothing."""

        def work() -> Scrubbed:
            connection = self._connections.writing()
            with self._translated():
                return scrubbing.scrub(connection, self._tables, self.path)

        return await self._connections.write(work)

    async def health(self) -> Health:
        """As `Backend.health`, with the file's size and settings."""
        return await self._read(lambda connection: diagnosis.health(connection, self.path))

    async def diagnose(self) -> list[str]:
        """As `Backend.diagnose`: integrity, text indexes with rank, counts, vectors."""
        found = await self._outside(lambda c: diagnosis.problems(c, self._tables))
        for layout in self._tables.known():
            found += await self._terms_problems(layout)
        return found

    async def stats(self) -> dict[str, Any]:
        """As `Backend.stats`, with the bytes of all pages, wherever a checkpoint has put them."""
        return await super().stats() | {"bytes": await self._read(diagnosis.content_bytes)}

    async def backup(self, path: Path) -> None:
        """As `Backend.backup`: SQLite's online copy of one snapshot, checked."""
        self._connections.ensure_open()
        await asyncio.to_thread(copying.back_up, self.path, self._connections.timeout, Path(path))

    async def restore(self, path: Path) -> None:
        """As `Backend.restore`: one transaction into the live file, under a new epoch."""

        def work() -> None:
            copying.restore(self.path, self._connections.timeout, Path(path))
            with translated(self.path):
                self._tables.found(self._connections.writing())

        await self._connections.write(work)

    async def close(self) -> None:
        """Finish queued writes, copy the log into the file, close."""
        if not self._connections.closed:
            await asyncio.to_thread(self._connections.close)

    async def _terms_problems(self, layout: Layout) -> list[str]:
        def work(connection: apsw.Connection, _here: bool) -> list[str]:
            return list(diagnosis.terms_problems(connection, self._partitions, layout))

        with self._translated():
            return await self._transactions.run(work) if layout.terms else []

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
