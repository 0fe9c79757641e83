"""The statements of the kuzu store, and their rows: constants, every value bound."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from engrammic.triples.nouns import EntityKey, GraphEntity, GraphTriple, digest
from engrammic.triples.walk import Direction

T = TypeVar("T")
Rows = list[list[Any]]

TABLES = (
    "CREATE NODE TABLE IF NOT EXISTS GraphEntity(pk STRING PRIMARY KEY, scope STRING, id STRING,"
    " entity_type STRING, name STRING, description STRING, sources STRING[], lasting BOOL,"
    " properties STRING)",
    "CREATE REL TABLE IF NOT EXISTS GraphTriple(FROM GraphEntity TO GraphEntity, id STRING,"
    " predicate STRING, weight DOUBLE, sources STRING[], lasting BOOL, properties STRING)",
)
EDGE = "MATCH (a:GraphEntity)-[t:GraphTriple]->(b:GraphEntity)"
ENTITY = " RETURN e.name, e.entity_type, e.description, e.sources, e.properties, e.lasting, e.id"
TRIPLE = (
    " RETURN a.name, t.predicate, b.name, a.entity_type, b.entity_type, t.sources, t.weight,"
    " t.properties, t.lasting"
)
CREATE_ENTITIES = (
    "UNWIND $rows AS r CREATE (:GraphEntity {pk: r.pk, scope: $scope, id: r.id,"
    " entity_type: r.entity_type, name: r.name, description: r.description, sources: r.sources,"
    " lasting: r.lasting, properties: r.properties})"
)
SET_ENTITIES = (
    "UNWIND $rows AS r MATCH (e:GraphEntity {pk: r.pk}) SET e.description = r.description,"
    " e.sources = r.sources, e.lasting = r.lasting, e.properties = r.properties"
)
# Two MATCHes: one that names both nodes scans the whole table, 2 s instead of 10 ms at 20,000.
CREATE_TRIPLES = (
    "UNWIND $rows AS r MATCH (a:GraphEntity {pk: r.head}) MATCH (b:GraphEntity {pk: r.tail})"
    " CREATE (a)-[:GraphTriple {id: r.id, predicate: r.predicate, weight: r.weight,"
    " sources: r.sources, lasting: r.lasting, properties: r.properties}]->(b)"
)
_THESE_TRIPLES = (
    "UNWIND $rows AS r MATCH (a:GraphEntity {pk: r.head}) WITH a, r"
    " MATCH (a)-[t:GraphTriple]->(b:GraphEntity) WHERE t.id = r.id"
)
_SET = (
    " SET t.weight = {0}weight, t.sources = {0}sources, t.lasting = {0}lasting,"
    " t.properties = {0}properties"
)
# As below: one head finds its triples at once, a list of them goes through all triples.
_THIS_TRIPLE = "MATCH (a:GraphEntity {pk: $head})-[t:GraphTriple]->(b:GraphEntity) WHERE t.id = $id"
SET_TRIPLES = _THIS_TRIPLE + _SET.format("$"), _THESE_TRIPLES + _SET.format("r.")
GET_TRIPLES = _THIS_TRIPLE + TRIPLE, _THESE_TRIPLES + TRIPLE
DELETE_TRIPLES = _THIS_TRIPLE + " DELETE t", _THESE_TRIPLES + " DELETE t"
"""For one triple, and for many."""
GET_ENTITIES = "UNWIND $keys AS k MATCH (e:GraphEntity {pk: k})" + ENTITY
DELETE_ENTITIES = "UNWIND $keys AS k MATCH (e:GraphEntity {pk: k}) DETACH DELETE e"
LEAVING = "MATCH (a:GraphEntity {pk: $key})-[t:GraphTriple]->(b:GraphEntity)"
REACHING = "MATCH (a:GraphEntity)-[t:GraphTriple]->(b:GraphEntity {pk: $key})"
# One key finds its triples in 0.1 ms, a list of keys goes through all triples.
LEAVING_MANY = "UNWIND $keys AS k MATCH (a:GraphEntity {pk: k})-[t:GraphTriple]->(b:GraphEntity)"
REACHING_MANY = "UNWIND $keys AS k MATCH (a:GraphEntity)-[t:GraphTriple]->(b:GraphEntity {pk: k})"
FEW = 64
"""Keys that are asked for one by one."""
PREDICATE = " WHERE t.predicate IN $predicates"
ENTITY_CONDITIONS = {
    "scope": "e.scope = $scope",
    "entity_type": "e.entity_type = $entity_type",
    "name": "e.name = $name",
    "last": "(e.name > $last OR (e.name = $last AND e.id > $id))",
}
TRIPLE_CONDITIONS = {
    "scope": "a.scope = $scope",
    "subject": "a.pk = $subject",
    "object": "b.pk = $object",
    "predicate": "t.predicate = $predicate",
    "source": "list_contains(t.sources, $source)",
    "after": "t.id > $after",
}
"""What a listing may ask, by parameter."""
ENDS = {
    Direction.OUT: ((LEAVING, LEAVING_MANY),),
    Direction.IN: ((REACHING, REACHING_MANY),),
    Direction.BOTH: ((LEAVING, LEAVING_MANY), (REACHING, REACHING_MANY)),
}
"""What asks for the triples of one entity, and of many."""
LONELY = (
    "UNWIND $keys AS k MATCH (e:GraphEntity {pk: k}) WHERE NOT e.lasting AND size(e.sources) = 0"
    " AND NOT EXISTS { MATCH (e)-[:GraphTriple]-(:GraphEntity) } RETURN e.pk"
)
ENTITIES_FROM = (
    "MATCH (e:GraphEntity) WHERE e.scope = $scope"
    " AND any(s IN $sources WHERE list_contains(e.sources, s))" + ENTITY
)
TRIPLES_FROM = (
    EDGE
    + " WHERE a.scope = $scope AND any(s IN $sources WHERE list_contains(t.sources, s))"
    + TRIPLE
)
CLEAR = "MATCH (e:GraphEntity) WHERE e.scope = $scope DETACH DELETE e"
COUNT_ENTITIES = "MATCH (e:GraphEntity) WHERE e.scope = $scope RETURN count(*)"
COUNT_TRIPLES = EDGE + " WHERE a.scope = $scope RETURN count(*)"
TYPES = "MATCH (e:GraphEntity) WHERE e.scope = $scope RETURN e.entity_type, count(*)"
PREDICATES = EDGE + " WHERE a.scope = $scope RETURN t.predicate, count(*)"


def rows(connection: Any, statement: str, **values: Any) -> Rows:
    """All rows of a statement."""
    result = connection.execute(statement, values)
    try:
        found: Rows = result.get_all()
    finally:
        result.close()
    return found


def pk_of(scope: str, key: EntityKey) -> str:
    """The node's key: of this scope and no other."""
    return digest(scope, *key)


