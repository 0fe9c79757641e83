"""The one interface to a database: one connection, shared by every store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.capabilities import Capabilities as Capabilities
from engrammic.changes import Change, Delete, Put, check_records
from engrammic.errors import Conflict, InvalidSchema, Unsupported
from engrammic.filters import Filter, eq, every
from engrammic.reader import Decide as Decide
from engrammic.reader import Reader as Reader
from engrammic.scrubbing import UNSUPPORTED, Scrubbed
from engrammic.surveying import Survey as Survey
from engrammic.surveying import surveyed
from engrammic.types import Kind, Order, Record, Schema, Scored, Vector

RETRIES = 8

SPREAD = 16
"""Records that the emulated `vector_sample` reads for each one it takes."""

Health: TypeAlias = dict[str, Any]


class Backend(ABC):
    """One connection to one database, safe to share between stores and tasks.

    Tables are declared by `ensure_table` before use; naming another raises
    InvalidSchema. Filters, orders and records that name an unknown field raise
    UnknownField. A handle used after `close`, or after a fork, raises Closed.
    """

    capabilities: Capabilities
    scheme: ClassVar[str]
    native: bool = False
    """Whether what the database does not do itself is refused, instead of emulated."""

    @classmethod
    @abstractmethod
    async def connect(cls, url: str) -> Self:
        """Open the database at `url`. Raises ConnectionFailed and its kin."""

    @abstractmethod
    async def ensure_table(self, schema: Schema) -> None:
        """Create the table, or add nullable fields and indexes that it lacks.

        Idempotent. Any other difference raises InvalidSchema.
        """

    async def ensure_tables(self, schemas: Sequence[Schema]) -> None:
        """As `ensure_table` for each of them, in one step where the database can."""
        for schema in schemas:
            await self.ensure_table(schema)

    @abstractmethod
    async def apply(self, changes: Sequence[Change]) -> int:
        """Write the list in order, all or nothing; the number of records put, updated, deleted.

        Durable when it returns, where `capabilities.durable` is "commit".
        Raises Conflict when a check fails, InvalidInput for a value that does not
        fit its field and for what is no list (`changes.checked`); then nothing has changed.
        """

    @abstractmethod
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
        """Matching records, ordered by `order`, else by key; code points order text.

        `after` resumes behind a record: its (order value, *key), or its key
        alone without `order`. `columns=None` means all but vectors and terms.
        """

    @abstractmethod
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
        """The `limit` matching records nearest to `vector`, best first, by cosine.

        The filter narrows before ranking: the page is full when enough match.
        Records whose vector is null are never found.
        """

    @abstractmethod
    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """The `limit` matching records that hold at least one term, best first, by BM25.

        All TERMS fields of the table are searched, weighted by `Field.weight`:
        a term's frequency is the weighted sum over fields, a record's length
        the plain sum (as SQLite's FTS5 `bm25()` has it; k1 = 1.2, b = 0.75).
        """

    @abstractmethod
    async def count(self, table: str, where: Filter | None = None) -> int:
        """How many records match."""

    @abstractmethod
    async def tables(self) -> list[Schema]:
        """Every table of the database, by name."""

    @abstractmethod
    async def drop_table(self, table: str) -> None:
        """Remove a table with all that is derived from it; absent is fine."""

    @abstractmethod
    async def close(self) -> None:
        """Give the connection back. Closing twice is fine."""

    async def transact(self, decide: Decide) -> int:
        """Write the changes that `decide` gives after reading; how many records.

        It may await the reader that it is given and nothing else. Where
        `capabilities.atomic`, its reads and its changes are one step that
        nobody comes between; elsewhere its checks guard it, and where one
        fails it decides anew, RETRIES times at most.
        """
        if self.capabilities.atomic:
            return await self.apply(await decide(self))
        for _ in range(RETRIES):
            try:
                return await self.apply(await decide(self))
            except Conflict:
                continue
        return await self.apply(await decide(self))

    async def schema(self, table: str) -> Schema:
        """The schema of a declared table. Raises InvalidSchema for another."""
        found = next((schema for schema in await self.tables() if schema.name == table), None)
        if found is None:
            raise InvalidSchema(str(table), "no such table; declare it with ensure_table")
        return found

    async def unoccupied(self) -> None:
        """Return when the writes under way need no interpreter any more, as far as is known.

        Who has more to write prepares it then, beside the engine's own work.
        """

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """The record under `key`, or None."""
        schema = await self.schema(table)
        where = every(*(eq(name, value) for name, value in zip(schema.key, key, strict=True)))
        found = await self.query(table, where, limit=1)
        return found[0] if found else None

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """Whole records by key, behind the key `after`: every field, vectors and terms too.

        Put takes them unchanged, here or in any other database, and stores the
        same form bit by bit: a vector comes back as the float32 values that are
        stored, TERMS as one text, null terms apart from empty ones. A database
        whose tables have TERMS overrides this; the default reads all others.
        """
        schema = next((s for s in await self.tables() if s.name == table), None)
        if schema is not None and schema.of_kind(Kind.TERMS):
            raise Unsupported(f"{self.scheme} does not give the terms of {table} back")
        columns = None if schema is None else [f.name for f in schema.fields]
        return await self.query(table, after=after, limit=limit, columns=columns)

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """About `count` vectors spread over the matching records, shape (n, dimension)."""
        found = await self.query(table, where, limit=count * SPREAD, columns=(field,))
        vectors = [r[field] for r in found if r[field] is not None]
        chosen = vectors[:: max(1, len(vectors) // max(1, count))][:count]
        schema = await self.schema(table)
        return np.array(chosen, np.float32).reshape(len(chosen), schema.field(field).dimension or 0)

    async def survey(
        self,
        table: str,
        field: str,
        vector: Vector,
        terms: Sequence[str] = (),
        *,
        limit: int,
        where: Filter | None = None,
        sample: int = 0,
        columns: Sequence[str],
    ) -> Survey:
        """`vector_search` and `text_search`, each to its `limit`, and the other's scores of both.

        With the cosines of a `vector_sample` of `sample` records. Without `terms`
        nothing is searched for by words.
        """
        return await surveyed(self, table, field, vector, terms, limit, where, sample, columns)

    async def prefetch(self, table: str, field: str, *, where: Filter | None = None) -> None:
        """Read ahead what searches by a vector look at, while that is still being made.

        Of `where` the partition counts. By default there is nothing to read ahead.
        """

    async def insert(self, table: str, records: Sequence[Record]) -> int:
        """Put records in one step; the number of them."""
        check_records(table, records)
        return await self.apply([Put(table, records)]) if records else 0

    async def delete(self, table: str, where: Filter) -> int:
        """Delete what matches; the true number of records."""
        return await self.apply([Delete(table, where)])

    def emulate(self, lack: str) -> None:
        """To be called before doing what the engine cannot. Raises Unsupported where refused."""
        if self.native:
            raise Unsupported(
                f"{self.scheme}: the engine {lack}, and emulation was refused; open it without "
                "native=True"
            )

    async def optimize(self) -> None:
        """Do the engine's own housekeeping now (merge, compact, refresh statistics)."""

    async def scrub(self) -> Scrubbed:
        """Get the bytes of deleted records off the disk now, as far as the engine can.

        Those who still read an older state may hold it up: then it is pending.
        """
        return Scrubbed(
            UNSUPPORTED,
            f"{self.scheme} deletes records; when their bytes are overwritten is its own matter",
        )

    async def flush(self) -> None:
        """Return when everything acknowledged is durable."""

    async def health(self) -> Health:
        """`{"status": "ok" | "degraded" | "error", "problems": [...], ...}`; quick."""
        return {"status": "ok", "problems": [], "backend": self.scheme}

    async def diagnose(self) -> list[str]:
        """Every problem that a thorough look at the data finds, each with its remedy."""
        return []

    async def backup(self, path: Path) -> None:
        """Write the whole database to a new file or folder at `path`, as of one moment.

        On disk when it returns; others may write meanwhile. Servers raise Unsupported.
        """
        raise self._moved_otherwise()

    async def restore(self, path: Path) -> None:
        """Replace everything in the database by what `backup` wrote to `path`.

        In one step or not at all, and for other processes that have it open too.
        """
        raise self._moved_otherwise()

    def _moved_otherwise(self) -> Unsupported:
        remedy = "use its server's own tools, or `engrammic migrate` into an embedded database"
        return Unsupported(f"{self.scheme}: has no backup of its own: {remedy}")

    async def repair(self) -> list[str]:
        """Mend what `diagnose` finds and what can be mended without loss; what was done."""
        return []

    async def stats(self) -> dict[str, Any]:
        """Counts by table and what the engine tells of its size, in bytes."""
        schemas = await self.tables()
        return {
            "backend": self.scheme,
            "tables": {s.name: await self.count(s.name) for s in schemas},
        }
