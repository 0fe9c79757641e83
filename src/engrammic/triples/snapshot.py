"""A graph as one JSON document, and back: the same graph gives the same text on every store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

from engrammic.checks import shown
from engrammic.errors import InvalidInput
from engrammic.triples.nouns import GraphEntity, GraphTriple

if TYPE_CHECKING:
    from engrammic.triples.store import GraphStore

Noun = TypeVar("Noun", GraphEntity, GraphTriple)

VERSION = 1
"""Agent Brain's snapshots have the same number and the same `triplets`."""

PAGE = 1000


async def exported(store: GraphStore) -> dict[str, Any]:
    """The whole graph, entities by key and triples by id."""
    entities: list[GraphEntity] = []
    triples: list[GraphTriple] = []
    while page := await store.entities(after=entities[-1].key if entities else None, limit=PAGE):
        entities += page
    while more := await store.triples(after=triples[-1].triple_id if triples else None, limit=PAGE):
        triples += more
    return {
        "schema_version": VERSION,
        "entity_count": len(entities),
        "triplet_count": len(triples),
        "entities": [_plain(entity) for entity in entities],
        "triplets": [_plain(triple) for triple in triples],
    }


async def restored(store: GraphStore, snapshot: Any) -> tuple[int, int]:
    """State what the snapshot holds, all of it read before the first is written."""
    if not isinstance(snapshot, Mapping) or snapshot.get("schema_version") != VERSION:
        raise InvalidInput("snapshot", f"want schema_version {VERSION}, as `export` gives it")
    triples = _read(GraphTriple, "triplets", snapshot)
    entities = _read(GraphEntity, "entities", snapshot)
    # Triples first: an entity that only they keep is there when it is described.
    return await store.upsert_triples(triples), await store.upsert_entities(entities)


def _plain(noun: GraphEntity | GraphTriple) -> dict[str, Any]:
    return asdict(noun) | {"source_chunk_ids": list(noun.source_chunk_ids)}


def _read(kind: type[Noun], name: str, snapshot: Mapping[str, Any]) -> list[Noun]:
    rows = snapshot.get(name, [])
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise InvalidInput(f"snapshot.{name}", "want a list of objects")
    known = {f.name for f in fields(kind)}
    return [_noun(kind, name, {k: v for k, v in row.items() if k in known}, row) for row in rows]


def _noun(kind: Callable[..., Noun], name: str, given: dict[str, Any], row: Any) -> Noun:
    """One item; `source_chunk_id` of Agent Brain is one source, its null types are empty."""
    source = row.get("source_chunk_id")
    if source is not None:
        given["source_chunk_ids"] = [*given.get("source_chunk_ids", ()), source]
    try:
        return kind(**{k: v for k, v in given.items() if v is not None})
    except TypeError as error:
        raise InvalidInput(f"snapshot.{name}", f"{shown(row)}: {error}") from error
