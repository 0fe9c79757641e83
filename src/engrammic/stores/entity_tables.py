"""The tables of entities, mentions, relations, claims and contradictions, and their records.

A mention and a relation have one record for each message that they come from:
nothing grows with an entity's fame, and a message takes its own records along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engrammic.extraction.nouns import EdgeType, EntityType, Relationship, relationship
from engrammic.text import joined
from engrammic.triples.nouns import digest
from engrammic.types import Field, Index, Kind, Record, Schema

ENTITIES = Schema(
    "entities",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("entity_type", Kind.TEXT, nullable=False),
        Field("name", Kind.TEXT, nullable=False),
        Field("first_seen", Kind.INT, nullable=False),
        Field("last_seen", Kind.INT, nullable=False),
        Field("mention_count", Kind.INT, nullable=False),
        Field("terms", Kind.TERMS),
    ),
    indexes=(Index(("entity_type",)), Index(("name",)), Index(("mention_count",))),
)
MENTIONS = Schema(
    "mentions",
    (
        Field("entity_id", Kind.TEXT, nullable=False),
        Field("message_id", Kind.TEXT, nullable=False),
        Field("seen_at", Kind.INT, nullable=False),
    ),
    key=("entity_id", "message_id"),
    indexes=(Index(("message_id",)),),
)
RELATIONSHIPS = Schema(
    "relationships",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("message_id", Kind.TEXT, nullable=False),
        Field("pair_id", Kind.TEXT, nullable=False),
        Field("edge_type", Kind.TEXT, nullable=False),
        Field("start_type", Kind.TEXT, nullable=False),
        Field("start_name", Kind.TEXT, nullable=False),
        Field("end_type", Kind.TEXT, nullable=False),
        Field("end_name", Kind.TEXT, nullable=False),
        Field("detail", Kind.TEXT, nullable=False),
        Field("plain", Kind.TEXT, nullable=False),
        Field("seen_at", Kind.INT, nullable=False),
    ),
    key=("id", "message_id"),
    indexes=(
        Index(("message_id",)), Index(("pair_id",)), Index(("start_name",)), Index(("end_name",)),
    ),
)  # fmt: skip
CLAIMS = Schema(
    "claims",
    (
        Field("message_id", Kind.TEXT, nullable=False),
        Field("place", Kind.INT, nullable=False),
        Field("topic", Kind.TEXT, nullable=False),
        Field("claim", Kind.JSON, nullable=False),
        Field("seen_at", Kind.INT, nullable=False),
    ),
    key=("message_id", "place"),
    indexes=(Index(("topic", "seen_at")),),
)
CONTRADICTIONS = Schema(
    "contradictions",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("pair_id", Kind.TEXT, nullable=False),
        Field("kind", Kind.TEXT, nullable=False),
        Field("subject", Kind.TEXT, nullable=False),
        Field("existing_context", Kind.TEXT, nullable=False),
        Field("new_context", Kind.TEXT, nullable=False),
        Field("existing_message_id", Kind.TEXT, nullable=False),
        Field("new_message_id", Kind.TEXT, nullable=False),
        Field("found_at", Kind.INT, nullable=False),
        Field("status", Kind.TEXT, nullable=False),
        Field("note", Kind.TEXT),
    ),
    indexes=(
        Index(("pair_id",)), Index(("status", "found_at")),
        Index(("existing_message_id",)), Index(("new_message_id",)),
    ),
)  # fmt: skip
STATED = "="
"""In place of a message: a person said so, and no message takes it along."""


ENTITY_TABLES = (ENTITIES, MENTIONS, RELATIONSHIPS, CLAIMS, CONTRADICTIONS)


class ContradictionKind(StrEnum):
    """What two statements disagree about."""

    CONFLICTING_DEFINITION = "conflicting_definition"
    CONFLICTING_MODIFICATION = "conflicting_modification"
    CONFLICTING_CLAIM = "conflicting_claim"


class Status(StrEnum):
    """Where a contradiction stands: open, taken for review, or resolved one way."""

    PENDING = "pending"
    DRAINED = "drained"
    KEPT = "kept"
    REPLACED = "replaced"
    SCOPED = "scoped"


OPEN = (Status.PENDING, Status.DRAINED)
CONFLICTING = {
    EdgeType.DEFINES: ContradictionKind.CONFLICTING_DEFINITION,
    EdgeType.MODIFIES: ContradictionKind.CONFLICTING_MODIFICATION,
}
"""Relations of which one pair of ends has one detail."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that messages name. `mention_count` counts messages; times are milliseconds."""

    name: str
    entity_type: EntityType
    message_ids: tuple[str, ...] = ()
    first_seen: int = 0
    last_seen: int = 0
    mention_count: int = 0


