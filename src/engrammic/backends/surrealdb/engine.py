"""Tables of SurrealDB as `Collections`: filters, pages and counts by the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.surrealdb.connection import MOVED, Connection
from engrammic.backends.surrealdb.ranges import behind, is_indexed, is_key, is_lookup, range_of
from engrammic.backends.surrealdb.rows import (
    definitions,
    listed,
    neighbours,
    record_of,
    row_id,
    row_of,
    table_of,
)
from engrammic.compile.surreal import MARK, Condition, column, numbered, surreal
from engrammic.emulation.collections import NOTES, Collections, Outcome
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.types import Kind, Order, Record, Schema, Scored

PAGE = 2000
FEW = 16
"""Rows that are read sooner than a thread is woken."""

WIDE = 64
"""Candidates that HNSW keeps at least; more find more, and take longer."""

GUARD = "engrammic:guard"


class SurrealCollections(Collections):
    """`seen` is the number of writes at the beginning of the turn, where other handles write too.

    A transaction then applies only if nobody else has written since.
    """

    def __init__(self, connection: Connection, *, hnsw: bool, shared: bool, exact: bool) -> None:
        self.connection = connection
        self.searches = self.approximate = hnsw
        self.shared = shared
        self.seen: int | None = None
        self._wary = not connection.version().startswith("surrealdb-2.")
        self._wide = 4000 if exact else WIDE

    def begin(self) -> None:
        """Make the tables of our own."""
        text = f"DEFINE TABLE IF NOT EXISTS engrammic SCHEMALESS; {definitions(NOTES, False)}"
        self.connection.say(text)

    async def look(self) -> None:
        """Remember how many writes there were."""
        if self.shared:
            found = await self.connection.ask(f"RETURN {GUARD}.n", {}, short=True)
            self.seen = found[0] or 0

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`; the engine fills a new index from the rows that are there."""
        await self.connection.ask(definitions(schema, self.searches), {})

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`."""
        await self.connection.ask(f"REMOVE TABLE IF EXISTS {table_of(schema)}", {})

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`."""
        await self.commit([Outcome(schema, {key_of(schema, r): r for r in records})])

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`."""
        await self.commit([Outcome(schema, {}, set(keys))])

    async def commit(self, outcomes: Sequence[Outcome]) -> None:
        """Write all of them in one transaction. Raises Moved where others came between."""
        params: dict[str, Any] = {}
        statements = [*self._guarded(params), *self._written(outcomes, params)]
        short = sum(len(o.saved) + len(o.erased) for o in outcomes) <= FEW
        await self.connection.ask(
            f"BEGIN; {'; '.join(statements)}; COMMIT", params, short=short and not self.searches
        )
        if self.seen is not None:
            self.seen += 1

    def _guarded(self, params: dict[str, Any]) -> Iterator[str]:
        if not self.shared:
            return
        if self.seen is not None:
            params["seen"] = self.seen
            yield f"IF ((SELECT VALUE n FROM ONLY {GUARD}) ?? 0) != $seen {{ THROW '{MOVED}' }}"
        yield f"UPSERT {GUARD} SET n = (n ?? 0) + 1 RETURN NONE"

    def _written(self, outcomes: Sequence[Outcome], params: dict[str, Any]) -> Iterator[str]:
        for number, outcome in enumerate(outcomes):
            schema = outcome.schema
            if outcome.saved:
                rows = [row_of(schema, r, self.searches) for r in outcome.saved.values()]
                params[f"rows{number}"] = rows
                yield f"FOR $row IN $rows{number} {{ UPSERT $row.id CONTENT $row RETURN NONE }}"
            if outcome.erased:
                params[f"ids{number}"] = [row_id(schema, key) for key in outcome.erased]
                yield f"DELETE $ids{number} RETURN NONE"

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids = [row_id(schema, key) for key in keys]
        text = f"SELECT {listed(columns)} FROM $ids"
        found = await self.connection.ask(text, {"ids": ids}, short=len(ids) <= FEW)
        return [record_of(schema, row, columns) for row in found[0]]

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """Whether SurrealQL says just the same."""
        return surreal(schema)(where).exact

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`: at once where an index serves, else in the order of the keys."""
        needed = tuple(dict.fromkeys((*columns, *schema.key)))
        limit = None if is_indexed(schema, where) else PAGE
        last: Key | None = None
        while True:
            text, params = self._select(schema, where, needed, last, limit)
            if text is None:
                return
            found = await self.connection.ask(text, params)
            rows = [record_of(schema, row, needed) for row in found[0]]
            if rows:
                yield rows
            if limit is None or len(rows) < limit:
                return
            last = key_of(schema, rows[-1])

    def _select(
        self,
        schema: Schema,
        where: Filter | None,
        columns: Sequence[str],
        last: Key | None,
        limit: int | None,
    ) -> tuple[str | None, dict[str, Any]]:
        """Rows behind `last` in the order of their keys, or all in any order without a limit."""
        pushed = surreal(schema)(where)
        if pushed.empty:
            return None, {}
        params: dict[str, Any] = {}
        source = (
            self._table(schema, where) if limit is None else range_of(schema, where, last, params)
        )
        condition = "" if pushed.native is None else f" WHERE {numbered(pushed.native, params)}"
        cut = "" if limit is None else f" LIMIT {limit}"
        return f"SELECT {listed(columns)} FROM {source}{condition}{cut}", params

    def _table(self, schema: Schema, where: Filter | None) -> str:
        """The table, and whether an index may be used.

        Release 3 takes one for ranges also where it does not give their order,
        and counts nulls along it. So there equality alone is looked up.
        """
        plain = is_lookup(where)
        return table_of(schema) + " WITH NOINDEX" * (self._wary and not plain)

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """As `Collections.count`."""
        pushed = surreal(schema)(where)
        if pushed.empty:
            return 0
        params: dict[str, Any] = {}
        condition = "" if pushed.native is None else f" WHERE {numbered(pushed.native, params)}"
        text = f"SELECT count() FROM {self._table(schema, where)}{condition} GROUP ALL"
        found = (await self.connection.ask(text, params))[0]
        return int(found[0]["count"]) if found else 0

    async def page(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record] | None:
        """As `Collections.page`; a range of keys where their order is asked and no index helps."""
        if order is not None and schema.field(order.field).kind is Kind.FLOAT:
            return None
        if order is None and is_key(after) and not is_indexed(schema, where):
            text, params = self._select(schema, where, columns, after, limit)
        else:
            text, params = self._ordered(schema, where, order, after, limit, columns)
        if text is None:
            return []
        found = await self.connection.ask(text, params, short=limit <= FEW)
        rows = [[row.get(column(n)) for n in columns] if isinstance(row, dict) else row
                for row in found[0]]  # fmt: skip
        return [record_of(schema, row, columns) for row in rows]

    def _ordered(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> tuple[str | None, dict[str, Any]]:
        pushed = surreal(schema)(where)
        if pushed.empty:
            return None, {}
        conditions = [] if pushed.native is None else [pushed.native]
        if after is not None:
            conditions.append(behind(schema, order, after))
        params: dict[str, Any] = {}
        texts = [numbered(c, params) for c in conditions]
        condition = f" WHERE {' AND '.join(texts)}" if texts else ""
        way = " DESC" if order is not None and order.descending else ""
        first = () if order is None else (column(order.field),)
        chosen = ", ".join(dict.fromkeys((*map(column, columns), *first, "id")))
        sorted_by = ", ".join(name + way for name in (*first, "id"))
        return (
            f"SELECT {chosen} FROM {self._table(schema, where)}{condition} "
            f"ORDER BY {sorted_by} LIMIT {limit}"
        ), params

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """As `Collections.nearest`: by HNSW; what it finds is compared again, in float32.

        Of the records of one and the same vector release 2 finds nine.
        """
        pushed = surreal(schema)(where)
        if pushed.empty:
            return []
        name, wide = neighbours(field), max(self._wide, 2 * count)
        near = Condition(f"{name} <|{count},{wide}|> {MARK}", (vector.tolist(),))
        params: dict[str, Any] = {}
        texts = [numbered(c, params) for c in (near, pushed.native) if c is not None]
        needed = tuple(dict.fromkeys((*columns, field)))
        text = f"SELECT {listed(needed)} FROM {table_of(schema)} WHERE {' AND '.join(texts)}"
        rows = (await self.connection.ask(text, params))[0]
        records = [record_of(schema, row, needed) for row in rows]
        hits = [Scored(r, float(r[field] @ vector)) for r in records]
        return sorted(hits, key=lambda hit: -hit.score)

    async def health(self) -> dict[str, Any]:
        """The engine's version."""
        return {"version": self.connection.version()}

    async def close(self) -> None:
        """As `Collections.close`."""
        self.connection.close()
