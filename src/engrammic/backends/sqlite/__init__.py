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
import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Backend, Capabilities, Decide, Health
from engrammic.backends.sqlite import diagnosis
from engrammic.backends.sqlite.connection import (
    CHECKPOINT_PAGES,
    Connections,
    locate,
    passive_checkpoint,
    refuse_network,
    translated,
)
from engrammic.backends.sqlite.inside import Inside, driven
from engrammic.backends.sqlite.layout import quoted, unfolded
from engrammic.backends.sqlite.matrix import Matrices
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import (
    condition,
    decoder,
    is_short,
    select,
)
from engrammic.backends.sqlite.search import TERMS_DIGITS, VECTOR_DIGITS, Plan, Search
from engrammic.backends.sqlite.tables import Tables
from engrammic.backends.sqlite.writing import Writer, prepared
from engrammic.changes import Change
from engrammic.errors import ConnectionFailed
from engrammic.filters import Filter
from engrammic.reads import check_limit, columns_of, query_terms, query_vector
from engrammic.types import Order, Record, Schema, Scored, Vector

T = TypeVar("T")

__all__ = ["SqliteBackend"]


class SqliteBackend(Backend):
    """One SQLite file, shared safely by threads, tasks and processes."""

    scheme: ClassVar[str] = "sqlite"
    capabilities: ClassVar[Capabilities] = Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=True,
        text=True,
        processes=True,
        durable="commit",
    )

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._tables = Tables()
        self._partitions = Partitions()
        self._matrices = Matrices()

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

    @property
    def path(self) -> Path:
        """The database file."""
        return self._connections.path

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`; costs one read when nothing is missing."""
        with self._translated():
            if not self._tables.is_declared(self._connections.here(), schema):
                await self._write(lambda connection: self._tables.declare(connection, schema))

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: one transaction, on disk when it returns."""
        if not changes:
            return 0
        layouts = self._tables.layout
        ready = [prepared(c, layouts(c.table)) for c in changes]
        return await self._write(lambda c: Writer(c, layouts, self._partitions).run(ready))

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`: reads and changes in one transaction, on the writer's thread."""
        layouts = self._tables.layout

        def work(connection: apsw.Connection) -> int:
            changes = driven(decide(Inside(connection, layouts)))
            ready = [prepared(c, layouts(c.table)) for c in changes]
            return Writer(connection, layouts, self._partitions).run(ready)

        return await self._write(work)

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
        names = columns_of(layout.schema, columns)
        sql, values = select(layout, where, order, after, limit, names)
        decode = decoder(layout, names)

        def work(connection: apsw.Connection) -> list[Record]:
            return [decode(row) for row in connection.execute(sql, values)]

        return await self._read(work, here=is_short(layout.schema, where, order, limit))

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`, without another thread."""
        layout = self._tables.layout(table)
        with self._translated():
            row = self._connections.here().execute(layout.point_read, key).fetchone()
        return None if row is None else decoder(layout, layout.schema.stored)(row)

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        layout = self._tables.layout(table)
        text, values = condition(layout, where)
        sql = f"select count(*) from {layout.table} as t where {text}"
        return await self._read(lambda connection: int(connection.execute(sql, values).get))

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
        """As `Backend.vector_search`: an exact scan of the partition's matrix."""
        layout = self._tables.layout(table)
        query = query_vector(layout.schema, field, vector)
        plan = Plan.of(layout, where, columns, limit, VECTOR_DIGITS)

        def work(connection: apsw.Connection, part: int) -> list[Scored]:
            matrix = self._matrices.of(layout, field, part)
            return Search(connection, plan).by_vector(matrix, query)

        return await self._within(plan.partition, work, [])

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`, from the partition's matrix."""
        layout = self._tables.layout(table)
        plan = Plan.of(layout, where, (), count, VECTOR_DIGITS)
        nothing = np.empty((0, layout.dimension(field)), np.float32)

        def work(connection: apsw.Connection, part: int) -> NDArray[np.float32]:
            return Search(connection, plan).sample(self._matrices.of(layout, field, part), count)

        return await self._within(plan.partition, work, nothing)

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`: FTS5's BM25 with the partition's own statistics."""
        layout = self._tables.layout(table)
        plan = Plan.of(layout, where, columns, limit, TERMS_DIGITS)
        match = " OR ".join(quoted(unfolded(t)) for t in query_terms(layout.schema, terms))

        def work(connection: apsw.Connection, part: int) -> list[Scored]:
            if not match or not self._partitions.has_terms(connection, layout, part):
                return []
            return Search(connection, plan).by_terms(layout.terms_table(part), match)

        return await self._within(plan.partition, work, [])

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
        await self._outside(lambda connection: diagnosis.optimize(connection, self._tables))

    async def health(self) -> Health:
        """As `Backend.health`, with the file's size and settings."""
        return await self._read(lambda connection: diagnosis.health(connection, self.path))

    async def diagnose(self) -> list[str]:
        """As `Backend.diagnose`: integrity, text indexes with rank, counts, vectors."""
        return await self._outside(lambda connection: diagnosis.problems(connection, self._tables))

    async def stats(self) -> dict[str, Any]:
        """As `Backend.stats`, with the bytes of the file and its log."""
        return await super().stats() | diagnosis.sizes(self.path)

    async def close(self) -> None:
        """Finish queued writes, copy the log into the file, close."""
        if not self._connections.closed:
            await asyncio.to_thread(self._connections.close)

    async def _within(
        self, partition: str | None, work: Callable[[apsw.Connection, int], T], nothing: T
    ) -> T:
        """What `work` finds in a partition; `nothing` when nothing was ever stored there."""
        with self._translated():
            here = self._connections.here()
            part = 0 if partition is None else self._partitions.known(here, partition)
        if part is None:
            return nothing
        return await self._read(lambda connection: work(connection, part))

    def _translated(self) -> Any:
        return translated(self.path)

    async def _read(self, work: Callable[[apsw.Connection], T], *, here: bool = False) -> T:
        with self._translated():
            if here:
                return work(self._connections.here())
            return await self._connections.read(lambda: work(self._connections.here()))

    async def _outside(self, work: Callable[[apsw.Connection], T]) -> T:
        with self._translated():
            return await self._connections.write(lambda: work(self._connections.here()))

    async def _write(self, work: Callable[[apsw.Connection], T]) -> T:
        with self._translated():
            return await self._connections.write(lambda: self._transaction(work))

    def _transaction(self, work: Callable[[apsw.Connection], T]) -> T:
        connection = self._connections.here()
        connection.execute("begin immediate")
        try:
            self._partitions.renew(connection)
            self._tables.renew(connection)
            result = work(connection)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            self._partitions.rollback()
            raise
        self._partitions.commit()
        if self._connections.log_pages() > CHECKPOINT_PAGES:
            self._connections.later(lambda: passive_checkpoint(connection))
        return result
