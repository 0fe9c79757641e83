"""Extraction: entities, relations and claims of a text, by rules or a model in their place."""

from __future__ import annotations

from engrammic.extraction.nouns import (
    Contains,
    CoOccurs,
    Defines,
    DependsOn,
    EdgeType,
    EntityType,
    ExtractionResult,
    Extractor,
    Modifies,
    References,
    Relationship,
    relationship,
)
from engrammic.extraction.rules import RuleExtractor, extract

__all__ = [
    "CoOccurs",
    "Contains",
    "Defines",
    "DependsOn",
    "EdgeType",
    "EntityType",
    "ExtractionResult",
    "Extractor",
    "Modifies",
    "References",
    "Relationship",
    "RuleExtractor",
    "extract",
    "relationship",
]
