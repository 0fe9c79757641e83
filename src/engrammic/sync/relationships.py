"""`RelationshipGraph` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from engrammic.extraction.nouns import EdgeType, EntityType
from engrammic.graph.network import GraphEdge, GraphNode
from engrammic.graph.relationships import EntityContext, ImpactedEntity, Suggestion
from engrammic.graph.relationships import RelationshipGraph as AwaitedRelationshipGraph
from engrammic.loop import call


class RelationshipGraph:
    """The graph of one scope, keyed by type and name.

    A name without a type means the most important entity of that name. What is
    added here lasts; what messages say goes with them.
    """

    def __init__(self, awaited: AwaitedRelationshipGraph) -> None:
        self.awaited = awaited

    def add_node(self, name: str, entity_type: EntityType | str) -> None:
        """Add an entity; a known one stays as it is."""
        return call(self.awaited.add_node(name, entity_type))

    def add_edge(
        self,
        start: str,
        end: str,
        edge_type: EdgeType | str,
        *,
        start_type: EntityType | str | None = None,
        end_type: EntityType | str | None = None,
    ) -> bool:
        """Add a relation; False, and nothing done, unless both entities are there."""
        return call(
            self.awaited.add_edge(start, end, edge_type, start_type=start_type, end_type=end_type)
        )

    def get_node(self, name: str, entity_type: EntityType | str | None = None) -> GraphNode | None:
        """The entity, or None."""
        return call(self.awaited.get_node(name, entity_type))

    def get_neighbors(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> builtins.list[GraphNode]:
        """Entities at the other end of a relation, either way, the most important first."""
        return call(self.awaited.get_neighbors(name, entity_type))

    def get_edges(
        self, name: str, entity_type: EntityType | str | None = None
    ) -> builtins.list[GraphEdge]:
        """The relations that touch an entity, the strongest first."""
        return call(self.awaited.get_edges(name, entity_type))

    def shortest_path(
        self,
        start: str,
        end: str,
        *,
        start_type: EntityType | str | None = None,
        end_type: EntityType | str | None = None,
    ) -> builtins.list[GraphNode] | None:
        """The entities on a way with the fewest relations, both ends too; None for no way."""
        return call(
            self.awaited.shortest_path(start, end, start_type=start_type, end_type=end_type)
        )

    def get_entity_context(
        self, name: str, max_depth: int = 2, *, entity_type: EntityType | str | None = None
    ) -> EntityContext | None:
        """What is around an entity; None where there is none of that name.

        Relevance is the weight of the last relation times 0.8 for each step.
        """
        return call(self.awaited.get_entity_context(name, max_depth, entity_type=entity_type))

    def importance_score(self, name: str, entity_type: EntityType | str | None = None) -> float:
        """In [0, 1], from its importance and its degree; 0 where there is none of that name."""
        return call(self.awaited.importance_score(name, entity_type))

    def get_impact_set(
        self, name: str, depth: int = 3, *, entity_type: EntityType | str | None = None
    ) -> builtins.list[ImpactedEntity]:
        """What a change of an entity reaches, the hardest hit first.

        A change goes to dependents and callers, to what is defined, contained or
        modified, and both ways between what only co-occurs.
        """
        return call(self.awaited.get_impact_set(name, depth, entity_type=entity_type))

    def central_nodes(self, limit: int = 10) -> builtins.list[tuple[GraphNode, float]]:
        """The entities of the highest `importance_score`, each with it."""
        return call(self.awaited.central_nodes(limit))

    def clusters(self) -> builtins.list[builtins.list[GraphNode]]:
        """Groups of entities that hang together, the largest first."""
        return call(self.awaited.clusters())

    def suggest_related(self, names: Sequence[str], limit: int = 10) -> builtins.list[Suggestion]:
        """What is near these entities and not among them: neighbours, and theirs at half."""
        return call(self.awaited.suggest_related(names, limit))

    def search(self, query: str, limit: int = 10) -> builtins.list[tuple[GraphNode, float]]:
        """Entities whose name fits a query, best first; more important ones up to half more."""
        return call(self.awaited.search(query, limit))
