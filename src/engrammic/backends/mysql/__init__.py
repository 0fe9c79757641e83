"""MySQL and MariaDB: one transaction for records, vectors and terms.

Writers stand in line for one row of the database, so that each sees what the
one before it wrote. Neither server compares vectors: each process compares
those of a partition itself, and keeps them current by a list of changes that
is written in the same transactions.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self, TypeVar

from asyncmy.errors import MySQLError

from engrammic import reads
from engrammic.backend import Capabilities, Health
from engrammic.backends.mysql.connection import (
    BUSY,
    MysqlPool,
    MysqlSession,
    code_of,
    is_lost,
    translated,
)
from engrammic.backends.mysql.foundation import lay_foundation
from engrammic.backends.mysql.matrix import RETAINED, Matrix
from engrammic.backends.mysql.searching import at_once, nearest
from engrammic.errors import Locked
from engrammic.filters import Filter
from engrammic.sql.backend import SqlBackend, Work
from engrammic.sql.layout import Layout
from engrammic.sql.session import Session
from engrammic.sql.urls import server_url
from engrammic.types import Scored, Vector

T = TypeVar("T")

__all__ = ["MysqlBackend"]

ATTEMPTS = 20


class MysqlBackend(SqlBackend):
    """One database of a MySQL or MariaDB server."""

    scheme: ClassVar[str] = "mysql"
    capabilities: Capabilities = Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=False,
        text=False,
        processes=True,
        durable="commit",
    )
    pool: MysqlPool

    def __init__(self, pool: MysqlPool) -> None:
        super().__init__(pool)
        self._matrices: dict[tuple[str, str, Any], Matrix] = {}

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open `mysql://user:password@host:port/database?timeout=...`."""
        found = server_url(url, port=3306, user="root", known=frozenset())
        backend = cls(MysqlPool(found))
        try:
            async with backend._session() as session:
                backend.dialect = await lay_foundation(session)  # type: ignore[misc]
                await backend._renew(session)
        except BaseException:
            await backend.pool.close()
            raise
        return backend

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[MysqlSession]:
        with translated(self.pool.name):
            async with self.pool.connection() as connection:
                yield MysqlSession(connection)

    async def _read(self, work: Work[T], *, snapshot: bool = False) -> T:
        for again in (True, False):
            try:
                return await self._read_once(work, snapshot)
            except (MySQLError, OSError) as error:
                if not (again and is_lost(error)):
                    with translated(self.pool.name):
                        raise
                self.pool.forget()
        raise AssertionError

    async def _read_once(self, work: Work[T], snapshot: bool) -> T:
        async with self.pool.connection() as connection:
            session = MysqlSession(connection)
            if not snapshot:
                return await work(session)
            await session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            async with _transaction(session, "START TRANSACTION READ ONLY"):
                return await work(session)

    async def _write(self, work: Work[T]) -> T:
        for attempt in range(ATTEMPTS):
            committing: list[bool] = []
            try:
                return await self._write_once(work, committing)
            except (MySQLError, OSError) as error:
                if is_lost(error) and attempt == 0 and not committing:
                    self.pool.forget()
                elif code_of(error) not in BUSY or code_of(error) == 1205:
                    with translated(self.pool.name):
                        raise
            await asyncio.sleep(random.uniform(0, 0.005 * (attempt + 1)))  # noqa: S311 - no secret
        raise Locked(f"{self.pool.name}: others wrote meanwhile, {ATTEMPTS} times; try again")

    async def _write_once(self, work: Work[T], committing: list[bool]) -> T:
        async with self.pool.connection() as connection:
            session = MysqlSession(connection)
            # All who write hold the one row: what they read is what the last one left.
            await session.run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            async with _transaction(session, "START TRANSACTION", committing):
                await session.rows(_TURN)
                return await work(session)

    @asynccontextmanager
    async def _declaring(self) -> AsyncIterator[Session]:
        # CREATE and ALTER end a transaction, so that another connection keeps writers out.
        async with self._session() as first, _transaction(first, "START TRANSACTION"):
            await first.rows(_TURN)
            async with self._session() as session:
                yield _Declaring(session.connection)

    async def vector_search(
        self,
        table: str,
        field: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.vector_search`, exact, in this process."""
        self.emulate("compares no vectors exactly")
        layout = self.layout(table)
        query = reads.query_vector(layout.schema, field, vector)
        names = reads.columns_of(layout.schema, columns)
        partition = self._searched(layout, where, limit)
        if not limit:
            return []
        matrix = self._matrix(layout, field, partition)

        found = await self._read(lambda s: at_once(s, matrix, query, limit, where, names))
        if found is not None:
            return found

        async def work(session: Session) -> list[Scored]:
            async with matrix.turn:
                await matrix.renew(session)
                return await nearest(session, matrix, query, limit, where, names)

        return await self._read(work, snapshot=True)

    def _matrix(self, layout: Layout, field: str, partition: Any) -> Matrix:
        place = (layout.schema.name, field, partition)
        found = self._matrices.get(place)
        if found is None or found.layout is not layout:
            found = self._matrices[place] = Matrix(layout, field, partition)
        return found

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`."""
        await super().drop_table(table)
        self._matrices = {p: m for p, m in self._matrices.items() if p[0] != table}

    async def optimize(self) -> None:
        """Add up the sizes of partitions, forget old changes, refresh statistics."""
        layouts = [self.layout(schema.name) for schema in await self.tables()]

        async def work(session: Session) -> None:
            for layout in layouts:
                if layout.terms:
                    await _add_up(session, layout)
            await session.run(
                "DELETE FROM engrammic_changes WHERE seq < "
                "(SELECT last FROM (SELECT max(seq) AS last FROM engrammic_changes) m) - %s",
                [RETAINED],
            )

        await self._write(work)
        for layout in layouts:
            await self._read(lambda s, t=layout.tables: s.rows(f"ANALYZE TABLE {', '.join(t)}"))  # type: ignore[misc]

    async def health(self) -> Health:
        """As `Backend.health`, with the server's version."""
        rows = await self._read(lambda s: s.rows("SELECT version()"))
        told = {"status": "ok", "problems": [], "backend": self.scheme}
        return {**told, "version": rows[0][0]}


_TURN = "SELECT next FROM engrammic_rows WHERE id = 1 FOR UPDATE"
"""Waits until no other transaction writes."""


class _Declaring(MysqlSession):
    """Passes over what a crashed process has made already: a table, a column, an index."""

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """As `Session.run`."""
        try:
            return await super().run(sql, values)
        except MySQLError as error:
            if code_of(error) in (1050, 1060, 1061):
                return 0
            raise


@asynccontextmanager
async def _transaction(
    session: MysqlSession, begin: str, committing: list[bool] | None = None
) -> AsyncIterator[None]:
    await session.run(begin)
    try:
        yield
    except BaseException:
        if session.connection.connected:
            await session.run("ROLLBACK")
        raise
    if committing is not None:
        committing.append(True)
    await session.run("COMMIT")


async def _add_up(session: Session, layout: Layout) -> None:
    rows = await session.rows(
        f"SELECT part, sum(records), sum(length) FROM {layout.sums} GROUP BY part"
    )
    await session.run(f"DELETE FROM {layout.sums}")
    await session.insert(
        layout.sums,
        ["part", "records", "length"],
        [(part, int(records), int(length)) for part, records, length in rows],
    )
