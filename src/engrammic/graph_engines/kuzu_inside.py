"""What the kuzu store does within one transaction, on the database's thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from engrammic.graph_engines import cypher
from engrammic.graph_engines.cypher import entities_in, in_batches, pk_of, rows, triples_in
from engrammic.triples.nouns import (
    EntityKey,
    GraphEntity,
    GraphTriple,
    is_stated,
    joined,
    split,
)
from engrammic.triples.store import BATCH, GraphCounts, Removed
from engrammic.triples.walk import Direction


class Inside:
    """One scope's graph, as a transaction sees it."""

    def __init__(self, connection: Any, scope: str) -> None:
        self._connection = connection
        self._scope = scope

    def rows(self, statement: str, **values: Any) -> cypher.Rows:
        """All rows of a statement that knows `$scope`."""
        return rows(self._connection, statement, scope=self._scope, **values)

    def state_entities(self, batch: Sequence[GraphEntity]) -> int:
        """As `GraphStore.upsert_entities`, one batch."""
        before = self.known({entity.key for entity in batch})
        after = dict(before)
        changed: set[EntityKey] = set()
        for entity in batch:
            if is_stated(entity) or entity.key in after:
                after[entity.key] = joined(after.get(entity.key), entity)
                changed.add(entity.key)
        self._write_entities(before, [after[key] for key in sorted(changed)])
        return len(changed)

    def state_triples(self, batch: Sequence[GraphTriple]) -> None:
        """As `GraphStore.upsert_triples`, one batch."""
        before = {triple.triple_id: triple for triple in self._stored(batch)}
        after = dict(before)
        for triple in batch:
            after[triple.triple_id] = joined(after.get(triple.triple_id), triple)
        ends = {end for triple in batch for end in (triple.head, triple.tail)}
        missing = sorted(ends - self.known(ends).keys())
        made = [GraphEntity(key.name, key.entity_type, lasting=False) for key in missing]
        self._write_entities((), made)
        new = [triple for triple_id, triple in after.items() if triple_id not in before]
        old = [triple for triple_id, triple in after.items() if triple_id in before]
        self._each(cypher.CREATE_TRIPLES, [cypher.triple_row(self._scope, t) for t in new])
        self._these(cypher.SET_TRIPLES, [cypher.triple_row(self._scope, t) for t in old])

    def known(self, keys: Iterable[EntityKey]) -> dict[EntityKey, GraphEntity]:
        """Those of the entities that are there, by key."""
        found = self._of_keys(cypher.GET_ENTITIES, keys)
        return {entity.key: entity for entity in entities_in(found)}

    def touching(
        self,
        keys: Collection[EntityKey],
        direction: Direction = Direction.BOTH,
        predicates: Collection[str] | None = None,
    ) -> list[GraphTriple]:
        """As `GraphStore.touching`."""
        tail, values = cypher.TRIPLE, {}
        if predicates is not None:
            tail, values = cypher.PREDICATE + tail, {"predicates": list(predicates)}
        found: dict[str, GraphTriple] = {}
        for one, many in cypher.ENDS[direction]:
            some = self._along(one + tail, many + tail, keys, **values)
            found.update((triple.triple_id, triple) for triple in triples_in(some))
        return list(found.values())

    def delete_entity(self, key: EntityKey) -> bool:
        """As `GraphStore.delete_entity`."""
        there = set(self.known([key]))
        dying = self.touching(there)
        self._of_keys(cypher.DELETE_ENTITIES, there)
        self._delete_lonely(dying)
        return bool(there)

    def delete_triples(self, triples: Sequence[GraphTriple]) -> int:
        """As `GraphStore.delete_triples`."""
        dying = self._stored(triples)
        self._delete(dying)
        self._delete_lonely(dying)
        return len(dying)

    def delete_sources(self, sources: frozenset[str]) -> Removed:
        """As `GraphStore.delete_sources`."""
        asked = sorted(sources)
        if not asked:
            return Removed(0, 0)
        kept, dying = split(triples_in(self.rows(cypher.TRIPLES_FROM, sources=asked)), sources)
        found = split(entities_in(self.rows(cypher.ENTITIES_FROM, sources=asked)), sources)
        left = [*found[0], *found[1]]
        self._these(cypher.SET_TRIPLES, [cypher.triple_row(self._scope, t) for t in kept])
        self._write_entities({entity.key for entity in left}, left)
        self._delete(dying)
        return Removed(len(dying), self._delete_lonely(dying, (entity.key for entity in left)))

    def clear(self) -> Removed:
        """As `GraphStore.clear`."""
        counts = self.counts()
        self.rows(cypher.CLEAR)
        return Removed(counts.triples, counts.entities)

    def count(self, statement: str) -> int:
        """The one number that a statement gives."""
        [[number]] = self.rows(statement)
        return int(number)

    def counts(self) -> GraphCounts:
        """As `GraphStore.counts`."""
        types: dict[str, int] = {name: n for name, n in self.rows(cypher.TYPES)}  # noqa: C416
        predicates: dict[str, int] = {name: n for name, n in self.rows(cypher.PREDICATES)}  # noqa: C416
        return GraphCounts(sum(types.values()), sum(predicates.values()), types, predicates)

    def _stored(self, triples: Iterable[GraphTriple]) -> list[GraphTriple]:
        wanted = {t.triple_id: cypher.triple_place(self._scope, t) for t in triples}
        return triples_in(self._these(cypher.GET_TRIPLES, list(wanted.values())))

    def _write_entities(
        self, before: Collection[EntityKey], entities: Sequence[GraphEntity]
    ) -> None:
        new = [e for e in entities if e.key not in before]
        old = [e for e in entities if e.key in before]
        made = [cypher.entity_row(self._scope, entity) for entity in new]
        self._each(cypher.CREATE_ENTITIES, made, scope=self._scope)
        self._each(cypher.SET_ENTITIES, [cypher.entity_row(self._scope, e) for e in old])

    def _delete(self, triples: Iterable[GraphTriple]) -> None:
        self._these(
            cypher.DELETE_TRIPLES, [cypher.triple_place(self._scope, triple) for triple in triples]
        )

    def _delete_lonely(self, dead: Iterable[GraphTriple], others: Iterable[EntityKey] = ()) -> int:
        """Delete ends of what died, and others, that have nothing left; how many."""
        ends = {*others, *(end for triple in dead for end in (triple.head, triple.tail))}
        lonely = [pk for (pk,) in self._of_keys(cypher.LONELY, ends)]
        for batch in in_batches(lonely, BATCH):
            rows(self._connection, cypher.DELETE_ENTITIES, keys=batch)
        return len(lonely)

    def _along(
        self, one: str, many: str, keys: Collection[EntityKey], **values: Any
    ) -> cypher.Rows:
        if len(keys) > cypher.FEW:
            return self._of_keys(many, keys, **values)
        found: cypher.Rows = []
        for key in keys:
            found += rows(self._connection, one, key=pk_of(self._scope, key), **values)
        return found

    def _of_keys(self, statement: str, keys: Iterable[EntityKey], **values: Any) -> cypher.Rows:
        found: cypher.Rows = []
        for batch in in_batches(sorted({pk_of(self._scope, key) for key in keys}), BATCH):
            found += rows(self._connection, statement, keys=batch, **values)
        return found

    def _these(
        self, statements: tuple[str, str], parameters: Sequence[dict[str, Any]]
    ) -> cypher.Rows:
        one, many = statements
        if len(parameters) > cypher.FEW:
            return self._each(many, parameters)
        named = [{k: v for k, v in row.items() if f"${k}" in one} for row in parameters]
        return [found for row in named for found in rows(self._connection, one, **row)]

    def _each(
        self, statement: str, parameters: Sequence[dict[str, Any]], **values: Any
    ) -> cypher.Rows:
        found: cypher.Rows = []
        for batch in in_batches(parameters, BATCH):
            found += rows(self._connection, statement, rows=batch, **values)
        return found
