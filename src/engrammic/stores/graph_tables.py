"""The two tables of a graph, their records, and the reads that change lists are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain
from typing import TypeAlias

from engrammic.changes import Change, Delete
from engrammic.filters import Compare, Filter, Op, Or, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import in_parts
from engrammic.triples.nouns import EntityKey, GraphEntity, GraphTriple, is_stated
from engrammic.triples.store import PAGE
from engrammic.triples.walk import Direction
from engrammic.types import Field, Index, Kind, Order, Record, Schema

Entities: TypeAlias = dict[EntityKey, GraphEntity]

_STATED = (
    Field("sources", Kind.JSON, nullable=False),
    Field("lasting", Kind.BOOL, nullable=False),
    Field("properties", Kind.JSON, nullable=False),
)
ENTITIES = Schema(
    "graph_entities",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("entity_type", Kind.TEXT, nullable=False),
        Field("name", Kind.TEXT, nullable=False),
        Field("description", Kind.TEXT),
        *_STATED,
    ),
    indexes=(Index(("entity_type",)), Index(("name",))),
)
RELATIONS = Schema(
    "graph_relations",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("subject_id", Kind.TEXT, nullable=False),
        Field("subject_type", Kind.TEXT, nullable=False),
        Field("subject", Kind.TEXT, nullable=False),
        Field("predicate", Kind.TEXT, nullable=False),
        Field("object_id", Kind.TEXT, nullable=False),
        Field("object_type", Kind.TEXT, nullable=False),
        Field("object", Kind.TEXT, nullable=False),
        Field("weight", Kind.FLOAT, nullable=False),
        *_STATED,
    ),
    indexes=(Index(("subject_id",)), Index(("object_id",)), Index(("predicate",))),
)
BY_NAME = Order("name")

_ENDS = {
    Direction.OUT: ("subject_id",),
    Direction.IN: ("object_id",),
    Direction.BOTH: ("subject_id", "object_id"),
}

_FEW = 4
"""Sources that a filter asks for; a database looks at every record for each of them."""


def entity_record(entity: GraphEntity) -> Record:
    """The entity as a record."""
    return {
        "id": entity.key.entity_id,
        "entity_type": entity.entity_type,
        "name": entity.name,
        "description": entity.description,
        "sources": list(entity.source_chunk_ids),
        "lasting": entity.lasting,
        "properties": entity.properties,
    }


def entity_of(row: Record) -> GraphEntity:
    """The entity that a record holds."""
    return GraphEntity(
        row["name"], row["entity_type"], row["description"], tuple(row["sources"]),
        row["properties"], row["lasting"],
    )  # fmt: skip


def triple_record(triple: GraphTriple) -> Record:
    """The triple as a record."""
    return {
        "id": triple.triple_id,
        "subject_id": triple.head.entity_id,
        "subject_type": triple.subject_type,
        "subject": triple.subject,
        "predicate": triple.predicate,
        "object_id": triple.tail.entity_id,
        "object_type": triple.object_type,
        "object": triple.object,
        "weight": triple.weight,
        "sources": list(triple.source_chunk_ids),
        "lasting": triple.lasting,
        "properties": triple.properties,
    }


def triple_of(row: Record) -> GraphTriple:
    """The triple that a record holds."""
    return GraphTriple(
        row["subject"], row["predicate"], row["object"], row["subject_type"], row["object_type"],
        tuple(row["sources"]), row["weight"], row["properties"], row["lasting"],
    )  # fmt: skip


def having(sources: Collection[str]) -> Filter:
    """Records that have one of the sources."""
    return Or(tuple(Compare("sources", Op.CONTAINS, source) for source in sources))


async def rows_from(reader: Scoped, table: str, sources: frozenset[str]) -> list[Record]:
    """Records that have one of the sources; those of many are looked for here, page by page."""
    if len(sources) <= _FEW:
        return await reader.query(table, having(sources))
    ids: list[str] = []
    after = None
    while rows := await reader.query(table, after=after, limit=PAGE, columns=("id", "sources")):
        ids += [row["id"] for row in rows if not sources.isdisjoint(row["sources"])]
        after = (rows[-1]["id"],)
    return list(chain(*[await reader.query(table, is_in("id", part)) for part in in_parts(ids)]))


async def entities_of(reader: Scoped, keys: Iterable[EntityKey]) -> Entities:
    """Those of the entities that are there, by key."""
    parts = in_parts({key.entity_id for key in keys})
    pages = [await reader.query(ENTITIES.name, is_in("id", ids)) for ids in parts]
    return {entity.key: entity for entity in map(entity_of, chain(*pages))}


async def triples_of(reader: Scoped, ids: Iterable[str]) -> dict[str, GraphTriple]:
    """Those of the triples that are there, by id."""
    pages = [await reader.query(RELATIONS.name, is_in("id", part)) for part in in_parts(ids)]
    return {row["id"]: triple_of(row) for row in chain(*pages)}


async def triples_touching(
    reader: Scoped,
    keys: Iterable[EntityKey],
    direction: Direction = Direction.BOTH,
    predicates: Collection[str] | None = None,
) -> list[GraphTriple]:
    """The triples at one end or both of the entities, each once."""
    wanted = None if predicates is None else is_in("predicate", predicates)
    found: dict[str, Record] = {}
    for ids in in_parts({key.entity_id for key in keys}):
        for end in _ENDS[direction]:
            rows = await reader.query(RELATIONS.name, every(is_in(end, ids), wanted))
            found.update((row["id"], row) for row in rows)
    return [triple_of(row) for row in found.values()]


async def without_anything(
    reader: Scoped, entities: Iterable[GraphEntity], dying: Iterable[GraphTriple]
) -> set[EntityKey]:
    """Those of the entities that nothing states, and that no triple touches but the dying."""
    loose = {entity.key.entity_id: entity.key for entity in entities if not is_stated(entity)}
    gone = {triple.triple_id for triple in dying}
    touched: set[str] = set()
    for ids in in_parts(loose):
        for end in _ENDS[Direction.BOTH]:
            # Without a limit: with one, SQLite goes along the key instead of the index.
            rows = await reader.query(RELATIONS.name, is_in(end, ids), columns=("id", end))
            touched.update(row[end] for row in rows if row["id"] not in gone)
    return {key for entity_id, key in loose.items() if entity_id not in touched}


def deletions(triples: Iterable[GraphTriple], keys: Iterable[EntityKey]) -> list[Change]:
    """What removes them: triples first, so that no triple is left without its ends."""
    relations = [
        Delete(RELATIONS.name, is_in("id", ids)) for ids in in_parts(t.triple_id for t in triples)
    ]
    ids = in_parts(key.entity_id for key in keys)
    return [*relations, *(Delete(ENTITIES.name, is_in("id", part)) for part in ids)]


async def counted(reader: Scoped, table: str, field: str) -> Counter[str]:
    """How many records have each value of a field; read page by page."""
    found: Counter[str] = Counter()
    after = None
    while rows := await reader.query(table, after=after, limit=PAGE, columns=("id", field)):
        found.update(row[field] for row in rows)
        after = (rows[-1]["id"],)
    return found
