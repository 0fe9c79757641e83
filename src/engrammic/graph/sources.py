"""Where a relationship graph comes from and is kept: an entity store, or any graph store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from engrammic.extraction.nouns import EdgeType, EntityType, relationship
from engrammic.filters import is_in
from engrammic.graph.network import GraphEdge, GraphNode, Network
from engrammic.stores.base import in_parts
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_tables import STATED, Entity
from engrammic.triples.nouns import EntityKey, GraphEntity, GraphTriple
from engrammic.triples.store import GraphStore
from engrammic.triples.walk import Direction
from engrammic.types import Record

PAGE = 1000


class GraphSource(Protocol):
    """What a relationship graph asks of its store."""

    async def named(self, name: str) -> list[GraphNode]:
        """The nodes of a name, of every type."""

    async def around(self, keys: Collection[EntityKey]) -> Network:
        """These nodes, the relations that touch them, and what those lead to."""

    async def whole(self) -> Network:
        """Everything."""

    async def add_nodes(self, keys: Sequence[tuple[str, EntityType]]) -> None:
        """Add nodes that last; known ones stay."""

    async def add_edge(self, start: EntityKey, end: EntityKey, edge_type: EdgeType) -> None:
        """Add a relation that lasts, with its ends."""


class EntitySource:
    """The graph that an entity store holds."""

    def __init__(self, store: EntityStore) -> None:
        self.store = store

    async def named(self, name: str) -> list[GraphNode]:
        """The nodes of a name, of every type."""
        return [_node(entity) for entity in await self.store.named(name)]

    async def around(self, keys: Collection[EntityKey]) -> Network:
        """These nodes, the relations that touch them, and what those lead to."""
        rows = await self.store.relations_of([key.name for key in keys])
        names = {r["start_name"] for r in rows} | {r["end_name"] for r in rows}
        return await self._network(rows, names | {key.name for key in keys})

    async def outline(self, keys: Collection[EntityKey], most: int) -> Network:
        """As `around`, without messages, and of no more than some `most` records of relations."""
        rows = await self.store.relations_of([key.name for key in keys], most)
        names = {r["start_name"] for r in rows} | {r["end_name"] for r in rows}
        found = await self.store.outlines(names | {key.name for key in keys})
        return _joined(rows, map(_node, found))

    async def whole(self) -> Network:
        """Everything."""
        return await self._network(await self.store.relations_of(None), None)

    async def _network(self, rows: Iterable[Record], names: Collection[str] | None) -> Network:
        parts = [None] if names is None else [is_in("name", part) for part in in_parts(names)]
        nodes = [_node(e) for where in parts async for e in self.store.all_entities(where)]
        return _joined(rows, nodes)

    async def add_nodes(self, keys: Sequence[tuple[str, EntityType]]) -> None:
        """Add nodes that last; known ones stay."""
        await self.store.state(keys)

    async def add_edge(self, start: EntityKey, end: EntityKey, edge_type: EdgeType) -> None:
        """Add a relation that lasts, with its ends."""
        types = (EntityType(start.entity_type), EntityType(end.entity_type))
        relation = relationship(edge_type, start.name, end.name, types=types)
        ends = [(key.name, kind) for key, kind in zip((start, end), types, strict=True)]
        await self.store.state(ends, [relation])


def _joined(rows: Iterable[Record], found: Iterable[GraphNode]) -> Network:
    """The network of these nodes, and of the relations that records tell of."""
    nodes = sorted(found, key=lambda n: (-n.mention_count, n.key))
    types: dict[str, list[GraphNode]] = defaultdict(list)
    for node in nodes:
        types[node.entity_name].append(node)
    sources: dict[tuple[EntityKey, EntityKey, EdgeType], list[str]] = defaultdict(list)
    for row in rows:
        start = _end(row["start_type"], row["start_name"], types)
        end = _end(row["end_type"], row["end_name"], types)
        if start is not None and end is not None:
            sources[start, end, EdgeType(row["edge_type"])].append(row["message_id"])
    edges = (GraphEdge(*key, tuple(sorted(set(ids) - {STATED}))) for key, ids in sources.items())
    return Network.of(nodes, edges)


def _node(entity: Entity) -> GraphNode:
    return GraphNode(entity.name, entity.entity_type, entity.message_ids, entity.mention_count)


def _end(given: str, name: str, types: dict[str, list[GraphNode]]) -> EntityKey | None:
    """The end of a relation; where only its name is known, the most mentioned of that name."""
    if given:
        return EntityKey(EntityType(given), name)
    return types[name][0].key if types.get(name) else None


_TYPES = {
    "module": EntityType.FILE, "package": EntityType.FILE, "configfile": EntityType.FILE,
    "designdoc": EntityType.FILE, "userdoc": EntityType.FILE, "readme": EntityType.FILE,
    "class": EntityType.TYPE, "interface": EntityType.TYPE, "enum": EntityType.TYPE,
    "method": EntityType.FUNCTION, "endpoint": EntityType.FUNCTION,
    **{str(kind): kind for kind in EntityType},
}  # fmt: skip
_PREDICATES = {
    "calls": EdgeType.REFERENCES, "imports": EdgeType.DEPENDS_ON, "extends": EdgeType.DEPENDS_ON,
    "implements": EdgeType.DEPENDS_ON, **{str(kind): kind for kind in EdgeType},
}  # fmt: skip


class TripleSource:
    """The graph that a graph store holds; types and predicates of code are read as ours."""

    def __init__(self, store: GraphStore) -> None:
        self.store = store

    async def named(self, name: str) -> list[GraphNode]:
        """The nodes of a name, of every type."""
        return [_from_triples(entity) for entity in await self.store.entities(name=name)]

    async def around(self, keys: Collection[EntityKey]) -> Network:
        """These nodes, the relations that touch them, and what those lead to."""
        names = {key.name for key in keys}
        found = [e for name in sorted(names) for e in await self.store.entities(name=name)]
        triples = await self.store.touching([e.key for e in found], direction=Direction.BOTH)
        known = {e.key for e in found}
        for key in sorted({end for t in triples for end in (t.head, t.tail)} - known):
            entity = await self.store.get_entity(key)
            found += [] if entity is None else [entity]
        return Network.of(map(_from_triples, found), map(_edge, triples))

    async def whole(self) -> Network:
        """Everything."""
        found: list[GraphEntity] = []
        triples: list[GraphTriple] = []
        while page := await self.store.entities(after=found[-1].key if found else None, limit=PAGE):
            found += page
        while more := await self.store.triples(
            after=triples[-1].triple_id if triples else None, limit=PAGE
        ):
            triples += more
        return Network.of(map(_from_triples, found), map(_edge, triples))

    async def add_nodes(self, keys: Sequence[tuple[str, EntityType]]) -> None:
        """Add nodes that last; known ones stay."""
        await self.store.upsert_entities([GraphEntity(name, kind) for name, kind in keys])

    async def add_edge(self, start: EntityKey, end: EntityKey, edge_type: EdgeType) -> None:
        """Add a relation that lasts, with its ends."""
        await self.add_nodes([(k.name, EntityType(k.entity_type)) for k in (start, end)])
        triple = GraphTriple(
            start.name, str(edge_type), end.name, start.entity_type, end.entity_type
        )
        await self.store.upsert_triples([triple])


def _type(name: str) -> EntityType:
    return _TYPES.get(name.lower(), EntityType.CONCEPT)


def _from_triples(entity: GraphEntity) -> GraphNode:
    sources = entity.source_chunk_ids
    return GraphNode(entity.name, _type(entity.entity_type), sources, max(1, len(sources)))


def _edge(triple: GraphTriple) -> GraphEdge:
    head = EntityKey(_type(triple.subject_type), triple.subject)
    tail = EntityKey(_type(triple.object_type), triple.object)
    sources = triple.source_chunk_ids
    if triple.predicate == "defined_in":
        return GraphEdge(tail, head, EdgeType.DEFINES, sources)
    return GraphEdge(head, tail, _PREDICATES.get(triple.predicate, EdgeType.REFERENCES), sources)
