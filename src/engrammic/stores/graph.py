"""The simple graph store: two tables, entities and relations, on any database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from engrammic.changes import Change, Delete, Put
from engrammic.filters import EVERYTHING, eq, every
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, Store
from engrammic.stores.graph_tables import (
    BY_NAME,
    ENTITIES,
    RELATIONS,
    counted,
    deletions,
    entities_of,
    entity_of,
    entity_record,
    having,
    rows_from,
    triple_of,
    triple_record,
    triples_of,
    triples_touching,
    without_anything,
)
from engrammic.triples.nouns import (
    EntityKey,
    GraphEntity,
    GraphTriple,
    check_names,
    checked_entity,
    checked_key,
    checked_sources,
    checked_triple,
    is_stated,
    joined,
    split,
)
from engrammic.triples.store import BATCH, GraphCounts, GraphStore, Key, Removed
from engrammic.triples.walk import Direction
from engrammic.types import Schema

Changes = Sequence[Change]


class SimpleGraphStore(Store, GraphStore):
    """The graph of a scope in the tables `graph_entities` and `graph_relations`.

    Each verb is one step where the database is atomic; an upsert is one for
    every BATCH. Elsewhere new records are written before old ones go.
    """

    def __init__(self, backend: Storage) -> None:
        super().__init__(backend)

    def schemas(self) -> Sequence[Schema]:
        """The two tables."""
        return ENTITIES, RELATIONS

    async def upsert_entities(self, entities: Sequence[GraphEntity]) -> int:
        """As `GraphStore.upsert_entities`."""
        given = [checked_entity(entity) for entity in entities]
        await self.ready()
        written = 0
        for start in range(0, len(given), BATCH):
            batch = given[start : start + BATCH]
            written += await self.backend.transact(lambda reader, b=batch: _entities(reader, b))  # type: ignore[misc]
        return written

    async def upsert_triples(self, triples: Sequence[GraphTriple]) -> int:
        """As `GraphStore.upsert_triples`."""
        given = [checked_triple(triple) for triple in triples]
        await self.ready()
        for start in range(0, len(given), BATCH):
            batch = given[start : start + BATCH]
            await self.backend.transact(lambda reader, b=batch: _triples(reader, b))  # type: ignore[misc]
        return len({triple.triple_id for triple in given})

    async def get_entity(self, key: Key) -> GraphEntity | None:
        """As `GraphStore.get_entity`."""
        wanted = checked_key("key", key)
        await self.ready()
        record = await self.backend.get(ENTITIES.name, (wanted.entity_id,))
        return None if record is None else entity_of(record)

    async def entities(
        self,
        *,
        entity_type: str | None = None,
        name: str | None = None,
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[GraphEntity]:
        """As `GraphStore.entities`."""
        check_names(entity_type=entity_type, name=name)
        where = every(
            None if entity_type is None else eq("entity_type", entity_type),
            None if name is None else eq("name", name),
        )
        last = None if after is None else checked_key("after", after)
        resume = None if last is None else (last.name, last.entity_id)
        await self.ready()
        rows = await self.backend.query(
            ENTITIES.name, where, order=BY_NAME, after=resume, limit=limit
        )
        return [entity_of(row) for row in rows]

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
        check_names(predicate=predicate)
        where = every(
            None if subject is None
            else eq("subject_id", checked_key("subject", subject).entity_id),
            None if predicate is None else eq("predicate", predicate),
            None if object is None else eq("object_id", checked_key("object", object).entity_id),
            None if source is None else having(checked_sources("source", [source])),
        )  # fmt: skip
        resume = None if after is None else (after,)
        await self.ready()
        rows = await self.backend.query(RELATIONS.name, where, after=resume, limit=limit)
        return [triple_of(row) for row in rows]

    async def touching(
        self,
        keys: Collection[EntityKey],
        *,
        direction: Direction,
        predicates: Collection[str] | None = None,
    ) -> list[GraphTriple]:
        """As `GraphStore.touching`."""
        await self.ready()
        return await triples_touching(self.backend, keys, direction, predicates)

    async def delete_entity(self, key: Key) -> bool:
        """As `GraphStore.delete_entity`."""
        doomed = checked_key("key", key)
        await self.ready()
        there: set[EntityKey] = set()

        async def removal(reader: Scoped) -> Changes:
            nonlocal there
            there = set(await entities_of(reader, [doomed]))
            dying = await triples_touching(reader, there)
            return deletions(dying, there | await _left_alone(reader, dying, there))

        await self.backend.transact(removal)
        return bool(there)

    async def delete_triples(self, triples: Sequence[GraphTriple]) -> int:
        """As `GraphStore.delete_triples`."""
        ids = {checked_triple(triple).triple_id for triple in triples}
        await self.ready()
        gone = 0

        async def removal(reader: Scoped) -> Changes:
            nonlocal gone
            dying = list((await triples_of(reader, ids)).values())
            gone = len(dying)
            return deletions(dying, await _left_alone(reader, dying))

        await self.backend.transact(removal)
        return gone

    async def delete_sources(self, source_chunk_ids: Sequence[str]) -> Removed:
        """As `GraphStore.delete_sources`; goes through all triples of the scope once."""
        sources = frozenset(checked_sources("source_chunk_ids", source_chunk_ids))
        await self.ready()
        gone = Removed(0, 0)

        async def removal(reader: Scoped) -> Changes:
            nonlocal gone
            rows = await rows_from(reader, RELATIONS.name, sources)
            kept, dying = split(map(triple_of, rows), sources)
            found = await rows_from(reader, ENTITIES.name, sources)
            stated, unstated = split(map(entity_of, found), sources)
            lonely = await _left_alone(reader, dying, {e.key for e in (*stated, *unstated)})
            lonely |= await without_anything(reader, unstated, dying)
            gone = Removed(len(dying), len(lonely))
            staying = [e for e in (*stated, *unstated) if e.key not in lonely]
            return [
                Put(RELATIONS.name, [triple_record(triple) for triple in kept]),
                Put(ENTITIES.name, [entity_record(entity) for entity in staying]),
                *deletions(dying, lonely),
            ]

        await self.backend.transact(removal)
        return gone

    async def clear(self) -> Removed:
        """As `GraphStore.clear`."""
        await self.ready()
        gone = Removed(0, 0)

        async def removal(reader: Scoped) -> Changes:
            nonlocal gone
            gone = Removed(await reader.count(RELATIONS.name), await reader.count(ENTITIES.name))
            return [Delete(RELATIONS.name, EVERYTHING), Delete(ENTITIES.name, EVERYTHING)]

        await self.backend.transact(removal)
        return gone

    async def count_entities(self, entity_type: str | None = None) -> int:
        """As `GraphStore.count_entities`."""
        await self.ready()
        where = None if entity_type is None else eq("entity_type", entity_type)
        return await self.backend.count(ENTITIES.name, where)

    async def count_triples(self, predicate: str | None = None) -> int:
        """As `GraphStore.count_triples`."""
        await self.ready()
        where = None if predicate is None else eq("predicate", predicate)
        return await self.backend.count(RELATIONS.name, where)

    async def counts(self) -> GraphCounts:
        """As `GraphStore.counts`; reads the whole graph, two fields of it."""
        await self.ready()
        types = await counted(self.backend, ENTITIES.name, "entity_type")
        predicates = await counted(self.backend, RELATIONS.name, "predicate")
        return GraphCounts(types.total(), predicates.total(), types, predicates)

    async def flush(self) -> None:
        """As `GraphStore.flush`."""
        await self.backend.backend.flush()

    async def close(self) -> None:
        """Close the database that it is on."""
        await self.backend.backend.close()


async def _entities(reader: Scoped, batch: Sequence[GraphEntity]) -> Changes:
    found = await entities_of(reader, {entity.key for entity in batch})
    changed: set[EntityKey] = set()
    for entity in batch:
        if is_stated(entity) or entity.key in found:
            found[entity.key] = joined(found.get(entity.key), entity)
            changed.add(entity.key)
    return [Put(ENTITIES.name, [entity_record(found[key]) for key in sorted(changed)])]


async def _triples(reader: Scoped, batch: Sequence[GraphTriple]) -> Changes:
    found = await triples_of(reader, {triple.triple_id for triple in batch})
    for triple in batch:
        found[triple.triple_id] = joined(found.get(triple.triple_id), triple)
    ends = {end for triple in batch for end in (triple.head, triple.tail)}
    missing = sorted(ends - (await entities_of(reader, ends)).keys())
    made = [GraphEntity(key.name, key.entity_type, lasting=False) for key in missing]
    return [
        Put(ENTITIES.name, [entity_record(entity) for entity in made]),
        Put(RELATIONS.name, [triple_record(triple) for triple in found.values()]),
    ]


async def _left_alone(
    reader: Scoped, dying: Sequence[GraphTriple], apart: Iterable[EntityKey] = ()
) -> set[EntityKey]:
    """Ends of the dying, `apart` aside, that have nothing left to keep them."""
    ends = {end for triple in dying for end in (triple.head, triple.tail)}.difference(apart)
    return await without_anything(reader, (await entities_of(reader, ends)).values(), dying)
