"""Entities, relations and claims by a language model, and by the rules where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engrammic.claims.nouns import Claim
from engrammic.extraction.entities import LONGEST
from engrammic.extraction.nouns import (
    EdgeType,
    EntityType,
    ExtractionResult,
    Extractor,
    Relationship,
    relationship,
)
from engrammic.extraction.rules import RuleExtractor
from engrammic.llm.model import LanguageModel
from engrammic.llm.parsing import DATA

READ = DATA + (
    'Each element is {"entities": [{"name": string, "type": string}], '
    '"relations": [{"type": string, "start": string, "end": string, "detail": string}], '
    '"claims": [{"subject": string, "attribute": string, "value": string, "sentence": string, '
    '"denied": boolean}]}. Entities are what the text names, by the name that it uses; type is '
    "one of " + ", ".join(EntityType) + " (people, places and products are concepts). Relations "
    "hold between two of the entities; type is one of " + ", ".join(EdgeType) + '; "a depends_on '
    'b" says that a needs b. Claims are what the text says for certain of now; subject and '
    'attribute in lower case, the speaker is "user", sentence is that of the text.'
)


class ModelExtractor:
    """An `Extractor` that asks a model for each text. `model.notes` says what was left to rules."""

    def __init__(self, model: LanguageModel, rules: Extractor | None = None) -> None:
        self.model = model
        self.rules = rules or RuleExtractor()

    async def extract(self, text: str, message_id: str = "") -> ExtractionResult:
        """What the model finds in the text, else what the rules find."""
        [found] = await self.model.answers(READ, [text], result_in)
        return await self.rules.extract(text, message_id) if found is None else found


def result_in(element: Any) -> ExtractionResult | None:
    """The result that an element holds, without what it makes no sense of; None for no element."""
    if not isinstance(element, dict):
        return None
    named = {
        (one["name"], EntityType(one["type"]))
        for one in _each(element, "entities", "name", "type")
        if one["type"] in list(EntityType) and len(one["name"]) <= LONGEST
    }
    names = {name for name, _ in named}
    relations = [r for r in _relations(element) if names.issuperset(r.ends)]
    claims = [
        Claim(one["subject"], one["attribute"], one["value"], one["sentence"],
              positive=one.get("denied") is not True)
        for one in _each(element, "claims", "subject", "attribute", "value", "sentence")
    ]  # fmt: skip
    return ExtractionResult(tuple(sorted(named)), tuple(relations), tuple(claims))


def _relations(element: Mapping[str, Any]) -> Iterator[Relationship]:
    for one in _each(element, "relations", "type", "start", "end"):
        if one["type"] in list(EdgeType) and one["start"] != one["end"]:
            detail = one.get("detail")
            said = detail if isinstance(detail, str) else ""
            yield relationship(EdgeType(one["type"]), one["start"], one["end"], said)


def _each(element: Mapping[str, Any], name: str, *needed: str) -> Iterator[dict[str, Any]]:
    """The objects of a list that have every text needed."""
    given = element.get(name)
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and all(
            isinstance(one.get(n), str) and one[n].strip() for n in needed
        ):
            yield one
