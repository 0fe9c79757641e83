"""PostgreSQL with pgvector: one transaction for records, vectors and terms.

The transactions are SERIALIZABLE: where the server sees that two cannot stand
one after the other, the later one runs again. Vectors lie in columns of
pgvector, apart from the records; `optimize` gives a long table an HNSW index,
with `exact=1` in the URL no search uses it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self, TypeVar

import psycopg

from engrammic import reads
from engrammic.backend import Capabilities, Health
from engrammic.backends.postgres.connection import (
    Connection,
    PostgresPool,
    PostgresSession,
    is_lost,
    translated,
)
from engrammic.backends.postgres.foundation import lay_foundation
from engrammic.backends.postgres.searching import nearest
from engrammic.emulation.mixed import Mixed
from engrammic.emulation.vectors import SAME
from engrammic.errors import Locked
from engrammic.filters import Filter
from engrammic.sql.backend import SqlBackend, Work
from engrammic.sql.layout import Layout
from engrammic.sql.postgres import INDEXED_DIMENSION, POSTGRES
from engrammic.sql.ranking import ranked
from engrammic.sql.session import Session
from engrammic.sql.urls import server_url
from engrammic.types import Scored, Vector

T = TypeVar("T")

__all__ = ["PostgresBackend"]

ATTEMPTS = 50
QUEUED = 3
"""Attempts after which a writer waits for its turn instead of trying its luck."""

LONG = 10_000
"""Vectors of a table that is worth an index."""

AGAIN = frozenset({"40001", "40P01", "23505"})
"""A serialization failure, a deadlock, and a key that another transaction has just put."""


class PostgresBackend(SqlBackend):
    """One schema of a PostgreSQL database."""

    scheme: ClassVar[str] = "postgres"
    dialect = POSTGRES
    capabilities: Capabilities = Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=True,
        text=False,
        processes=True,
        durable="commit",
    )
    pool: PostgresPool

    def __init__(self, pool: PostgresPool) -> None:
        super().__init__(pool)
        self._mixed = Mixed()

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open `postgres://user:password@host:port/database?schema=...&timeout=...&exact=1`."""
        known = frozenset({"schema", "exact"})
        found = server_url(url, port=5432, user="postgres", known=known)
        backend = cls(PostgresPool(found))
        try:
            async with backend._session() as session:
                await lay_foundation(session, found.options.get("schema", "public"))
                await backend._renew(session)
        except BaseException:
            await backend.pool.close()
            raise
        return backend

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[PostgresSession]:
        async with self.pool.connection() as connection:
            with translated(self.pool.name):
                yield PostgresSession(connection)

    async def _read(self, work: Work[T], *, snapshot: bool = False) -> T:
        for again in (True, False):
            try:
                return await self._read_once(work, snapshot)
            except psycopg.Error as error:
                if not (again and is_lost(error)):
                    with translated(self.pool.name):
                        raise
                self.pool.forget()
        raise AssertionError

    async def _read_once(self, work: Work[T], snapshot: bool) -> T:
        async with self.pool.connection() as connection:
            if not snapshot:
                return await work(PostgresSession(connection))
            async with _transaction(connection, "REPEATABLE READ READ ONLY"):
                return await work(PostgresSession(connection))

    async def _write(self, work: Work[T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                return await self._write_once(work, in_turn=attempt >= QUEUED)
            except psycopg.Error as error:
                lost = is_lost(error) and attempt == 0 and not _is_committing(error)
                if lost:
                    self.pool.forget()
                elif error.sqlstate not in AGAIN:
                    with translated(self.pool.name):
                        raise
            await asyncio.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - no secret
        raise Locked(f"{self.pool.name}: others wrote meanwhile, {ATTEMPTS} times; try again")

    async def _write_once(self, work: Work[T], in_turn: bool) -> T:
        async with self.pool.connection() as connection:
            if in_turn:  # before the transaction, whose snapshot would be older than the wait
                await connection.execute("SELECT pg_advisory_lock(hashtext(current_schema))")
            try:
                async with _transaction(connection, f"SERIALIZABLE; {_NOTHING_DECLARED}"):
                    return await work(PostgresSession(connection))
            finally:
                if in_turn and self.pool.is_usable(connection):
                    await connection.execute("SELECT pg_advisory_unlock_all()")

    @asynccontextmanager
    async def _declaring(self) -> AsyncIterator[Session]:
        async with self._session() as session, _transaction(session.connection, "READ COMMITTED"):
            await session.run("LOCK TABLE engrammic_tables IN EXCLUSIVE MODE")
            yield session

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
        """As `Backend.vector_search`; exact where no index is, or the page is short with it."""
        layout = self.layout(table)
        query = reads.query_vector(layout.schema, field, vector)
        names = reads.columns_of(layout.schema, columns)
        self._searched(layout, where, limit)
        if not limit:
            return []
        exact = self.pool.url.options.get("exact") == "1"
        for exactly in (True,) if exact else (False, True):
            best = nearest(
                self._rows, layout, (field, query), where, names, self._mixed, exact=exactly
            )
            found = await ranked(layout, best, limit, names, SAME)
            if len(found) == limit:
                break
        return found

    async def _rows(self, sql: str, values: list[Any]) -> list[Any]:
        return await self._read(lambda session: session.rows(sql, values))

    async def optimize(self) -> None:
        """Index long tables of vectors, add up the sizes of partitions, refresh statistics."""
        for schema in await self.tables():
            layout = self.layout(schema.name)
            async with self._session() as session:
                for field in layout.vectors:
                    await _index(session, layout.vectors_of(field.name), field.dimension or 0)
                if layout.terms:
                    await session.run(_added_up(layout))
                for table in layout.tables:
                    await session.run(f"VACUUM ANALYZE {table}")

    async def health(self) -> Health:
        """As `Backend.health`, with the server's version."""
        rows = await self._read(lambda s: s.rows("SHOW server_version"))
        told = {"status": "ok", "problems": [], "backend": self.scheme}
        return {**told, "version": rows[0][0]}


@asynccontextmanager
async def _transaction(connection: Connection, level: str) -> AsyncIterator[None]:
    await connection.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
    try:
        yield
    except BaseException:
        if not connection.closed and not connection.broken:
            await connection.execute("ROLLBACK")
        raise
    try:
        await connection.execute("COMMIT")
    except psycopg.OperationalError as error:
        error.add_note(_COMMITTING)
        raise


_NOTHING_DECLARED = "LOCK TABLE engrammic_tables IN ROW SHARE MODE"
"""Held by each writer: no table grows or goes while it writes. Takes no snapshot."""

_COMMITTING = "while committing: whether it was written is not known"


def _is_committing(error: psycopg.Error) -> bool:
    return _COMMITTING in getattr(error, "__notes__", ())


async def _index(session: Session, table: str, dimension: int) -> None:
    rows = await session.rows(f"SELECT count(*) FROM {table}")
    if rows[0][0] >= LONG and dimension <= INDEXED_DIMENSION:
        await session.run(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {table}_hnsw ON {table} "
            "USING hnsw (v vector_cosine_ops)"
        )


def _added_up(layout: Layout) -> str:
    return (
        f"WITH gone AS (DELETE FROM {layout.sums} RETURNING part, records, length) "
        f"INSERT INTO {layout.sums} SELECT part, sum(records), sum(length) FROM gone GROUP BY part"
    )
