"""A graph as plain dictionaries, written for clearness alone: what every store is compared with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from engrammic.triples import EntityKey, GraphEntity, GraphTriple, Removed


class NaiveGraph:
    """Entities by key, triples by what they are known by."""

    def __init__(self) -> None:
        self.nodes: dict[EntityKey, GraphEntity] = {}
        self.edges: dict[tuple[EntityKey, str, EntityKey], GraphTriple] = {}

    def state_entity(self, new: GraphEntity) -> None:
        """Add to an entity, or make it."""
        lasting = not new.source_chunk_ids if new.lasting is None else new.lasting
        old = self.nodes.get(new.key)
        if old is None:
            if not lasting and not new.source_chunk_ids:
                return
            old = GraphEntity(new.name, new.entity_type, lasting=False)
        self.nodes[new.key] = replace(
            old,
            description=old.description if new.description is None else new.description,
            source_chunk_ids=tuple(sorted({*old.source_chunk_ids, *new.source_chunk_ids})),
            properties={**old.properties, **new.properties},
            lasting=old.lasting or lasting,
        )

    def state_triple(self, new: GraphTriple) -> None:
        """Add to a triple, or make it and the ends it lacks."""
        for end in (new.head, new.tail):
            self.nodes.setdefault(end, GraphEntity(end.name, end.entity_type, lasting=False))
        lasting = not new.source_chunk_ids if new.lasting is None else new.lasting
        place = new.head, new.predicate, new.tail
        old = self.edges.get(place, replace(new, source_chunk_ids=(), properties={}, lasting=False))
        self.edges[place] = replace(
            old,
            weight=float(new.weight),
            source_chunk_ids=tuple(sorted({*old.source_chunk_ids, *new.source_chunk_ids})),
            properties={**old.properties, **new.properties},
            lasting=old.lasting or lasting,
        )

    def delete_entity(self, key: EntityKey) -> bool:
        """The entity, its triples, and ends that only those kept."""
        if key not in self.nodes:
            return False
        del self.nodes[key]
        self.edges = {p: t for p, t in self.edges.items() if key not in (p[0], p[2])}
        self._sweep()
        return True

    def delete_triple(self, triple: GraphTriple) -> int:
        """The triple, and ends that only it kept."""
        found = self.edges.pop((triple.head, triple.predicate, triple.tail), None)
        self._sweep()
        return found is not None

    def delete_sources(self, gone: set[str]) -> Removed:
        """Sources from everything, then what is left without one."""
        triples, entities = len(self.edges), len(self.nodes)
        for place, triple in list(self.edges.items()):
            left = tuple(s for s in triple.source_chunk_ids if s not in gone)
            self.edges[place] = replace(triple, source_chunk_ids=left)
            if not left and not triple.lasting:
                del self.edges[place]
        for key, entity in self.nodes.items():
            left = tuple(s for s in entity.source_chunk_ids if s not in gone)
            self.nodes[key] = replace(entity, source_chunk_ids=left)
        self._sweep()
        return Removed(triples - len(self.edges), entities - len(self.nodes))

    def _sweep(self) -> None:
        ends = {end for head, _, tail in self.edges for end in (head, tail)}
        self.nodes = {
            key: entity
            for key, entity in self.nodes.items()
            if entity.lasting or entity.source_chunk_ids or key in ends
        }

    def distances(
        self, start: EntityKey, direction: str, predicates: set[str] | None
    ) -> dict[EntityKey, int]:
        """How far everything is that can be reached, the start itself at 0."""
        steps = {(h, t) for h, p, t in self.edges if predicates is None or p in predicates}
        against = {(tail, head) for head, tail in steps}
        ways = {"out": steps, "in": against, "both": steps | against}[direction]
        found = {start: 0}
        for far in range(len(self.nodes)):
            front = {b for a, b in ways if found.get(a) == far and b not in found}
            found.update(dict.fromkeys(front, far + 1))
        return found

    def impact(
        self, start: EntityKey, flows: dict[str, tuple[str, float]], depth: int
    ) -> dict[EntityKey, float]:
        """The strongest of all ways to everything, whether or not they cross themselves."""
        hops: list[tuple[EntityKey, EntityKey, float]] = []
        for (head, predicate, tail), triple in self.edges.items():
            way, factor = flows[predicate]
            hops += [(head, tail, factor * triple.weight)] if way != "in" else []
            hops += [(tail, head, factor * triple.weight)] if way != "out" else []
        found: dict[EntityKey, float] = {}
        now = {start: 1.0}
        for _ in range(depth):
            after: dict[EntityKey, float] = {}
            for a, b, share in hops:
                if a in now:
                    after[b] = max(after.get(b, 0.0), now[a] * share)
            now = after
            found = {key: max(found.get(key, 0), now.get(key, 0)) for key in {*found, *now}}
        found.pop(start, None)
        return found

    def types(self) -> Counter[str]:
        """Entities by type."""
        return Counter(key.entity_type for key in self.nodes)

    def predicates(self) -> Counter[str]:
        """Triples by predicate."""
        return Counter(predicate for _, predicate, _ in self.edges)