def entity_row(scope: str, entity: GraphEntity) -> dict[str, Any]:
    """The entity as a parameter."""
    return {
        "pk": pk_of(scope, entity.key), "id": entity.key.entity_id, "name": entity.name,
        "entity_type": entity.entity_type, "description": entity.description,
    } | _stated(entity)  # fmt: skip


def triple_place(scope: str, triple: GraphTriple) -> dict[str, Any]:
    """Which triple it is, as a parameter."""
    head, tail = pk_of(scope, triple.head), pk_of(scope, triple.tail)
    return {"id": triple.triple_id, "head": head, "tail": tail}


def triple_row(scope: str, triple: GraphTriple) -> dict[str, Any]:
    """The triple as a parameter."""
    said = {"predicate": triple.predicate, "weight": triple.weight}
    return triple_place(scope, triple) | said | _stated(triple)


def _stated(item: GraphEntity | GraphTriple) -> dict[str, Any]:
    return {
        "sources": list(item.source_chunk_ids),
        "lasting": item.lasting,
        "properties": json.dumps(item.properties, ensure_ascii=False),
    }


def entities_in(found: Rows) -> list[GraphEntity]:
    """The entities of rows that ENTITY returned."""
    return [
        GraphEntity(name, kind, description, tuple(sources), json.loads(properties), lasting)
        for name, kind, description, sources, properties, lasting, *_ in found
    ]


def triples_in(found: Rows) -> list[GraphTriple]:
    """The triples of rows that TRIPLE returned."""
    return [_triple(row) for row in found]


def _triple(row: Sequence[Any]) -> GraphTriple:
    subject, predicate, of, subject_type, object_type, sources, weight, properties, lasting = row[
        :9
    ]
    return GraphTriple(
        subject, predicate, of, subject_type, object_type,
        tuple(sources), weight, json.loads(properties), lasting,
    )  # fmt: skip


def where(conditions: Mapping[str, str], asked: Mapping[str, Any]) -> str:
    """The scope's condition, and those whose parameter is given."""
    return " WHERE " + " AND ".join(
        text for name, text in conditions.items() if name == "scope" or name in asked
    )


def limit(asked: Mapping[str, Any]) -> str:
    """The clause that ends a page, where one is asked for."""
    return " LIMIT $limit" if "limit" in asked else ""


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of a size that one statement takes."""
    ordered = list(items)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
