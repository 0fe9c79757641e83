"""Entities: what messages name, how it hangs together, and where two messages disagree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from engrammic.changes import Change
from engrammic.checks import check_count, check_text, check_texts, shown
from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.extraction.nouns import EntityType, ExtractionResult, Relationship
from engrammic.filters import Compare, Filter, Op, Or, eq, every, is_in
from engrammic.items import Moment
from engrammic.predicate import LARGEST
from engrammic.scope import Scoped
from engrammic.stores.base import check_id, check_kind_of, check_short
from engrammic.stores.contradictions import ContradictionQueue
from engrammic.stores.entity_changes import Extraction, Plan, rows
from engrammic.stores.entity_tables import (
    ENTITIES,
    ENTITY_TABLES,
    MENTIONS,
    RELATIONSHIPS,
    STATED,
    Entity,
    EntityStats,
    distinct,
    entity_id,
    entity_of,
)
from engrammic.text import query_terms
from engrammic.types import Order, Record, Schema

PAGE = 1000


class EntityStore(ContradictionQueue):
    """Entities by type and name, their relations by message, and the queue of contradictions."""

    def schemas(self) -> Sequence[Schema]:
        """The five tables."""
        return ENTITY_TABLES

    async def add_extraction(
        self, result: ExtractionResult, message_id: str, timestamp: Moment
    ) -> int:
        """How many entities the message names. It replaces what the message said before.

        Each mention counts once for its message, however often it is given in.
        Contradictions with what other messages say are queued, all of them.
        """
        await self.add_extractions([Extraction(result, message_id, timestamp)])  # type: ignore[arg-type]
        return len(dict.fromkeys(result.entities))

    async def add_extractions(self, extractions: Sequence[Extraction]) -> int:
        """As `add_extraction` for several messages in one step; how many messages."""
        await self.ready()
        given = [_checked(number, one) for number, one in enumerate(extractions)]

        async def adding(reader: Scoped) -> list[Change]:
            return await self.including(reader, given)

        await self.backend.transact(adding)
        return len(given)

    async def delete_messages(self, message_ids: Sequence[str]) -> None:
        """Forget what these messages named and said; see `without`."""
        ids = check_texts("message_ids", message_ids)
        await self.ready()

        async def removal(reader: Scoped) -> list[Change]:
            return await self.without(reader, ids)

        await self.backend.transact(removal)

    async def including(self, reader: Scoped, extractions: Sequence[Extraction]) -> list[Change]:
        """The changes that add extractions, for the caller's own list; the tables are `ready`."""
        last = {one.message_id: one for one in extractions}
        return await Plan(reader, self.clock(), tuple(last)).changes(last.values())

    async def without(self, reader: Scoped, message_ids: Sequence[str]) -> list[Change]:
        """The changes that take messages out, for the caller's own list; the tables are `ready`.

        Their mentions go, entities that nothing else names, relations whose last
        source they were, and contradictions that have lost a side.
        """
        return await Plan(reader, self.clock(), tuple(message_ids)).changes(())

    async def state(
        self, entities: Sequence[tuple[str, EntityType]], relationships: Sequence[Relationship] = ()
    ) -> None:
        """Add what no message says: it lasts. Known ones stay as they are."""
        await self.ready()
        moment = self.clock()
        given = _checked(0, Extraction(ExtractionResult(entities, relationships), "-", moment))

        async def stating(reader: Scoped) -> list[Change]:
            return await Plan(reader, moment, ()).changes([given._replace(message_id=STATED)])

        await self.backend.transact(stating)

    async def get(self, name: str, entity_type: EntityType | str) -> Entity | None:
        """The entity of a name and type, or None."""
        check_id("name", name)
        await self.ready()
        row = await self.backend.get(ENTITIES.name, (entity_id(name, _type(entity_type)),))
        return None if row is None else (await self._whole([row]))[0]

    async def named(self, name: str) -> list[Entity]:
        """The entities of a name, whatever their type, the most mentioned first."""
        check_id("name", name)
        await self.ready()
        found = await self._whole(await self.backend.query(ENTITIES.name, eq("name", name)))
        return sorted(found, key=lambda e: (-e.mention_count, e.entity_type))

    async def search(self, query: str, limit: int = 10) -> list[Entity]:
        """The entities whose names have words of the query, best first, without their messages."""
        check_text(query, "query")
        check_count("limit", limit, 1, LARGEST)
        await self.ready()
        asked = query_terms(query)
        found = await self.backend.text_search(ENTITIES.name, asked, limit=limit) if asked else []
        return [entity_of(hit.record) for hit in found]

    async def get_by_type(self, entity_type: EntityType | str) -> list[Entity]:
        """The entities of a type, by name."""
        await self.ready()
        mine = eq("entity_type", _type(entity_type))
        return await self._whole(await self.backend.query(ENTITIES.name, mine, order=Order("name")))

    async def get_top_entities(self, limit: int = 10) -> list[Entity]:
        """The entities that the most messages name, the most named first."""
        check_count("limit", limit, 1, LARGEST)
        await self.ready()
        order = Order("mention_count", descending=True)
        return await self._whole(await self.backend.query(ENTITIES.name, order=order, limit=limit))

    async def get_related(self, entity_name: str) -> list[str]:
        """Names at the other end of a relation, in both directions, the most often said first."""
        check_id("entity_name", entity_name)
        await self.ready()
        ends = Or((eq("start_name", entity_name), eq("end_name", entity_name)))
        names: Counter[str] = Counter()
        for row in await self.backend.query(RELATIONSHIPS.name, ends):
            other = row["end_name"] if row["start_name"] == entity_name else row["start_name"]
            names[other] += other != entity_name
        return [name for name, count in sorted(names.items(), key=lambda p: (-p[1], p[0])) if count]

    async def get_message_ids(self, entity_name: str) -> list[str]:
        """The messages that name it, over all types, each once, the oldest first."""
        found = await self.named(entity_name)
        ids = [entity_id(e.name, e.entity_type) for e in found]
        mentions = await rows(self.backend, MENTIONS.name, "entity_id", ids)
        ordered = sorted(mentions, key=lambda r: (r["seen_at"], r["message_id"]))
        return [one for one in dict.fromkeys(r["message_id"] for r in ordered) if one != STATED]

    async def all_entities(self, where: Filter | None = None) -> AsyncIterator[Entity]:
        """Every entity, read page by page, in the order of its id."""
        await self.ready()
        after = None
        while page := await self.backend.query(ENTITIES.name, where, after=after, limit=PAGE):
            for entity in await self._whole(page):
                yield entity
            after = (page[-1]["id"],)

    async def all_relationships(self) -> list[Relationship]:
        """Every relation, each once however many messages say it."""
        return distinct(await self.relations_of(None))

    async def relations_of(
        self, names: Sequence[str] | None, most: int | None = None
    ) -> list[Record]:
        """The records of the relations that touch one of the names; of all for None.

        At most `most` that begin at some 500 of the names, and as many that end there.
        """
        names = None if names is None else check_texts("names", names)
        await self.ready()
        if names is None:
            return await self._every(RELATIONSHIPS.name)
        found: dict[tuple[str, str], Record] = {}
        for column in ("start_name", "end_name"):
            for row in await rows(self.backend, RELATIONSHIPS.name, column, names, most):
                found[row["id"], row["message_id"]] = row
        return list(found.values())

    async def outlines(self, named: Iterable[str]) -> list[Entity]:
        """The entities of the names, without the messages that name them."""
        named = check_texts("named", named)
        await self.ready()
        return [entity_of(row) for row in await rows(self.backend, ENTITIES.name, "name", named)]

    async def latest_mentions(
        self, keys: Sequence[tuple[str, str]], most: int
    ) -> dict[str, list[str]]:
        """By id of entity the messages that name it: of (type, name)s, the `most` newest of all."""
        await self.ready()
        found: dict[str, list[str]] = defaultdict(list)
        where = every(is_in("entity_id", [entity_id(name, kind) for kind, name in keys]),
                      Compare("message_id", Op.NE, STATED))  # fmt: skip
        newest = Order("seen_at", descending=True)
        for row in await self.backend.query(MENTIONS.name, where, order=newest, limit=most):
            found[row["entity_id"]].append(row["message_id"])
        return found

    async def stats(self) -> EntityStats:
        """How many there are; counted from what is stored."""
        await self.ready()
        types = Counter(row["entity_type"] for row in await self._every(ENTITIES.name))
        relations = distinct(await self._every(RELATIONSHIPS.name))
        by_type = {kind: types[kind] for kind in EntityType if types[kind]}
        return EntityStats(types.total(), len(relations), by_type)

    async def _every(self, table: str) -> list[Record]:
        found: list[Record] = []
        after = None
        key = ("id",) if table == ENTITIES.name else ("id", "message_id")
        while page := await self.backend.query(table, after=after, limit=PAGE):
            found += page
            after = tuple(page[-1][name] for name in key)
        return found

    async def _whole(self, records: Sequence[Record]) -> list[Entity]:
        """The entities of records, with the messages that name them."""
        where = Compare("message_id", Op.NE, STATED)
        ids: dict[str, list[tuple[int, str]]] = {row["id"]: [] for row in records}
        for start in range(0, len(records), PAGE // 2):
            part = is_in("entity_id", [r["id"] for r in records[start : start + PAGE // 2]])
            for row in await self.backend.query(MENTIONS.name, every(part, where)):
                ids[row["entity_id"]].append((row["seen_at"], row["message_id"]))
        return [entity_of(row, [m for _, m in sorted(ids[row["id"]])]) for row in records]


def _type(given: EntityType | str) -> EntityType:
    try:
        return EntityType(given)
    except ValueError:
        raise InvalidInput("entity_type", f"want {', '.join(EntityType)}, not {given!r}") from None


def _checked(number: int, given: Extraction) -> Extraction:
    """The extraction with its time in milliseconds. Raises InvalidInput, naming what is wrong."""
    check_kind_of(f"extractions[{number}]", given, Extraction)
    check_kind_of(f"extractions[{number}].result", given.result, ExtractionResult)
    check_id("message_id", given.message_id)
    if given.message_id == STATED:
        raise InvalidInput("message_id", f"{STATED!r} stands for what no message says")
    for pair in given.result.entities:
        name, entity_type = _pair(pair)
        check_id("name", name)
        _type(entity_type)
    for relation in given.result.relationships:
        if not isinstance(relation, Relationship):
            raise InvalidInput("relationships", f"{shown(relation)} is no relation")
        for end in relation.ends:
            check_id("relationship", end)
        check_short("relationship", relation.detail)
    return given._replace(timestamp=milliseconds("timestamp", given.timestamp))


def _pair(given: object) -> tuple[str, EntityType]:
    """Name and type. Raises InvalidInput."""
    if isinstance(given, tuple | list) and len(given) == 2:
        return given[0], given[1]
    raise InvalidInput("entities", f"want pairs of name and type, not {shown(given)}")
