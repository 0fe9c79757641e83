"""Extraction without a model: what the rules find in a text."""

from __future__ import annotations

from engrammic.claims.reading import claims_of
from engrammic.extraction.entities import entities
from engrammic.extraction.nouns import ExtractionResult
from engrammic.extraction.relations import relations
from engrammic.patterns import lazy_pattern

LONGEST_TEXT = 100_000
"""Characters of a text that are read; entities beyond come from elsewhere, as a log's do."""


_RUN = lazy_pattern(r"\S{300,}")  # encoded data, not words


def extract(text: str, message_id: str = "") -> ExtractionResult:
    """The entities, relations and claims of a text; the same text gives the same result."""
    read = _RUN.sub(lambda run: " " * len(run[0]), text[:LONGEST_TEXT])
    found = entities(read)
    named = dict.fromkeys((one.name, one.entity_type) for one in found)
    return ExtractionResult(tuple(named), relations(read, found, message_id), claims_of(read))


class RuleExtractor:
    """The rules as an `Extractor`."""

    async def extract(self, text: str, message_id: str = "") -> ExtractionResult:
        """What the rules find."""
        return extract(text, message_id)
