"""Connections to MySQL or MariaDB, and what their errors mean here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from asyncmy.connection import Connection
from asyncmy.errors import MySQLError
from numpy.typing import NDArray

from engrammic.errors import ConnectionFailed, Corrupt, Locked, StorageError
from engrammic.sql.layout import Layout
from engrammic.sql.mysql import as_double
from engrammic.sql.pool import Pool
from engrammic.sql.session import Posting, Session
from engrammic.sql.urls import ServerUrl

RANGES = 1000
"""Stretches of rows that one change leaves in the list of changes; more are left as one."""

LOST = frozenset({2003, 2006, 2013, 2014, 2055, 1053, 1152, 1927, 4031, 0})
BUSY = frozenset({1205, 1213, 1020, 1062})
"""A wait that was too long, a deadlock, a row or a key that another transaction wrote."""


class MysqlPool(Pool[Any]):
    """Connections to one database."""

    def __init__(self, url: ServerUrl) -> None:
        super().__init__(str(url), url.timeout)
        self.url = url

    async def open(self) -> Any:
        """As `Pool.open`, within the URL's timeout."""
        url = self.url
        where = {"unix_socket": url.host} if url.host.startswith("/") else {"host": url.host}
        connection: Any = Connection(  # type: ignore[no-untyped-call]
            **where, port=url.port, user=url.user, password=url.password, db=url.database,
            charset="utf8mb4", autocommit=True, connect_timeout=max(1, round(url.timeout)),
            stmt_cache_size=64,
        )  # fmt: skip
        try:
            async with asyncio.timeout(url.timeout):
                await self._settle(connection)
        except TimeoutError as error:
            raise ConnectionFailed(f"{url}: no answer within {url.timeout:g} s") from error
        except (MySQLError, OSError) as error:
            raise ConnectionFailed(f"{url}: {_told(error)}") from error
        return connection

    async def _settle(self, connection: Any) -> None:
        wait = max(1, round(self.url.timeout))
        try:
            await connection.connect()
            await MysqlSession(connection).run(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
                "innodb_lock_wait_timeout = %s, lock_wait_timeout = %s, max_sort_length = %s",
                [wait, wait, 1 << 16],
            )
        except BaseException:
            connection.close()
            raise

    async def end(self, connection: Any) -> None:
        """As `Pool.end`."""
        await connection.ensure_closed()

    def abandon(self, connection: Any) -> None:
        """As `Pool.abandon`."""
        if connection.loop.is_closed():
            _let_go(connection._transport)
        else:
            connection.close()

    def is_usable(self, connection: Any) -> bool:
        """As `Pool.is_usable`."""
        return bool(connection.connected) and not connection.get_transaction_status()


def _let_go(transport: Any) -> None:
    """Close the socket of a transport whose loop is gone, and could not be asked to."""
    if transport is not None and getattr(transport, "_sock", None) is not None:
        transport._sock.close()
        transport._sock = None  # else it warns, when it is collected, that it was never closed


class MysqlSession(Session):
    """Statements over asyncmy."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """As `Session.rows`."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(self._whole(cursor, sql, values))
            return list(await cursor.fetchall())

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """As `Session.run`."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(self._whole(cursor, sql, values))
            return int(cursor.rowcount)

    @staticmethod
    def _whole(cursor: Any, sql: str, values: Sequence[Any]) -> str:
        """The statement with its values escaped by the driver.

        Given apart they would make it a prepared statement, kept for each shape of a filter.
        """
        whole: str = cursor.mogrify(sql, tuple(map(as_double, values))) if values else sql
        return whole

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """As `Session.many`."""
        if rows:
            async with self.connection.cursor() as cursor:
                await cursor.executemany(sql, [tuple(map(as_double, row)) for row in rows])

    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """As `Session.insert`."""
        marks = ", ".join(["%s"] * len(columns))
        await self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    async def insert_vectors(
        self, table: str, rows: Sequence[int], vectors: Sequence[NDArray[np.float32]]
    ) -> None:
        """As `Session.insert_vectors`: little-endian bytes."""
        as_bytes = [np.asarray(v, "<f4").tobytes() for v in vectors]
        await self.insert(table, ["row_", "v"], list(zip(rows, as_bytes, strict=True)))

    async def insert_words(self, table: str, postings: Sequence[Posting]) -> None:
        """As `Session.insert_words`, in the order of the table."""
        await self.insert(table, ["term", "row_", "frequency", "length"], sorted(postings))

    async def numbers(self, count: int) -> list[int]:
        """As `Session.numbers`: the row that every writer holds tells the next."""
        if not count:
            return []
        first = int((await self.rows("SELECT next FROM engrammic_rows"))[0][0])
        await self.run("UPDATE engrammic_rows SET next = %s", [first + count])
        return list(range(first, first + count))

    async def touched(self, layout: Layout, rows: Sequence[int]) -> None:
        """As `Session.touched`: others read these rows again before they search."""
        ranges = _ranges(sorted(rows))
        if len(ranges) > RANGES:
            ranges = [(ranges[0][0], ranges[-1][1])]
        await self.insert(
            "engrammic_changes",
            ["tbl", "low", "high"],
            [(layout.number, low, high) for low, high in ranges],
        )


def _ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row <= found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def code_of(error: BaseException) -> int:
    """The server's or the driver's number for an error."""
    code = error.args[0] if error.args else 0
    return code if isinstance(code, int) else 0


def is_lost(error: BaseException) -> bool:
    """Whether the server has gone away, and was not asked again yet."""
    if isinstance(error, ConnectionFailed):
        return False
    return isinstance(error, OSError) or code_of(error) in LOST


@contextmanager
def translated(name: str) -> Iterator[None]:
    """The driver's errors as those of `engrammic.errors`."""
    try:
        yield
    except MySQLError as error:
        raise _translation(name, error) from error
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ConnectionFailed(f"{name}: {_told(error)}") from error


def _translation(name: str, error: MySQLError) -> Exception:
    code, told = code_of(error), _told(error)
    if code in BUSY:
        return Locked(f"{name}: others are writing; try again: {told}")
    if code in (1034, 1035, 126, 127, 1712):
        return Corrupt(f"{name}: {told}")
    if is_lost(error):
        return ConnectionFailed(f"{name}: {told}")
    return StorageError(f"{name}: {told}")


def _told(error: BaseException) -> str:
    text = error.args[1] if len(error.args) > 1 else error
    return " ".join(str(text).split())
