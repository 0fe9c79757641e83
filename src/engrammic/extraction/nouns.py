"""What extraction finds: entities, directed relations between them, claims; who may extract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar, Protocol, TypeAlias

from engrammic.claims.nouns import Claim


class EntityType(StrEnum):
    """What an entity is."""

    FILE = "file"
    FUNCTION = "function"
    TYPE = "type"
    VARIABLE = "variable"
    CONCEPT = "concept"
    ERROR = "error"
    COMMAND = "command"


class EdgeType(StrEnum):
    """What a relation says of its two ends."""

    DEFINES = "defines"
    CONTAINS = "contains"
    DEPENDS_ON = "depends_on"
    MODIFIES = "modifies"
    REFERENCES = "references"
    CO_OCCURS = "co_occurs"


Types: TypeAlias = tuple[EntityType | None, EntityType | None]
"""The types of both ends; None where only the name is known."""

UNTYPED: Types = (None, None)


@dataclass(frozen=True, slots=True)
class _Relation:
    """What all relations have: two ends, in this order, and what it adds."""

    edge_type: ClassVar[EdgeType]
    _detail: ClassVar[str] = ""

    @property
    def ends(self) -> tuple[str, str]:
        """Where it starts, where it points."""
        start, end, *_ = (getattr(self, f.name) for f in fields(self))
        return start, end

    @property
    def detail(self) -> str:
        """The context of a definition, the type of a change, else nothing."""
        return getattr(self, self._detail) if self._detail else ""


@dataclass(frozen=True, slots=True)
class Defines(_Relation):
    """`definer` defines `defined`; `context` is how, such as a signature."""

    definer: str
    defined: str
    context: str = ""
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.DEFINES
    _detail: ClassVar[str] = "context"


@dataclass(frozen=True, slots=True)
class References(_Relation):
    """`from_` calls, uses or names `to`."""

    from_: str
    to: str
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.REFERENCES


@dataclass(frozen=True, slots=True)
class Modifies(_Relation):
    """`modifier` changes `modified`; `change_type` is how, such as "fixed"."""

    modifier: str
    modified: str
    change_type: str = ""
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.MODIFIES
    _detail: ClassVar[str] = "change_type"


@dataclass(frozen=True, slots=True)
class DependsOn(_Relation):
    """`dependent` needs `dependency`."""

    dependent: str
    dependency: str
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.DEPENDS_ON


@dataclass(frozen=True, slots=True)
class Contains(_Relation):
    """`container` has `contained` in it."""

    container: str
    contained: str
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.CONTAINS


@dataclass(frozen=True, slots=True)
class CoOccurs(_Relation):
    """Both are named side by side in a message; the pair has no direction."""

    entity_a: str
    entity_b: str
    message_id: str = ""
    types: Types = UNTYPED
    edge_type: ClassVar[EdgeType] = EdgeType.CO_OCCURS


Relationship: TypeAlias = Defines | References | Modifies | DependsOn | Contains | CoOccurs

_BARE: dict[EdgeType, type[References | DependsOn | Contains]] = {
    EdgeType.REFERENCES: References,
    EdgeType.DEPENDS_ON: DependsOn,
    EdgeType.CONTAINS: Contains,
}


def relationship(
    edge_type: EdgeType, start: str, end: str, detail: str = "", types: Types = UNTYPED
) -> Relationship:
    """The relation of a type; `detail` is its context, type of change, or message."""
    if edge_type is EdgeType.DEFINES:
        return Defines(start, end, detail, types)
    if edge_type is EdgeType.MODIFIES:
        return Modifies(start, end, detail, types)
    if edge_type is EdgeType.CO_OCCURS:
        return CoOccurs(start, end, detail, types)
    return _BARE[edge_type](start, end, types)


@dataclass(frozen=True, slots=True)
class ExtractionResult:
    """What one text says: (name, type) of each entity once, relations, claims."""

    entities: Sequence[tuple[str, EntityType]] = ()
    relationships: Sequence[Relationship] = ()
    claims: Sequence[Claim] = ()


class Extractor(Protocol):
    """Whoever reads texts: the rules, or a model in their place."""

    async def extract(self, text: str, message_id: str = "") -> ExtractionResult:
        """What the text of a message says. Raises nothing for odd texts."""