@dataclass(frozen=True, slots=True)
class EntityStats:
    """Counts of entities and of different relations; entities by type."""

    total_entities: int
    total_relationships: int
    entities_by_type: dict[EntityType, int]


@dataclass(frozen=True, slots=True)
class ContradictionEvent:
    """Two statements that disagree. `subject` is "a::b", or a claim's "subject|attribute".

    `event_id` is the same whenever the same two are found again.
    """

    kind: ContradictionKind
    subject: str
    existing_context: str
    new_context: str
    existing_message_id: str = ""
    new_message_id: str = ""
    event_id: str = ""
    found_at: int = 0
    status: Status = Status.PENDING
    note: str | None = None


def name_terms(name: str) -> str:
    """The terms under which an entity is found by its name."""
    return joined(name)


def entity_id(name: str, entity_type: str) -> str:
    """The id of an entity: its type and its name."""
    return digest(entity_type, name)


def entity_of(row: Record, message_ids: Iterable[str] = ()) -> Entity:
    """The entity that a record holds."""
    return Entity(
        row["name"], EntityType(row["entity_type"]), tuple(message_ids), row["first_seen"],
        row["last_seen"], row["mention_count"],
    )  # fmt: skip


def relation_record(
    relation: Relationship, types: tuple[str, str], message_id: str, moment: int
) -> Record:
    """The record of a relation said by a message; `types` are those of its ends, "" if unknown."""
    start, end = relation.ends
    pair, context = digest(relation.edge_type, start, end), plain(relation.detail)
    return {
        "id": digest(pair, *types, context),
        "message_id": message_id,
        "pair_id": pair,
        "edge_type": str(relation.edge_type),
        "start_type": types[0],
        "start_name": start,
        "end_type": types[1],
        "end_name": end,
        "detail": relation.detail,
        "plain": context,
        "seen_at": moment,
    }


def relation_of(row: Record) -> Relationship:
    """The relation that a record holds."""
    kind = EdgeType(row["edge_type"])
    detail = row["message_id"] if kind is EdgeType.CO_OCCURS else row["detail"]
    types = [EntityType(row[end]) if row[end] else None for end in ("start_type", "end_type")]
    return relationship(kind, row["start_name"], row["end_name"], detail, (types[0], types[1]))


def distinct(rows: Iterable[Record]) -> list[Relationship]:
    """The relations of records, each once; one that knows no types gives way to one that does."""
    groups: dict[tuple[str, str], dict[tuple[str, str], Record]] = {}
    for row in rows:
        types = (row["start_type"], row["end_type"])
        groups.setdefault((row["pair_id"], row["plain"]), {}).setdefault(types, row)
    return [
        relation_of(row)
        for group in groups.values()
        for types, row in group.items()
        if not any(other != types and _tells_more(other, types) for other in group)
    ]


def _tells_more(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return all(b in ("", a) for a, b in zip(one, other, strict=True))


def event_record(event: ContradictionEvent, pair_id: str) -> Record:
    """The record of a contradiction."""
    return {
        "id": event.event_id,
        "pair_id": pair_id,
        "kind": str(event.kind),
        "subject": event.subject,
        "existing_context": event.existing_context,
        "new_context": event.new_context,
        "existing_message_id": event.existing_message_id,
        "new_message_id": event.new_message_id,
        "found_at": event.found_at,
        "status": str(event.status),
        "note": event.note,
    }


def event_of(row: Record) -> ContradictionEvent:
    """The contradiction that a record holds."""
    return ContradictionEvent(
        ContradictionKind(row["kind"]), row["subject"], row["existing_context"],
        row["new_context"], row["existing_message_id"], row["new_message_id"], row["id"],
        row["found_at"], Status(row["status"]), row["note"],
    )  # fmt: skip


def plain(context: str) -> str:
    """A context as it is compared: without case, and with one space for any white space."""
    return " ".join(context.casefold().split()).rstrip(".;{: ")
