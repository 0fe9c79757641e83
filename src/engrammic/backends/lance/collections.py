"""One Lance table for each table, as `CollectionBackend` wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from lancedb.query import ColumnOrdering
from numpy.typing import NDArray

from engrammic.backends.lance import upkeep
from engrammic.backends.lance.columns import ID, arrow_schema, from_arrow, to_arrow
from engrammic.backends.lance.commits import answered, committed
from engrammic.backends.lance.literals import behind, conditions, one_of
from engrammic.catalogue import load_schema
from engrammic.emulation.collections import NOTES, TABLE, Collections
from engrammic.emulation.payload import point_id, safe, short
from engrammic.errors import NotADatabase
from engrammic.filters import Filter, eq
from engrammic.keys import Key
from engrammic.reads import sort_fields
from engrammic.types import Kind, Order, Record, Schema, Scored

LONGEST_NAME = 60
BATCH = 1024
AT_ONCE = 5000
"""Keys of one commit that deletes."""

LARGEST_PAGE = 2**31 - 1
PROBES = 32
REFINE = 4


class LanceCollections(Collections):
    """Columns typed by kind; a save is one commit. Other processes' commits are seen at once."""

    shared = True

    def __init__(self, database: Any, exact: bool) -> None:
        self.database = database
        self.exact = exact
        self.approximate = not exact
        self.late: dict[str, str] = {}
        self._tables: dict[str, Any] = {}

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """Whether it can all be said in SQL."""
        return conditions(schema)(where).exact

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """The table; then the columns that it lacks. A stranger's table is left as it is."""
        name, columns = table_name(schema), arrow_schema(schema)

        async def work() -> None:
            table = await self._opened(name, columns)
            there = await table.schema()
            if missing := [c for c in columns if c.name not in there.names]:
                _check_ours(name, there)
                await table.add_columns(missing)
            self._tables[name] = table

        await committed(work)

    async def _opened(self, name: str, columns: Any) -> Any:
        try:
            return await self.database.open_table(name)
        except ValueError as error:
            if "was not found" not in str(error):
                raise
        return await self.database.create_table(name, schema=columns)

    async def drop(self, schema: Schema) -> None:
        """With its folder."""
        name = table_name(schema)
        self._tables.pop(name, None)
        self.late.pop(name, None)
        await answered(lambda: self.database.drop_table(name, ignore_missing=True))

    async def _table(self, schema: Schema) -> Any:
        name = table_name(schema)
        if name not in self._tables:
            self._tables[name] = await answered(lambda: self.database.open_table(name))
        return self._tables[name]

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """One commit for all of them."""
        table, rows = await self._table(schema), to_arrow(schema, records)
        upsert = table.merge_insert(ID).when_matched_update_all().when_not_matched_insert_all()
        await self._commit(schema, lambda: upsert.execute(rows, on_bad_vectors="null"))

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """By their ids."""
        table = await self._table(schema)
        ids = [point_id(schema, key) for key in keys]
        for start in range(0, len(ids), AT_ONCE):
            condition = one_of(ID, ids[start : start + AT_ONCE])
            await self._commit(schema, partial(table.delete, condition))

    async def _commit(self, schema: Schema, work: Callable[[], Awaitable[Any]]) -> None:
        done = await committed(work)
        if done.version % upkeep.EVERY == 0:
            await upkeep.tidy(
                table_name(schema), await self._table(schema), done.version, self.late
            )

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """By their ids."""
        if not keys:
            return []
        query = (await self._table(schema)).query()
        query = query.where(one_of(ID, [point_id(schema, key) for key in keys]))
        return await self._records(schema, query, columns)

    async def _records(self, schema: Schema, query: Any, columns: Sequence[str]) -> list[Record]:
        chosen = list(dict.fromkeys(columns))
        found = await answered(query.select([safe(n) for n in chosen]).to_arrow)
        return from_arrow(schema, found, chosen)

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """One version of the table, in batches."""
        pushed = conditions(schema)(where)
        if pushed.empty:
            return
        chosen = list(dict.fromkeys(columns))
        query = (await self._table(schema)).query().select([safe(n) for n in chosen])
        if pushed.native is not None:
            query = query.where(pushed.native)
        batches = await answered(lambda: query.to_batches(max_batch_length=BATCH))
        while (batch := await answered(lambda: anext(batches, None))) is not None:
            yield from_arrow(schema, batch, chosen)

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """Filtered first, then compared; the distance is 1 - cosine."""
        pushed = conditions(schema)(where)
        if pushed.empty:
            return []
        chosen = list(dict.fromkeys(columns))
        query = (await self._table(schema)).query().nearest_to(vector).column(safe(field))
        query = query.distance_type("cosine").limit(count)
        query = query.select([*(safe(n) for n in chosen), "_distance"])
        if self.exact:
            query = query.bypass_vector_index()
        else:
            query = query.nprobes(PROBES).refine_factor(REFINE)
        if pushed.native is not None:
            query = query.where(pushed.native)
        found = await answered(query.to_arrow)
        scores = 1.0 - found.column("_distance").to_numpy().astype(np.float64)
        records = from_arrow(schema, found, chosen)
        return [Scored(r, float(s)) for r, s in zip(records, scores, strict=True)]

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """By the engine."""
        pushed = conditions(schema)(where)
        if pushed.empty:
            return 0
        table = await self._table(schema)
        found: int = await answered(lambda: table.count_rows(pushed.native))
        return found

    async def page(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record] | None:
        """By the engine; but it has two zeros, so that floats are ordered above."""
        names = list(dict.fromkeys(sort_fields(schema, order)))
        if any(schema.field(name).kind is Kind.FLOAT for name in names):
            return None
        pushed = conditions(schema)(where)
        if pushed.empty:
            return []
        parts = [] if pushed.native is None else [pushed.native]
        if after is not None:
            parts.append(behind(schema, order, after))
        query = (await self._table(schema)).query()
        if parts:
            query = query.where(" AND ".join(parts))
        up = order is None or not order.descending
        ways = [ColumnOrdering(column_name=safe(n), ascending=up) for n in names]
        # Without the row's id the engine cannot fetch what it did not order by.
        query = query.order_by(ways).limit(min(limit, LARGEST_PAGE)).with_row_id()
        return await self._records(schema, query, columns)

    async def optimize(self) -> None:
        """Of every table: small files are merged, old versions removed, indexes made."""
        for schema in await self._schemas():
            table = await self._table(schema)
            await committed(partial(upkeep.optimized, table))
            self.late.pop(table_name(schema), None)

    async def scrub(self) -> None:
        """Of every table: what was deleted is written out of its files, and no version is kept."""
        for schema in await self._schemas():
            table = await self._table(schema)
            await committed(partial(upkeep.scrubbed, table))

    async def _schemas(self) -> list[Schema]:
        schemas = [NOTES]
        async for notes in self.scan(NOTES, eq("about", TABLE), NOTES.stored):
            schemas += [load_schema(note["text"]) for note in notes]
        return schemas

    async def health(self) -> dict[str, Any]:
        """Whether the catalogue can be read, and housekeeping that could not be done."""
        await self.count(NOTES, None)
        problems = [f"{name}: {told}" for name, told in sorted(self.late.items())]
        return {"status": "degraded" if problems else "ok", "problems": problems}

    async def close(self) -> None:
        """Handles first."""
        for table in self._tables.values():
            table.close()
        self._tables.clear()
        self.database.close()


def table_name(schema: Schema) -> str:
    """A name for the table's folder, another one for each on disks that ignore case too."""
    name = schema.name
    return short(name if name == name.lower() else f"~{name}", LONGEST_NAME)


def _check_ours(name: str, columns: Any) -> None:
    if ID not in columns.names:
        raise NotADatabase(f"lance: the table {name!r} there is not engrammic's; take another path")
