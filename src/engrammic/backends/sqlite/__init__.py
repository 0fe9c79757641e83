"""SQLite, the embedded default: one file, and the file is the truth.

Records, terms and vectors of a change list are written in one transaction
with an fsync at its end; the text index (FTS5) may take the terms later, before
a search looks. The vector index is derived from the file, so several processes
may share it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar

import apsw

from engrammic.backend import Capabilities, Decide
from engrammic.backends.sqlite.connection import Connections
from engrammic.backends.sqlite.exporting import exported
from engrammic.backends.sqlite.inside import Inside, driven
from engrammic.backends.sqlite.locating import locate, refuse_network
from engrammic.backends.sqlite.reading import (
    chosen,
    condition,
    decoder,
    is_short,
    select,
)
from engrammic.backends.sqlite.transactions import TooLong, is_brief
from engrammic.backends.sqlite.upkeep import Upkeep
from engrammic.backends.sqlite.writing import Writer, prepared
from engrammic.changes import Change, checked
from engrammic.errors import ConnectionFailed
from engrammic.filters import Filter
from engrammic.reads import check_after, check_limit
from engrammic.records import cleaner
from engrammic.types import Order, Record, Schema

T = TypeVar("T")

__all__ = ["SqliteBackend"]


class SqliteBackend(Upkeep):
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
        """As `Backend.ensure_table`; costs nothing when nothing is missing."""
        await self.ensure_tables([schema])

    async def ensure_tables(self, schemas: Sequence[Schema]) -> None:
        """As `Backend.ensure_tables`: what is missing is made in one transaction."""
        for schema in schemas:
            cleaner(schema)
        self._connections.ensure_open()
        missing = [schema for schema in schemas if not self._tables.is_declared(schema)]
        if missing:
            await self._write(lambda connection: self._tables.declare(connection, missing))

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: one transaction, on disk when it returns."""
        if not checked(changes):
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
            changes = checked(driven(decide(Inside(connection, layouts, here))))
            if here and not is_brief(changes, layouts):
                raise TooLong
            ready = [prepared(c, layouts(c.table)) for c in changes]
            return Writer(connection, layouts, self._partitions).run(ready)

        with self._translated():
            return await self._transactions.run(work, brief=True)

    async def unoccupied(self) -> None:
        """As `Backend.unoccupied`: a commit is SQLite's own."""
        await self._transactions.occupied.over()

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
        with self._translated(), self._connections.here() as connection:
            row = connection.execute(layout.point_read, values).fetchone()
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
            self._derived.forget()

        await self._write(work)

    async def close(self) -> None:
        """Finish queued writes, copy the log into the file, close; from any loop and thread."""
        if not self._connections.finished:
            with self._translated():
                await asyncio.to_thread(self._connections.close)
