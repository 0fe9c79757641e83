"""Pages, counts and point reads over an engine that may know neither order nor all filters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from engrammic import reads
from engrammic.emulation.collections import Collections
from engrammic.emulation.listings import Listings
from engrammic.emulation.pushdown import demanded_keys, fields_of
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.predicate import check_filter, predicate
from engrammic.records import coerce
from engrammic.types import Order, Record, Schema

AT_ONCE = 1000
"""Keys in one request."""


class Readings:
    """The reading verbs of `Backend`, for `CollectionBackend`."""

    engine: Collections
    listings: Listings
    schema: Callable[[str], Any]
    emulate: Callable[[str], None]

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        schema: Schema = await self.schema(table)
        wanted = reads.check_key(schema, key)
        found = await self.engine.load(schema, [wanted], schema.stored)
        return given(schema, found[0], schema.stored) if found else None

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`; by the engine where it knows the whole filter."""
        schema: Schema = await self.schema(table)
        if where is not None:
            check_filter(where, schema)
        if where is None or self.engine.is_exact(schema, where):
            counted = await self.engine.count(schema, where)
            if counted is not None:
                return counted
        return sum([len(batch) async for batch in self.matching(schema, where, schema.key)])

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
        """As `Backend.query`; without an order of the engine's all that matches is sorted here."""
        schema: Schema = await self.schema(table)
        names = reads.sort_fields(schema, order)
        chosen = reads.page_columns(schema, columns)
        reads.check_limit(limit)
        if where is not None:
            check_filter(where, schema)
        if after is not None:
            reads.check_after(schema, order, after)
        if limit and (where is None or self.engine.is_exact(schema, where)):
            page = await self.engine.page(schema, where, order, after, limit, chosen)
            if page is not None:
                return [given(schema, record, chosen) for record in page]
        if limit is not None and demanded_keys(schema, where) is None:
            self.emulate("gives no pages in this order")
        down = order is not None and order.descending
        return await self._sorted(schema, where, names, after, limit, chosen, down)

    async def export(
        self, table: str, *, after: tuple[Any, ...] | None = None, limit: int | None = None
    ) -> list[Record]:
        """As `Backend.export`: the keys of a page, then their whole records."""
        schema: Schema = await self.schema(table)
        reads.check_limit(limit)
        if after is not None:
            reads.check_after(schema, None, after)
            after = tuple(after)
        whole = [f.name for f in schema.fields]
        while limit != 0 and (keys := await self._next_keys(schema, after, limit)):
            found = await self.loaded(schema, keys, whole)
            if records := [found[key] for key in keys if key in found]:
                return records
            after = keys[-1]
        return []

    async def _next_keys(self, schema: Schema, after: Key | None, limit: int | None) -> list[Key]:
        if limit:
            page = await self.engine.page(schema, None, None, after, limit, schema.key)
            if page is not None:
                return [key_of(schema, record) for record in page]

        async def keys() -> list[Key]:
            found = await self.query(schema.name, after=after, columns=schema.key)
            return [key_of(schema, record) for record in found]

        if limit is None:
            return await keys()
        return await self.listings.page(schema.name, after, limit, keys)

    async def _sorted(
        self,
        schema: Schema,
        where: Filter | None,
        names: Sequence[str],
        after: tuple[Any, ...] | None,
        limit: int | None,
        chosen: Sequence[str],
        down: bool,
    ) -> list[Record]:
        light = limit is not None and demanded_keys(schema, where) is None
        needed = tuple(dict.fromkeys((*names, *schema.key, *(() if light else chosen))))
        pages = [
            (tuple(r[n] for n in names), r)
            async for batch in self.matching(schema, where, needed)
            for r in batch
        ]
        if after is not None:
            pages = [p for p in pages if (p[0] < after if down else p[0] > after)]
        pages.sort(key=lambda p: p[0], reverse=down)
        records = [r for _, r in pages[:limit]]
        if light and not set(chosen) <= set(needed):
            loaded = await self.loaded(schema, [key_of(schema, r) for r in records], chosen)
            return [loaded[k] for r in records if (k := key_of(schema, r)) in loaded]
        return [{name: r[name] for name in chosen} for r in records]

    async def matching(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """The records that match, with these columns and those that the filter looks at."""
        looked = {schema.field(name).name for name in fields_of(where)}
        needed = tuple(dict.fromkeys((*columns, *looked)))
        keys = demanded_keys(schema, where)
        exact = keys is None and (where is None or self.engine.is_exact(schema, where))
        if keys is None and not exact:
            self.emulate("does not know the whole filter")
        test = None if exact or where is None else predicate(where)
        source = (
            self.engine.scan(schema, where, needed)
            if keys is None
            else self._by_keys(schema, keys, needed)
        )
        async for batch in source:
            records = [given(schema, record, needed) for record in batch]
            yield records if test is None else list(filter(test, records))

    async def _by_keys(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        for start in range(0, len(keys), AT_ONCE):
            yield await self.engine.load(schema, keys[start : start + AT_ONCE], columns)

    async def loaded(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> dict[Key, Record]:
        """The records under these keys that are there, as they are given to callers."""
        found: dict[Key, Record] = {}
        needed = tuple(dict.fromkeys((*schema.key, *columns)))
        async for batch in self._by_keys(schema, keys, needed):
            for record in batch:
                found[key_of(schema, record)] = given(schema, record, columns)
        return found

    async def _keys_matching(self, schema: Schema, where: Filter) -> list[Key]:
        return [
            key_of(schema, r)
            async for batch in self.matching(schema, where, schema.key)
            for r in batch
        ]


def given(schema: Schema, record: Record, columns: Sequence[str]) -> Record:
    """These columns of a stored record, as values of Python."""
    return coerce(schema, {name: record.get(name) for name in columns})
