"""How much an entity, a relation, a way between two matters: pure figures.

The formulas are those of brainwires' relationship graph, where they were sound.
"""

from __future__ import annotations

from math import log

from engrammic.extraction.nouns import EdgeType, EntityType

WEIGHTS = {
    EdgeType.DEFINES: 1.0,
    EdgeType.CONTAINS: 0.9,
    EdgeType.DEPENDS_ON: 0.8,
    EdgeType.MODIFIES: 0.7,
    EdgeType.REFERENCES: 0.6,
    EdgeType.CO_OCCURS: 0.3,
}
"""How strong a relation is."""

IMPACT = {
    EdgeType.DEPENDS_ON: 0.9,
    EdgeType.CONTAINS: 0.8,
    EdgeType.MODIFIES: 0.7,
    EdgeType.DEFINES: 0.6,
    EdgeType.REFERENCES: 0.5,
    EdgeType.CO_OCCURS: 0.3,
}
"""Which part of a change one relation passes on, besides its weight."""

AGAINST = frozenset({EdgeType.DEPENDS_ON, EdgeType.REFERENCES})
"""A change goes from what is needed to what needs it: against these relations, along others."""

BOTH_WAYS = frozenset({EdgeType.CO_OCCURS})

BONUS = {
    EntityType.FILE: 0.40,
    EntityType.TYPE: 0.35,
    EntityType.FUNCTION: 0.30,
    EntityType.ERROR: 0.25,
    EntityType.CONCEPT: 0.20,
    EntityType.COMMAND: 0.15,
    EntityType.VARIABLE: 0.10,
}
DECAY = 0.8
"""What is left of a relation's relevance after each further step."""


def importance(entity_type: EntityType, mention_count: int, messages: int) -> float:
    """In [0, 1]: 0.3 ln(mentions), a bonus for the type, 0.05 for each message up to four."""
    mentioned = 0.3 * log(mention_count) if mention_count > 0 else 0.0
    return min(1.0, max(0.0, mentioned + BONUS[entity_type] + min(0.05 * messages, 0.2)))


def centrality(node_importance: float, degree: int) -> float:
    """In [0, 1]: seven tenths the importance, the rest the degree, full at three."""
    return 0.7 * node_importance + min(degree / 10, 0.3)


def relevance(last: EdgeType, distance: int) -> float:
    """Of what is `distance` steps away, reached over a relation of the type `last`."""
    return float(WEIGHTS[last] * DECAY**distance)


def passed_on(edge_type: EdgeType) -> float:
    """The part of a change that goes on over a relation."""
    return IMPACT[edge_type] * WEIGHTS[edge_type]


def match(query: str, name: str) -> float:
    """How well a query names an entity: whole, in part, or in a word; 0 for not at all."""
    asked, known = query.casefold().strip(), name.casefold()
    if not asked:
        return 0.0
    if asked == known:
        return 1.0
    if asked in known:
        return 0.7
    if known in asked:
        return 0.5
    return 0.3 if _words(asked) & _words(known) else 0.0


def _words(text: str) -> set[str]:
    spaced = "".join(c if c.isalnum() else " " for c in text)
    return set(spaced.split())
