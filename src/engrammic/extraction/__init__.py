"""Extraction: entities, relations and claims of a text, by rules or a model in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from engrammic.lazily import importer

if TYPE_CHECKING:
    from engrammic.extraction.rules import RuleExtractor, extract

# What reads language is much, and who only searches needs none of it.
__getattr__ = importer(__name__, {"RuleExtractor": "rules", "extract": "rules"})

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


def __dir__() -> list[str]:
    return __all__
