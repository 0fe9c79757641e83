"""Graphs: what they are made of, the one interface to a store of them, walks, snapshots."""

from __future__ import annotations

from engrammic.triples.impact import FLOWS, Flow, Impact
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
    "FLOWS",
    "PREDICATES",
    "Direction",
    "EntityKey",
    "Flow",
    "GraphCounts",
    "GraphEntity",
    "GraphStore",
    "GraphTriple",
    "Impact",
    "Neighbour",
    "Removed",
    "known_name",
]
