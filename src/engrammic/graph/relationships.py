"""RelationshipGraph: what hangs together with what, read from its store for each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from engrammic.checks import check_count, check_texts, shown
from engrammic.clock import Clock, now
from engrammic.errors import InvalidInput
from engrammic.extraction.nouns import EdgeType, EntityType
from engrammic.graph.measures import centrality, match, relevance
from engrammic.graph.network import GraphEdge, GraphNode, Network
from engrammic.graph.sources import EntitySource, GraphSource, TripleSource
from engrammic.stores.base import Storage, check_id
from engrammic.stores.entities import EntityStore
from engrammic.triples.nouns import EntityKey
from engrammic.triples.store import GraphStore

Kind = TypeVar("Kind", EntityType, EdgeType)

DEEPEST = 32
"""Steps that a walk may be asked for."""


@dataclass(frozen=True, slots=True)
class RelatedEntity:
    """An entity near another: over which relation, how far, and how relevant, in [0, 1]."""

    name: str
    entity_type: EntityType
    relationship: EdgeType
    distance: int
    relevance: float


@dataclass(frozen=True, slots=True)
class EntityContext:
    """What is around an entity, the most relevant first, and all messages that tell of it."""

    root: GraphNode
    related_entities: tuple[RelatedEntity, ...]
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImpactedEntity:
    """What a change reaches. `impact_path` are the names on the strongest way, both ends too."""

    name: str
    entity_type: EntityType
    distance: int
    impact_score: float
    impact_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entity worth a look, how much, and why."""

    name: str
    entity_type: EntityType
    score: float
    reason: str


