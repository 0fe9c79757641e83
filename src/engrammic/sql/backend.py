"""What every database server with transactions and SQL does alike."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from engrammic import reads
from engrammic.backend import Backend, Decide
from engrammic.batches import prepared
from engrammic.changes import Change, checked
from engrammic.errors import InvalidSchema
from engrammic.evolution import grown
from engrammic.filters import Filter
from engrammic.predicate import check_filter
from engrammic.records import cleaner
from engrammic.sql import catalogue
from engrammic.sql.layout import Layout, check
from engrammic.sql.pool import Pool
from engrammic.sql.postings import text_page
from engrammic.sql.reading import counted, page, record_under
from engrammic.sql.sampling import sampled
from engrammic.sql.servers import ServerDialect
from engrammic.sql.session import Session
from engrammic.sql.writing import Writer
from engrammic.types import Order, Record, Schema, Scored

T = TypeVar("T")
Work = Callable[[Session], Awaitable[T]]


class SqlBackend(Backend):
    """A server's database; the table `engrammic_tables` in it is the truth."""

    dialect: ClassVar[ServerDialect]

    def __init__(self, pool: Pool[Any]) -> None:
        self.pool = pool
        self._known: dict[str, tuple[int, str]] = {}
        self._layouts: dict[str, Layout] = {}

    @abstractmethod
    async def _read(self, work: Work[T], *, snapshot: bool = False) -> T:
        """What `work` gives on some connection, all its statements in one snapshot or not."""

    @abstractmethod
    async def _write(self, work: Work[T]) -> T:
        """What `work` gives in a transaction that nobody comes between; may run it again."""

    @abstractmethod
    def _declaring(self) -> AbstractAsyncContextManager[Session]:
        """A connection while nobody else declares or drops tables."""

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`; costs one read when nothing is missing."""
        self.pool.ensure_open()
        cleaner(schema)
        check(schema)
        await self._read(lambda session: self._renew(session, [schema.name]))
        if not self._is_declared(schema):
            async with self._declaring() as session:
                await catalogue.declare(session, self.dialect, schema)
            await self._read(lambda session: self._renew(session, [schema.name]))

    def _is_declared(self, schema: Schema) -> bool:
        layout = self._layouts.get(schema.name)
        return layout is not None and grown(layout.schema, schema)[0] == layout.schema

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`: one transaction, on disk when it returns."""
        self.pool.ensure_open()
        for change in checked(changes):
            self.layout(change.table)
        return await self._write(lambda session: self._applied(session, changes)) if changes else 0

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`: reads and changes in one transaction."""

        async def work(session: Session) -> int:
            changes = checked(await decide(Inside(session, self.layout)))
            return await self._applied(session, changes)

        return await self._write(work)

    async def _applied(self, session: Session, changes: Sequence[Change]) -> int:
        # A writer that does not know of a new field would leave its old vectors behind.
        await self._renew(session, sorted({c.table for c in changes}))
        ready = [prepared(c, self.layout(c.table).schema) for c in changes]
        return await Writer(session, self.layout).run(ready)

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
        """As `Backend.query`."""
        layout = self.layout(table)
        reads.check_limit(limit)
        names = reads.page_columns(layout.schema, columns)
        return await self._read(lambda s: page(s, layout, where, order, after, limit, names))

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """As `Backend.export`."""
        layout = self.layout(table)
        reads.check_limit(limit)
        names = [f.name for f in layout.schema.fields]
        return await self._read(lambda s: page(s, layout, None, None, after, limit, names))

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        layout = self.layout(table)
        return await self._read(lambda session: record_under(session, layout, key))

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        layout = self.layout(table)
        return await self._read(lambda session: counted(session, layout, where))

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`, by tables of postings that each write keeps."""
        self.emulate("ranks no words by BM25 as engrammic does")
        layout = self.layout(table)
        wanted = reads.query_terms(layout.schema, terms)
        names = reads.columns_of(layout.schema, columns)
        partition = self._searched(layout, where, limit)
        return await self._read(
            lambda s: text_page(s, layout, wanted, partition, where, limit, names), snapshot=True
        )

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`, from rows with numbers all over the table."""
        layout = self.layout(table)
        wide = layout.schema.field(field).dimension or 0
        found = await self._read(lambda s: sampled(s, layout, field, count, where)) if count else []
        return np.array(found, np.float32).reshape(len(found), wide)

    @staticmethod
    def _searched(layout: Layout, where: Filter | None, limit: int) -> Any:
        """The partition of a search whose filter and limit are in order."""
        if where is not None:
            check_filter(where, layout.schema)
        reads.check_limit(limit)
        return reads.partition_of(layout.schema, where)

    async def tables(self) -> list[Schema]:
        """As `Backend.tables`."""
        self.pool.ensure_open()
        await self._read(self._renew)
        return [self._layouts[name].schema for name in sorted(self._layouts)]

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`."""
        self.pool.ensure_open()
        async with self._declaring() as session:
            await catalogue.drop(session, self.dialect, table)
        self._known.pop(table, None)
        self._layouts.pop(table, None)

    async def close(self) -> None:
        """Give the connections back."""
        if not self.pool.is_closed:
            await self.pool.close()

    async def schema(self, table: str) -> Schema:
        """As `Backend.schema`."""
        return self.layout(table).schema

    def layout(self, table: str) -> Layout:
        """The layout of a declared table. Raises InvalidSchema for another."""
        self.pool.ensure_open()
        try:
            return self._layouts[table]
        except KeyError:
            raise InvalidSchema(table, "no such table; declare it with ensure_table") from None

    async def _renew(self, session: Session, names: Sequence[str] | None = None) -> None:
        """Read what the catalogue says of these tables, or of all."""
        found = await catalogue.found(session, self.dialect, names) if names != [] else {}
        for name in self._known if names is None else names:
            if name not in found:
                self._layouts.pop(name, None)
        for name, entry in found.items():
            if name not in self._layouts or self._known.get(name) != entry:
                self._layouts[name] = catalogue.layout_of(*entry, self.dialect)
        self._known |= found


@dataclass(frozen=True, slots=True)
class Inside:
    """The reading verbs of `Backend` within a transaction."""

    session: Session
    layouts: Callable[[str], Layout]

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        return await record_under(self.session, self.layouts(table), key)

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
        """As `Backend.query`."""
        layout = self.layouts(table)
        reads.check_limit(limit)
        names = reads.page_columns(layout.schema, columns)
        return await page(self.session, layout, where, order, after, limit, names)

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        return await counted(self.session, self.layouts(table), where)
