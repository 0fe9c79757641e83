"""Graphs: what they are made of, the one interface to a store of them, walks, snapshots."""

from __future__ import annotations

from engrammic.triples.nouns import (
    ENTITY_TYPES,
    PREDICATES,
    EntityKey,
    GraphEntity,
    GraphTriple,
    known_name,
)
from engrammic.triples.store import GraphCounts, GraphStore, Neighbour, Removed
from engrammic.triples.walk import Direction

__all__ = [
    "ENTITY_TYPES",
    "PREDICATES",
    "Direction",
    "EntityKey",
    "GraphCounts",
    "GraphEntity",
    "GraphStore",
    "GraphTriple",
    "Neighbour",
    "Removed",
    "known_name",
]