class RelationshipGraph:
    """The graph of one scope, keyed by type and name.

    A name without a type means the most important entity of that name. What is
    added here lasts; what messages say goes with them.
    """

    def __init__(self, backend: Storage | GraphSource, *, clock: Clock = now) -> None:
        stored = hasattr(backend, "ensure_table")
        self.source: GraphSource = (
            EntitySource(EntityStore(backend, clock=clock)) if stored else backend  # type: ignore[arg-type,assignment]
        )

    @classmethod
    def from_entity_store(cls, store: EntityStore) -> Self:
        """The graph of all that an entity store holds, with its relations."""
        return cls(EntitySource(store))

    @classmethod
    def from_graph_store(cls, store: GraphStore) -> Self:
        """The graph of a graph store, with its triples."""
        return cls(TripleSource(store))

    async def add_node(self, name: str, entity_type: EntityType | str) -> None:
        """Add an entity; a known one stays as it is."""
        check_id("name", name)
        await self.source.add_nodes([(name, _member("entity_type", entity_type, EntityType))])

    async def add_edge(
        self,
        start: str,
        end: str,
        edge_type: EdgeType | str,
        *,
        start_type: EntityType | str | None = None,
        end_type: EntityType | str | None = None,
    ) -> bool:
        """Add a relation; False, and nothing done, unless both entities are there."""
        kind = _member("edge_type", edge_type, EdgeType)
        first = await self.get_node(start, start_type)
        second = await self.get_node(end, end_type)
        if first is None or second is None:
            return False
        await self.source.add_edge(first.key, second.key, kind)
        return True

    async def get_node(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> GraphNode | None:
        """The entity, or None."""
        check_id("name", name)
        kind = None if entity_type is None else _member("entity_type", entity_type, EntityType)
        return Network.of(await self.source.named(name), ()).named(name, kind)

    async def get_neighbors(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> list[GraphNode]:
        """Entities at the other end of a relation, either way, the most important first."""
        node = await self.get_node(name, entity_type)
        return [] if node is None else (await self._near(node.key, 1)).neighbors(node.key)

    async def get_edges(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> list[GraphEdge]:
        """The relations that touch an entity, the strongest first."""
        node = await self.get_node(name, entity_type)
        if node is None:
            return []
        found = (await self._near(node.key, 1)).touching[node.key]
        return sorted(found, key=lambda e: (-e.weight, e.start, e.end))

    async def shortest_path(
        self,
        start: str,
        end: str,
        *,
        start_type: EntityType | str | None = None,
        end_type: EntityType | str | None = None,
    ) -> list[GraphNode] | None:
        """The entities on a way with the fewest relations, both ends too; None for no way."""
        first = await self.get_node(start, start_type)
        goal = await self.get_node(end, end_type)
        if first is None or goal is None:
            return None
        near = await self._near(first.key, DEEPEST, goal.key)
        way = near.path(first.key, goal.key)
        return None if way is None else [near.nodes[key] for key in way]

    async def get_entity_context(
        self, name: str, max_depth: int = 2, *, entity_type: EntityType | str | None = None
    ) -> EntityContext | None:
        """What is around an entity; None where there is none of that name.

        Relevance is the weight of the last relation times 0.8 for each step.
        """
        check_count("max_depth", max_depth, 0, DEEPEST)
        node = await self.get_node(name, entity_type)
        if node is None:
            return None
        near = await self._near(node.key, max_depth)
        reached = near.layers(node.key, max_depth)
        related = [
            RelatedEntity(
                key.name, EntityType(key.entity_type), edge.edge_type, far,
                relevance(edge.edge_type, far),
            )
            for key, (far, edge) in reached.items()
        ]  # fmt: skip
        related.sort(key=lambda r: (-r.relevance, r.distance, r.name, r.entity_type))
        ids = dict.fromkeys(
            [*node.message_ids, *(m for k in reached for m in near.nodes[k].message_ids)]
        )
        return EntityContext(node, tuple(related), tuple(ids))

    async def importance_score(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> float:
        """In [0, 1], from its importance and its degree; 0 where there is none of that name."""
        node = await self.get_node(name, entity_type)
        if node is None:
            return 0.0
        return centrality(node.importance, (await self._near(node.key, 1)).degree(node.key))

    async def get_impact_set(
        self, name: str, depth: int = 3, *, entity_type: EntityType | str | None = None
    ) -> list[ImpactedEntity]:
        """What a change of an entity reaches, the hardest hit first.

        A change goes to dependents and callers, to what is defined, contained or
        modified, and both ways between what only co-occurs.
        """
        check_count("depth", depth, 0, DEEPEST)
        node = await self.get_node(name, entity_type)
        if node is None:
            return []
        reached = (await self._near(node.key, depth)).impact(node.key, depth)
        found = [
            ImpactedEntity(
                key.name, EntityType(key.entity_type), len(way) - 1, share,
                tuple(step.name for step in way),
            )
            for key, (share, way) in reached.items()
        ]  # fmt: skip
        return sorted(found, key=lambda i: (-i.impact_score, i.distance, i.name, i.entity_type))

    async def central_nodes(self, limit: int = 10) -> list[tuple[GraphNode, float]]:
        """The entities of the highest `importance_score`, each with it."""
        check_count("limit", limit, 1, 2**53)
        whole = await self.source.whole()
        scored = [(n, centrality(n.importance, whole.degree(n.key))) for n in whole.nodes.values()]
        return sorted(scored, key=lambda pair: (-pair[1], pair[0].key))[:limit]

    async def clusters(self) -> list[list[GraphNode]]:
        """Groups of entities that hang together, the largest first."""
        return (await self.source.whole()).clusters()

    async def suggest_related(self, names: Sequence[str], limit: int = 10) -> list[Suggestion]:
        """What is near these entities and not among them: neighbours, and theirs at half."""
        check_count("limit", limit, 1, 2**53)
        names = check_texts("names", names)
        given = [n for name in names if (n := await self.get_node(name)) is not None]
        keys = {node.key for node in given}
        scores: dict[EntityKey, tuple[float, str]] = {}
        near = await self._all_near(keys, 2)
        for node in given:
            for key, (far, edge) in near.layers(node.key, 2).items():
                if key in keys:
                    continue
                share = near.nodes[key].importance * (1.0 if far == 1 else 0.5)
                score, reason = scores.get(key, (0.0, ""))
                direct = f"{edge.edge_type} by {node.entity_name}"
                told = direct if far == 1 else "related through graph"
                better = reason if reason and reason != "related through graph" else told
                scores[key] = (score + share, better)
        found = [Suggestion(k.name, EntityType(k.entity_type), *told) for k, told in scores.items()]
        return sorted(found, key=lambda s: (-s.score, s.name, s.entity_type))[:limit]

    async def search(self, query: str, limit: int = 10) -> list[tuple[GraphNode, float]]:
        """Entities whose name fits a query, best first; more important ones up to half more."""
        check_count("limit", limit, 1, 2**53)
        whole = await self.source.whole()
        scored = [
            (n, match(query, n.entity_name) * (1 + 0.5 * n.importance))
            for n in whole.nodes.values()
        ]
        fitting = [(node, score) for node, score in scored if score > 0]
        return sorted(fitting, key=lambda pair: (-pair[1], pair[0].key))[:limit]

    async def _near(self, key: EntityKey, depth: int, goal: EntityKey | None = None) -> Network:
        return await self._all_near({key}, depth, goal)

    async def _all_near(
        self, keys: set[EntityKey], depth: int, goal: EntityKey | None = None
    ) -> Network:
        """All that is within `depth` steps, or as far as the goal; one question for each step."""
        near = await self.source.around(keys)
        seen, steps = set(keys), 1
        while steps < depth and goal not in near.nodes and (front := set(near.nodes) - seen):
            further = await self.source.around(front)
            near = near.joined(further)
            seen |= front
            steps += 1
        return near


def _member(name: str, given: Kind | str, kind: type[Kind]) -> Kind:
    try:
        return kind(given)
    except ValueError:
        raise InvalidInput(name, f"want {', '.join(kind)}, not {shown(given)}") from None
