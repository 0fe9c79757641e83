"""A graph in memory: entities by type and name, directed relations, and walks over them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from engrammic.extraction.nouns import EdgeType, EntityType
from engrammic.graph.measures import AGAINST, BOTH_WAYS, WEIGHTS, importance, passed_on, relevance
from engrammic.triples.nouns import EntityKey


@dataclass(frozen=True, slots=True)
class GraphNode:
    """An entity of the graph, known by its type and name."""

    entity_name: str
    entity_type: EntityType
    message_ids: tuple[str, ...] = ()
    mention_count: int = 0

    @property
    def key(self) -> EntityKey:
        """Type and name."""
        return EntityKey(self.entity_type, self.entity_name)

    @property
    def importance(self) -> float:
        """In [0, 1]; see `measures.importance`."""
        return importance(self.entity_type, self.mention_count, len(self.message_ids))


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A relation from one entity to another; its messages are its sources."""

    start: EntityKey
    end: EntityKey
    edge_type: EdgeType
    message_ids: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """How strong it is."""
        return WEIGHTS[self.edge_type]

    @property
    def passes(self) -> float:
        """Which part of a nearness goes on over it."""
        return relevance(self.edge_type, 1)

    def other(self, key: EntityKey) -> EntityKey:
        """The end that is not `key`."""
        return self.end if key == self.start else self.start


@dataclass(slots=True)
class Network:
    """Nodes and edges; an edge is there only between nodes that are."""

    nodes: dict[EntityKey, GraphNode] = field(default_factory=dict)
    edges: dict[tuple[EntityKey, EntityKey, EdgeType], GraphEdge] = field(default_factory=dict)
    touching: dict[EntityKey, list[GraphEdge]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, nodes: Iterable[GraphNode], edges: Iterable[GraphEdge]) -> Network:
        """The network of these nodes, and of the edges between them."""
        made = cls({node.key: node for node in nodes})
        for edge in edges:
            made.add(edge)
        return made

    def joined(self, other: Network) -> Network:
        """This and the other as one."""
        return Network.of(
            [*self.nodes.values(), *other.nodes.values()],
            [*self.edges.values(), *other.edges.values()],
        )

    def add(self, edge: GraphEdge) -> None:
        """Add an edge, once for its ends and type; loops and edges without an end are left out."""
        identity = (edge.start, edge.end, edge.edge_type)
        known = edge.start in self.nodes and edge.end in self.nodes
        if known and edge.start != edge.end and identity not in self.edges:
            self.edges[identity] = edge
            self.touching[edge.start].append(edge)
            self.touching[edge.end].append(edge)

    def named(self, name: str, entity_type: EntityType | str | None = None) -> GraphNode | None:
        """The node of a name, of any type the most important; None where there is none."""
        found = [
            n
            for n in self.nodes.values()
            if n.entity_name == name and entity_type in (None, n.entity_type)
        ]
        return min(found, key=lambda n: (-n.importance, n.key), default=None)

    def degree(self, key: EntityKey) -> int:
        """How many relations touch a node."""
        return len(self.touching[key])

    def neighbors(self, key: EntityKey) -> list[GraphNode]:
        """The nodes at the other end of its relations, each once, the most important first."""
        found = {edge.other(key) for edge in self.touching[key]}
        return sorted((self.nodes[k] for k in found), key=lambda n: (-n.importance, n.key))

    def path(self, start: EntityKey, end: EntityKey) -> list[EntityKey] | None:
        """A way with the fewest steps, whatever the direction of relations; None for none."""
        came: dict[EntityKey, EntityKey | None] = {start: None}
        queue = deque([start])
        while queue and end not in came:
            here = queue.popleft()
            for there in sorted({edge.other(here) for edge in self.touching[here]}):
                if there not in came:
                    came[there] = here
                    queue.append(there)
        if end not in came:
            return None
        way: list[EntityKey] = []
        step: EntityKey | None = end
        while step is not None:
            way.append(step)
            step = came[step]
        return way[::-1]

    def layers(self, start: EntityKey, depth: int) -> dict[EntityKey, tuple[int, GraphEdge]]:
        """What is within `depth` steps: how far, and the strongest relation that reaches it so."""
        reached: dict[EntityKey, tuple[int, GraphEdge]] = {}
        front = {start}
        for distance in range(1, depth + 1):
            new: dict[EntityKey, GraphEdge] = {}
            for here in sorted(front):
                for edge in self.touching[here]:
                    there = edge.other(here)
                    if there == start or there in reached:
                        continue
                    if there not in new or edge.weight > new[there].weight:
                        new[there] = edge
            reached.update((key, (distance, edge)) for key, edge in new.items())
            front = set(new)
        return reached

    def impact(
        self, start: EntityKey, depth: int
    ) -> dict[EntityKey, tuple[float, list[EntityKey]]]:
        """What a change reaches within `depth` steps: its strongest share, and the whole way."""
        best: dict[EntityKey, tuple[float, list[EntityKey]]] = {start: (1.0, [start])}
        front = dict(best)
        for _ in range(depth):
            new: dict[EntityKey, tuple[float, list[EntityKey]]] = {}
            for here, (share, way) in front.items():
                for there, edge_type in self._affected(here):
                    passed = share * passed_on(edge_type)
                    if passed > max(best.get(there, _NO)[0], new.get(there, _NO)[0]):
                        new[there] = (passed, [*way, there])
            best.update(new)
            front = new
        best.pop(start)
        return best

    def _affected(self, key: EntityKey) -> list[tuple[EntityKey, EdgeType]]:
        found = []
        for edge in self.touching[key]:
            source = edge.end if edge.edge_type in AGAINST else edge.start
            if source == key or edge.edge_type in BOTH_WAYS:
                found.append((edge.other(key), edge.edge_type))
        return sorted(found)

    def clusters(self) -> list[list[GraphNode]]:
        """Groups that hang together, the largest first; within one the most important first."""
        left = set(self.nodes)
        groups: list[list[GraphNode]] = []
        while left:
            start = min(left)
            group = {start, *self.layers(start, len(self.nodes))}
            left -= group
            nodes = (self.nodes[key] for key in group)
            groups.append(sorted(nodes, key=lambda n: (-n.importance, n.key)))
        return sorted(groups, key=lambda g: (-len(g), g[0].key))


_NO: tuple[float, list[EntityKey]] = (0.0, [])
