"""Connections to PostgreSQL, and what its errors mean here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.pq import TransactionStatus

from engrammic.errors import ConnectionFailed, Corrupt, Locked, NotADatabase, StorageError
from engrammic.sql.pool import Pool
from engrammic.sql.session import Posting, Session
from engrammic.sql.urls import ServerUrl

FEW = 2000
"""Values that one INSERT takes; more rows are copied."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class PostgresPool(Pool[Connection]):
    """Connections whose names are looked up in one schema."""

    def __init__(self, url: ServerUrl) -> None:
        super().__init__(str(url), url.timeout)
        self.url = url

    async def open(self) -> Connection:
        """As `Pool.open`, within the URL's timeout."""
        url = self.url
        try:
            async with asyncio.timeout(url.timeout):
                connection = await psycopg.AsyncConnection.connect(
                    host=url.host, port=url.port, user=url.user, dbname=url.database,
                    password=url.password or None, autocommit=True, client_encoding="utf8",
                    application_name="engrammic", connect_timeout=max(2, round(url.timeout)),
                )  # fmt: skip
                try:
                    await self._settle(connection)
                except BaseException:
                    self.abandon(connection)
                    raise
        except TimeoutError as error:
            raise ConnectionFailed(f"{url}: no answer within {url.timeout:g} s") from error
        except psycopg.Error as error:
            raise ConnectionFailed(f"{url}: {_told(error)}") from error
        return connection

    async def _settle(self, connection: Connection) -> None:
        schema = self.url.options.get("schema", "public")
        path = '"' + schema.replace('"', '""') + '", public'
        settings = {
            "search_path": path, "lock_timeout": str(round(self.url.timeout * 1000)),
            "hnsw.iterative_scan": "strict_order", "hnsw.ef_search": "100",
            "extra_float_digits": "1", "bytea_output": "hex",
        }  # fmt: skip
        marks = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        pairs = [value for pair in settings.items() for value in pair]
        encoding = await connection.execute(f"SELECT current_setting('server_encoding'), {marks}",
                                            pairs)  # fmt: skip
        found = await encoding.fetchone()
        if found is None or found[0] != "UTF8":
            raise NotADatabase(f"{self.url}: the database's encoding is not UTF8")

    async def end(self, connection: Connection) -> None:
        """As `Pool.end`."""
        await connection.close()

    def abandon(self, connection: Connection) -> None:
        """As `Pool.abandon`."""
        connection.pgconn.finish()

    def is_usable(self, connection: Connection) -> bool:
        """As `Pool.is_usable`."""
        return connection.info.transaction_status == TransactionStatus.IDLE


class PostgresSession(Session):
    """Statements over psycopg."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """As `Session.rows`."""
        cursor = await self.connection.execute(sql.encode(), values or None)
        return await cursor.fetchall()

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """As `Session.run`."""
        return (await self.connection.execute(sql.encode(), values or None)).rowcount

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """As `Session.many`, in one pipeline."""
        async with self.connection.cursor() as cursor:
            await cursor.executemany(sql.encode(), rows)

    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """As `Session.insert`: by one INSERT, or by COPY."""
        names = ", ".join(columns)
        if len(rows) * len(columns) <= FEW:
            marks = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
            values = [value for row in rows for value in row]
            await self.run(f"INSERT INTO {table} ({names}) VALUES {marks}", values)
            return
        async with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN".encode()) as copy,
        ):
            for row in rows:
                await copy.write_row(row)

    async def insert_vectors(
        self, table: str, rows: Sequence[int], vectors: Sequence[NDArray[np.float32]]
    ) -> None:
        """As `Session.insert_vectors`: each float as its bits."""
        matrix = np.array(vectors, np.float32)
        kind = [("count", ">i2"), ("eight", ">i4"), ("row", ">i8"), ("bytes", ">i4"),
                ("dimension", ">i2"), ("zero", ">i2"), ("v", ">f4", matrix.shape[1:])]  # fmt: skip
        table_of = np.zeros(len(rows), kind)
        table_of["count"], table_of["eight"], table_of["row"] = 2, 8, rows
        table_of["bytes"], table_of["dimension"] = 4 + 4 * matrix.shape[1], matrix.shape[1]
        table_of["v"] = matrix
        await self._copy(f"{table} (row_, v)", table_of)

    async def insert_words(self, table: str, postings: Sequence[Posting]) -> None:
        """As `Session.insert_words`."""
        kind = [("count", ">i2"), ("b1", ">i4"), ("term", "S16"), ("b2", ">i4"), ("row", ">i8"),
                ("b3", ">i4"), ("frequency", ">f8"), ("b4", ">i4"), ("length", ">i4")]  # fmt: skip
        terms, rows, frequencies, lengths = zip(*postings, strict=True)
        table_of = np.zeros(len(postings), kind)
        table_of["count"], table_of["b1"], table_of["b2"] = 4, 16, 8
        table_of["b3"], table_of["b4"] = 8, 4
        table_of["term"] = np.frombuffer(b"".join(terms), "S16")
        table_of["row"], table_of["frequency"], table_of["length"] = rows, frequencies, lengths
        await self._copy(f"{table} (term, row_, frequency, length)", table_of)

    async def _copy(self, into: str, rows: NDArray[Any]) -> None:
        """COPY in its binary form: a head, rows of fixed size, an end."""
        async with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)".encode()) as copy,
        ):
            await copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")

    async def numbers(self, count: int) -> list[int]:
        """As `Session.numbers`, by a sequence."""
        if not count:
            return []
        sql = "SELECT nextval('engrammic_rows') FROM generate_series(1, %s)"
        return [row[0] for row in await self.rows(sql, [count])]


def is_lost(error: psycopg.Error) -> bool:
    """Whether the server has gone away."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate[:2] in ("08", "57")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Psycopg's errors as those of `engrammic.errors`."""
    try:
        yield
    except psycopg.Error as error:
        raise _translation(name, error) from error


def _translation(name: str, error: psycopg.Error) -> Exception:
    state, told = error.sqlstate or "", _told(error)
    if state in ("55P03", "40001", "40P01", "57014"):
        return Locked(f"{name}: others are writing; try again: {told}")
    if state in ("XX001", "XX002"):
        return Corrupt(f"{name}: {told}")
    if is_lost(error):
        return ConnectionFailed(f"{name}: {told}")
    return StorageError(f"{name}: {told}")


def _told(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
