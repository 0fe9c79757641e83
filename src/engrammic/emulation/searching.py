"""Searches over an engine that may rank vectors, and ranks no words as we do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic import reads
from engrammic.emulation import vectors
from engrammic.emulation.collections import Collections
from engrammic.emulation.derived import Derived, Index, Ranking
from engrammic.emulation.mixed import Mixed
from engrammic.emulation.pushdown import demanded_keys, fields_of
from engrammic.emulation.ranks import Ranked, ordered
from engrammic.emulation.reading import given
from engrammic.emulation.samples import Samples
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.predicate import check_filter, predicate
from engrammic.types import Record, Schema, Scored, Vector

SPARE = 2
"""Hits more than a page: equal scores at its end are ordered by key."""

GROWTH = 4
"""How many times as many hits are asked for when a page has not become full."""

ALL = 2**53
"""More than there are."""

PATIENCE = 2000
"""Ranked records that are tried one by one before the filter is asked for all that match."""


class Searches:
    """The searching verbs of `Backend`, for `CollectionBackend`."""

    engine: Collections
    derived: Derived
    samples: Samples
    mixed: Mixed
    schema: Callable[[str], Any]
    loaded: Callable[[Schema, Sequence[Key], Sequence[str]], Any]
    matching: Callable[[Schema, Filter | None, Sequence[str]], AsyncIterator[list[Record]]]
    emulate: Callable[[str], None]
    _keys_matching: Callable[[Schema, Filter], Any]

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
        """As `Backend.vector_search`."""
        schema: Schema = await self.schema(table)
        query = reads.query_vector(schema, field, vector)
        chosen = reads.columns_of(schema, columns)
        partition = _checked(schema, where, limit)
        if limit == 0:
            return []
        if self.engine.searches and (keys := demanded_keys(schema, where)) is None:
            page = await self._among_all(schema, field, query, limit, where, chosen)
            if page is not None:
                return page
            return await self._nearest(schema, field, query, limit, where, chosen)
        if self.engine.searches:
            assert keys is not None
            return await self._among(schema, field, query, limit, where, chosen)
        self.emulate("compares no vectors exactly")

        def by(found: Index, count: int) -> Ranked:
            return found.vectors[field].rank(query, count)

        return await self._page(schema, partition, by, where, limit, chosen)

    async def _among_all(
        self,
        schema: Schema,
        field: str,
        query: NDArray[np.float32],
        limit: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored] | None:
        """The page of a partition that has its table for itself, as most do; else None.

        The engine need not look at a condition for each record then, which may
        take it longer than the search.
        """
        asked, needed = limit + SPARE, tuple(dict.fromkeys((*schema.key, *columns)))
        if where is None or not reads.is_partition_alone(schema, where):
            return None
        if asked > self.engine.most or self.mixed.knows(schema.name, where):
            return None
        hits = await self.engine.nearest(schema, field, query, asked, None, needed)
        found = [Scored(given(schema, h.record, needed), h.score) for h in hits]
        if not all(map(predicate(where), (h.record for h in found))):
            self.mixed.note(schema.name, where)
        elif len(found) == asked and _is_settled(found, limit, hits[-1].score):
            return _cut(schema, found, limit, columns)
        return None

    async def _nearest(
        self,
        schema: Schema,
        field: str,
        query: NDArray[np.float32],
        limit: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """By the engine, asked for more until the page is full and its last scores are told apart.

        Beyond what the engine gives at once, all that matches is compared here.
        """
        exact = where is None or self.engine.is_exact(schema, where)
        if not exact:
            self.emulate("does not know the whole filter")
        looked = () if exact else {schema.field(name).name for name in fields_of(where)}
        needed = tuple(dict.fromkeys((*schema.key, *columns, *looked)))
        test = None if exact or where is None else predicate(where)
        asked = limit + SPARE
        while asked <= self.engine.most:
            hits = await self.engine.nearest(schema, field, query, asked, where, needed)
            found = [Scored(given(schema, h.record, needed), h.score) for h in hits]
            if test is not None:
                found = [h for h in found if test(h.record)]
            if self.engine.approximate and len(hits) < asked and len(found) < limit:
                break
            if len(hits) < asked or _is_settled(found, limit, hits[-1].score):
                return _cut(schema, found, limit, columns)
            asked *= GROWTH
        return await self._among(schema, field, query, limit, where, columns)

    async def _among(
        self,
        schema: Schema,
        field: str,
        query: NDArray[np.float32],
        limit: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """All that matches, compared in this process."""
        found: dict[Key, float] = {}
        async for batch in self.matching(schema, where, (*schema.key, field)):
            for record in batch:
                if record[field] is not None:
                    score = float(np.clip(record[field] @ query, -1.0, 1.0))
                    found[key_of(schema, record)] = score
        return await self._given(schema, ordered([*found.items()], vectors.SAME)[:limit], columns)

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`, by an index in this process."""
        schema: Schema = await self.schema(table)
        wanted = reads.query_terms(schema, terms)
        chosen = reads.columns_of(schema, columns)
        partition = _checked(schema, where, limit)
        if not wanted or limit == 0:
            return []
        self.emulate("ranks no words by BM25 as engrammic does")

        def by(found: Index, count: int) -> Ranked:
            return [] if found.words is None else found.words.rank(wanted, count)

        return await self._page(schema, partition, by, where, limit, chosen)

    async def _page(
        self,
        schema: Schema,
        partition: Any,
        by: Ranking,
        where: Filter | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Scored]:
        """The best that match: tried in order of rank, or as a whole when matches are rare."""
        if where is None or reads.is_partition_alone(schema, where):
            guessed = await self._guessed(schema, partition, by, limit, columns)
            if guessed is not None:
                return guessed
            index = await self.derived.index(schema, partition)
            return await self._given(schema, index.rank(by, limit), columns)
        index = await self.derived.index(schema, partition)
        test, needed = predicate(where), _needed(schema, where, columns)
        page: list[Scored] = []
        tried, step = 0, limit * GROWTH + SPARE
        while tried < PATIENCE:
            ranked = index.rank(by, tried + step)[tried:]
            records = await self.loaded(schema, [key for key, _ in ranked], needed)
            page += [
                Scored({n: records[key][n] for n in columns}, score)
                for key, score in ranked
                if key in records and test(records[key])
            ]
            if len(page) >= limit or len(ranked) < step:
                return page[:limit]
            tried, step = tried + step, step * GROWTH
        allowed = set(await self._keys_matching(schema, where))
        everything = [p for p in index.rank(by, ALL) if p[0] in allowed]
        return await self._given(schema, everything[:limit], columns)

    async def _guessed(
        self, schema: Schema, partition: Any, by: Ranking, limit: int, columns: Sequence[str]
    ) -> list[Scored] | None:
        """The page by the index at hand, if the request for the records says that it is current."""
        index = self.derived.held(schema, partition)
        if index is None or limit > self.engine.noted:
            return None
        ranked, needed = index.rank(by, limit), (*schema.key, *columns)
        found = await self.derived.loaded(index, partition, [key for key, _ in ranked], needed)
        if found is None:
            return None
        records = {key_of(schema, r): given(schema, r, columns) for r in found}
        return [Scored(records[key], score) for key, score in ranked if key in records]

    async def _given(self, schema: Schema, ranked: Ranked, columns: Sequence[str]) -> list[Scored]:
        records = await self.loaded(schema, [key for key, _ in ranked], columns)
        return [Scored(records[key], score) for key, score in ranked if key in records]

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`, from records that are kept in this process for a while."""
        schema: Schema = await self.schema(table)
        dimension = schema.field(field).dimension or 0
        if where is not None:
            check_filter(where, schema)
        found = await self.samples.of(schema, field, count, where)
        return np.array(found, np.float32).reshape(len(found), dimension)


def _checked(schema: Schema, where: Filter | None, limit: int) -> Any:
    """The partition of a search whose filter and limit are in order."""
    if where is not None:
        check_filter(where, schema)
    reads.check_limit(limit)
    return reads.partition_of(schema, where)


def _needed(schema: Schema, where: Filter, columns: Sequence[str]) -> tuple[str, ...]:
    looked = {schema.field(name).name for name in fields_of(where)}
    return tuple(dict.fromkeys((*columns, *looked)))


def _is_settled(found: Sequence[Scored], limit: int, last: float) -> bool:
    """Whether the page is full, and no hit that was not given equals its last one."""
    if len(found) < limit:
        return False
    return format(found[limit - 1].score, vectors.SAME) != format(last, vectors.SAME)


def _cut(
    schema: Schema, found: Sequence[Scored], limit: int, columns: Sequence[str]
) -> list[Scored]:
    records = {key_of(schema, h.record): h.record for h in found}
    pairs = [(key_of(schema, h.record), min(max(h.score, -1.0), 1.0)) for h in found]
    best = ordered(pairs, vectors.SAME)[:limit]
    return [Scored({n: records[key][n] for n in columns}, score) for key, score in best]
