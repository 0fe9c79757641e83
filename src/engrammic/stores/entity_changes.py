"""The changes that bring extractions into the tables of entities, or take messages out of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from engrammic.changes import Change, Delete, Put
from engrammic.extraction.nouns import EntityType, ExtractionResult, Relationship
from engrammic.filters import eq, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import in_parts
from engrammic.stores.clashes import Clashes, claim_records
from engrammic.stores.conflicts import Conflicts
from engrammic.stores.entity_tables import (
    ENTITIES,
    MENTIONS,
    RELATIONSHIPS,
    entity_id,
    name_terms,
    relation_record,
)
from engrammic.types import Record


class Extraction(NamedTuple):
    """What was found in one message; `timestamp` is the message's, in milliseconds."""

    result: ExtractionResult
    message_id: str
    timestamp: int
    speaker: str = ""
    """Who says "I" in it; what another says of himself contradicts nothing."""


@dataclass
class Plan:
    """What the messages said so far, what they say now, and the changes from one to the other."""

    reader: Scoped
    moment: int
    message_ids: Sequence[str]
    gone_mentions: list[Record] = field(default_factory=list)
    gone_relations: list[Record] = field(default_factory=list)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    mentions: dict[tuple[str, str], Record] = field(default_factory=dict)
    relations: dict[tuple[str, str], Record] = field(default_factory=dict)
    claims: list[Record] = field(default_factory=list)

    async def changes(self, extractions: Iterable[Extraction]) -> list[Change]:
        """The whole list: what is new first, so that a crash loses nothing."""
        self.gone_mentions = await rows(self.reader, MENTIONS.name, "message_id", self.message_ids)
        self.gone_relations = await rows(
            self.reader, RELATIONSHIPS.name, "message_id", self.message_ids
        )
        for extraction in extractions:
            self._take(extraction)
        if not self.message_ids:
            await self._pass_over_stated()
        conflicts = await Conflicts.read(
            self.reader, self.moment, self.message_ids,
            [*self.gone_relations, *self.relations.values()],
        )  # fmt: skip
        kept = [row for row in self.relations.values() if conflicts.admits(row)]
        entities, dead = await self._entities()
        return [
            Put(ENTITIES.name, entities),
            Put(MENTIONS.name, list(self.mentions.values())),
            Put(RELATIONSHIPS.name, kept),
            *conflicts.changes(),
            *await Clashes(self.reader, self.moment, self.message_ids).changes(self.claims),
            *_stale(MENTIONS.name, "entity_id", self.gone_mentions, self.mentions),
            *_stale(RELATIONSHIPS.name, "id", self.gone_relations, {_key("id", r) for r in kept}),
            *(Delete(ENTITIES.name, is_in("id", ids)) for ids in in_parts(dead)),
        ]

    async def _pass_over_stated(self) -> None:
        """What was stated before stays as it is."""
        for table, column, new in (
            (MENTIONS.name, "entity_id", self.mentions),
            (RELATIONSHIPS.name, "id", self.relations),
        ):
            for row in await rows(self.reader, table, column, [one for one, _ in new]):
                new.pop(_key(column, row), None)

    def _take(self, given: Extraction) -> None:
        """Note what a message says; each mention and relation counts once for it."""
        self.claims += claim_records(*given)
        types: dict[str, list[EntityType]] = defaultdict(list)
        for name, entity_type in given.result.entities:
            types[name].append(entity_type)
            self._mention(name, entity_type, given)
        for relation in given.result.relationships:
            ends = typed(relation, types)
            for name, said in zip(relation.ends, ends, strict=True):
                if said:
                    self._mention(name, EntityType(said), given)
            row = relation_record(relation, ends, given.message_id, given.timestamp)
            self.relations.setdefault((row["id"], given.message_id), row)

    def _mention(self, name: str, entity_type: str, given: Extraction) -> None:
        one = entity_id(name, entity_type)
        self.names[one] = (name, str(entity_type))
        self.mentions[one, given.message_id] = {
            "entity_id": one, "message_id": given.message_id, "seen_at": given.timestamp,
        }  # fmt: skip

    async def _entities(self) -> tuple[list[Record], list[str]]:
        """Entities as they are afterwards, and ids of those that nobody names any more."""
        gone, new = _times(self.gone_mentions), _times(self.mentions.values())
        stored = {
            row["id"]: row for row in await rows(self.reader, ENTITIES.name, "id", [*gone, *new])
        }
        alive: list[Record] = []
        dead: list[str] = []
        for one in {**gone, **new}:
            old = stored.get(one)
            count = (old["mention_count"] if old else 0) - len(gone[one]) + len(new[one])
            if count <= 0:
                dead.append(one)
                continue
            times = list(new[one])
            if old is not None:
                times += await self._remaining(one, old, gone[one])
            name, kind = (old["name"], old["entity_type"]) if old else self.names[one]
            alive.append({
                "id": one, "name": name, "entity_type": kind, "mention_count": count,
                "first_seen": min(times), "last_seen": max(times), "terms": name_terms(name),
            })  # fmt: skip
        return alive, dead

    async def _remaining(self, one: str, old: Record, gone: Sequence[int]) -> list[int]:
        """First and last time among the mentions that stay; read only where an extreme goes."""
        ends = {old["first_seen"], old["last_seen"]}
        if ends.isdisjoint(gone):
            return [*ends]
        left = await self.reader.query(MENTIONS.name, eq("entity_id", one))
        return [row["seen_at"] for row in left if row["message_id"] not in set(self.message_ids)]


def typed(relation: Relationship, types: Mapping[str, Sequence[EntityType]]) -> tuple[str, str]:
    """The types of both ends: as the relation says, else as its entities, else ""."""
    first, second = (
        str(said or (types[name][0] if types.get(name) else ""))
        for name, said in zip(relation.ends, relation.types, strict=True)
    )
    return first, second


async def rows(
    reader: Scoped, table: str, column: str, values: Iterable[str], most: int | None = None
) -> list[Record]:
    """The records that have one of the values; of each part of the values `most` at most."""
    found: list[Record] = []
    for part in in_parts(values):
        found += await reader.query(table, is_in(column, part), limit=most)
    return found


def _times(mentions: Iterable[Record]) -> defaultdict[str, list[int]]:
    times: defaultdict[str, list[int]] = defaultdict(list)
    for row in mentions:
        times[row["entity_id"]].append(row["seen_at"])
    return times


def _key(column: str, row: Record) -> tuple[str, str]:
    return row[column], row["message_id"]


def _stale(
    table: str, column: str, gone: Sequence[Record], kept: Iterable[tuple[str, str]]
) -> list[Change]:
    """Deletes what a message no longer says."""
    left = set(kept)
    by_message: dict[str, list[str]] = defaultdict(list)
    for row in gone:
        if _key(column, row) not in left:
            by_message[row["message_id"]].append(row[column])
    return [
        Delete(table, every(eq("message_id", message_id), is_in(column, part)))
        for message_id, ids in by_message.items()
        for part in in_parts(ids)
    ]
