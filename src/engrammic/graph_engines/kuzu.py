"""The kuzu graph store: LadybugDB, Kuzu's living successor, embedded; Cypher, every value bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Self, TypeVar

from engrammic.checks import check_count
from engrammic.errors import Closed
from engrammic.graph_engines import cypher
from engrammic.graph_engines.cypher import entities_in, in_batches, pk_of, rows, triples_in, where
from engrammic.graph_engines.kuzu_database import KuzuDatabase, open_database
from engrammic.graph_engines.kuzu_inside import Inside
from engrammic.predicate import LARGEST
from engrammic.scope import Scope
from engrammic.triples.nouns import (
    EntityKey,
    GraphEntity,
    GraphTriple,
    check_names,
    checked_entity,
    checked_key,
    checked_sources,
    checked_triple,
)
from engrammic.triples.store import BATCH, GraphCounts, GraphStore, Key, Removed
from engrammic.triples.walk import Direction

T = TypeVar("T")


class KuzuGraphStore(GraphStore):
    """The graph of a scope in a Kuzu database.

    One process has the database at a time; stores of it, of any scope, share
    one handle and one thread. Each verb is a transaction, an upsert one for
    every BATCH, on disk when it returns.
    """

    def __init__(self, database: KuzuDatabase, scope: Scope) -> None:
        self._database: KuzuDatabase | None = database
        self._scope = str(scope)

    @classmethod
    async def connect(cls, url: str, scope: Scope | None = None) -> Self:
        """Open or create the database at `kuzu:path`.

        Raises Locked when another process has it for longer than `?timeout=`.
        """
        database = await asyncio.to_thread(open_database, url)
        store = cls(database, scope or Scope())
        try:
            await database.run(lambda c: [rows(c, statement) for statement in cypher.TABLES])
        except BaseException:
            await store.close()
            raise
        return store

    async def upsert_entities(self, entities: Sequence[GraphEntity]) -> int:
        """As `GraphStore.upsert_entities`."""
        given = [checked_entity(entity) for entity in entities]
        written = 0
        for batch in in_batches(given, BATCH):
            written += await self._run(partial(_state_entities, batch))
        return written

    async def upsert_triples(self, triples: Sequence[GraphTriple]) -> int:
        """As `GraphStore.upsert_triples`."""
        given = [checked_triple(triple) for triple in triples]
        for batch in in_batches(given, BATCH):
            await self._run(partial(_state_triples, batch))
        return len({triple.triple_id for triple in given})

    async def get_entity(self, key: Key) -> GraphEntity | None:
        """As `GraphStore.get_entity`."""
        wanted = checked_key("key", key)
        return (await self._run(lambda g: g.known([wanted]))).get(wanted)

    async def entities(
        self,
        *,
        entity_type: str | None = None,
        name: str | None = None,
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[GraphEntity]:
        """As `GraphStore.entities`."""
        asked = _asked(("entity_type", entity_type), ("name", name), limit=limit)
        if after is not None:
            last = checked_key("after", after)
            asked |= {"last": last.name, "id": last.entity_id}
        statement = "MATCH (e:GraphEntity)" + where(cypher.ENTITY_CONDITIONS, asked)
        statement += cypher.ENTITY + " ORDER BY e.name, e.id" + cypher.limit(asked)
        return entities_in(await self._run(lambda g: g.rows(statement, **asked)))

    async def triples(
        self,
        *,
        subject: Key | None = None,
        predicate: str | None = None,
        object: Key | None = None,  # noqa: A002 -- the field is called so
        source: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[GraphTriple]:
        """As `GraphStore.triples`."""
        asked = _asked(("predicate", predicate), ("source", source), ("after", after), limit=limit)
        for name, key in (("subject", subject), ("object", object)):
            if key is not None:
                asked[name] = pk_of(self._scope, checked_key(name, key))
        statement = cypher.EDGE + where(cypher.TRIPLE_CONDITIONS, asked)
        statement += cypher.TRIPLE + ", t.id ORDER BY t.id" + cypher.limit(asked)
        return triples_in(await self._run(lambda g: g.rows(statement, **asked)))

    async def touching(
        self,
        keys: Collection[EntityKey],
        *,
        direction: Direction,
        predicates: Collection[str] | None = None,
    ) -> list[GraphTriple]:
        """As `GraphStore.touching`."""
        return await self._run(lambda g: g.touching(keys, direction, predicates))

    async def delete_entity(self, key: Key) -> bool:
        """As `GraphStore.delete_entity`."""
        doomed = checked_key("key", key)
        return await self._run(lambda g: g.delete_entity(doomed))

    async def delete_triples(self, triples: Sequence[GraphTriple]) -> int:
        """As `GraphStore.delete_triples`."""
        given = [checked_triple(triple) for triple in triples]
        return await self._run(lambda g: g.delete_triples(given))

    async def delete_sources(self, source_chunk_ids: Sequence[str]) -> Removed:
        """As `GraphStore.delete_sources`; goes through all triples of the scope once."""
        sources = frozenset(checked_sources("source_chunk_ids", source_chunk_ids))
        return await self._run(lambda g: g.delete_sources(sources))

    async def clear(self) -> Removed:
        """As `GraphStore.clear`."""
        return await self._run(lambda g: g.clear())

    async def count_entities(self, entity_type: str | None = None) -> int:
        """As `GraphStore.count_entities`."""
        if entity_type is not None:
            return (await self.counts()).entity_types.get(entity_type, 0)
        return await self._run(lambda g: g.count(cypher.COUNT_ENTITIES))

    async def count_triples(self, predicate: str | None = None) -> int:
        """As `GraphStore.count_triples`."""
        if predicate is not None:
            return (await self.counts()).predicates.get(predicate, 0)
        return await self._run(lambda g: g.count(cypher.COUNT_TRIPLES))

    async def counts(self) -> GraphCounts:
        """As `GraphStore.counts`."""
        return await self._run(lambda g: g.counts())

    async def flush(self) -> None:
        """Nothing is left to do: a write is on disk when it returns."""

    async def close(self) -> None:
        """Give the database back; the last store of it closes it."""
        database, self._database = self._database, None
        if database is not None:
            await asyncio.to_thread(database.give_back)

    async def _run(self, work: Callable[[Inside], T]) -> T:
        if self._database is None:
            raise Closed("the graph was closed; open it again")
        return await self._database.run(lambda c: work(Inside(c, self._scope)))


def _state_entities(batch: Sequence[GraphEntity], inside: Inside) -> int:
    return inside.state_entities(batch)


def _state_triples(batch: Sequence[GraphTriple], inside: Inside) -> None:
    inside.state_triples(batch)


def _asked(*texts: tuple[str, str | None], limit: int | None) -> dict[str, Any]:
    """The parameters that are given. Raises InvalidInput."""
    check_names(**dict(texts))
    if limit is not None:
        check_count("limit", limit, 0, LARGEST)
    given = (*texts, ("limit", limit))
    return {name: value for name, value in given if value is not None}
