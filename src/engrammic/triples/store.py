"""The one interface to a graph: entities and triples in, entities, neighbours and paths out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from engrammic.checks import check_count
from engrammic.predicate import LARGEST
from engrammic.triples.impact import FLOWS, Flows, Impact, Spread
from engrammic.triples.nouns import EntityKey, GraphEntity, GraphTriple, checked_key
from engrammic.triples.snapshot import exported, restored
from engrammic.triples.walk import Direction, Walk

Key: TypeAlias = EntityKey | tuple[str, str]

BATCH = 256
"""Items in one transaction of an upsert: a crash leaves whole batches."""

PAGE = 1000
"""Items read at once by what goes through all of them."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity that was reached, and the triples of a shortest way to it."""

    entity_type: str
    name: str
    path: tuple[GraphTriple, ...]

    @property
    def key(self) -> EntityKey:
        """Type and name."""
        return EntityKey(self.entity_type, self.name)

    @property
    def distance(self) -> int:
        """How many triples away it is."""
        return len(self.path)


class Removed(NamedTuple):
    """How many are gone."""

    triples: int
    entities: int


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """How many there are, counted from what is stored."""

    entities: int
    triples: int
    entity_types: Mapping[str, int]
    predicates: Mapping[str, int]


class GraphStore(ABC):
    """The graph of one scope.

    Every entity is named by its key, (type, name). Stating an item again adds
    to it: sources and properties are united, the rest is what was said last.
    """

    @abstractmethod
    async def upsert_entities(self, entities: Sequence[GraphEntity]) -> int:
        """State entities; how many. All are checked before the first is written.

        One that has no source and does not last is passed over where there is
        no such entity: nothing would keep it.
        """

    @abstractmethod
    async def upsert_triples(self, triples: Sequence[GraphTriple]) -> int:
        """State triples; how many. Entities that they name and that are missing are made."""

    @abstractmethod
    async def get_entity(self, key: Key) -> GraphEntity | None:
        """The entity, or None."""

    @abstractmethod
    async def entities(
        self,
        *,
        entity_type: str | None = None,
        name: str | None = None,
        after: Key | None = None,
        limit: int | None = None,
    ) -> list[GraphEntity]:
        """Entities by name, those of one name by `entity_id`; `after` resumes behind a key."""

    @abstractmethod
    async def triples(
        self,
        *,
        subject: Key | None = None,
        predicate: str | None = None,
        object: Key | None = None,  # noqa: A002 -- the field is called so
        source: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[GraphTriple]:
        """Triples by `triple_id`; `after` resumes behind one of those."""

    @abstractmethod
    async def touching(
        self,
        keys: Collection[EntityKey],
        *,
        direction: Direction,
        predicates: Collection[str] | None = None,
    ) -> list[GraphTriple]:
        """The triples that leave (OUT), reach (IN), or do either to the entities, each once."""

    @abstractmethod
    async def delete_entity(self, key: Key) -> bool:
        """Delete an entity and its triples; whether it was there."""

    @abstractmethod
    async def delete_triples(self, triples: Sequence[GraphTriple]) -> int:
        """Delete these triples, whatever their sources; how many were there."""

    @abstractmethod
    async def delete_sources(self, source_chunk_ids: Sequence[str]) -> Removed:
        """Take these sources away, and what has none left; what is gone."""

    @abstractmethod
    async def clear(self) -> Removed:
        """Delete the whole graph of this scope; what is gone."""

    @abstractmethod
    async def count_entities(self, entity_type: str | None = None) -> int:
        """How many entities there are, of one type or of all."""

    @abstractmethod
    async def count_triples(self, predicate: str | None = None) -> int:
        """How many triples there are, of one predicate or of all."""

    @abstractmethod
    async def counts(self) -> GraphCounts:
        """How many there are, in all, by type and by predicate."""

    @abstractmethod
    async def flush(self) -> None:
        """Return when everything acknowledged is on disk."""

    @abstractmethod
    async def close(self) -> None:
        """Give the store back. Closing twice is fine."""

    async def neighbours(
        self,
        key: Key,
        *,
        direction: Direction | str = Direction.BOTH,
        predicates: Collection[str] | None = None,
        depth: int = 1,
        limit: int | None = None,
    ) -> list[Neighbour]:
        """Entities at most `depth` triples away: the nearest first, then by key.

        Of several shortest ways to one, the path ends with the least triple_id.
        """
        check_count("depth", depth, 1, LARGEST)
        if limit is not None:
            check_count("limit", limit, 0, LARGEST)
        walk = Walk(self, checked_key("key", key), direction, predicates)
        found: list[Neighbour] = []
        while len(walk.front) and walk.depth < depth and (limit is None or len(found) < limit):
            await walk.step()
            found += [Neighbour(*reached, walk.way(reached)) for reached in walk.front]
        return found[:limit]

    async def path(
        self,
        start: Key,
        end: Key,
        *,
        direction: Direction | str = Direction.BOTH,
        predicates: Collection[str] | None = None,
        max_depth: int = 16,
    ) -> list[GraphTriple] | None:
        """The triples of a shortest way, none from an entity to itself; None where no way is."""
        check_count("max_depth", max_depth, 0, LARGEST)
        walk = Walk(self, checked_key("start", start), direction, predicates)
        goal = checked_key("end", end)
        if goal in walk.came_by:
            return [] if await self.get_entity(goal) else None
        while len(walk.front) and walk.depth < max_depth:
            await walk.step()
            if goal in walk.came_by:
                return list(walk.way(goal))
        return None

    async def impact(
        self, key: Key, *, flows: Flows = FLOWS, depth: int = 3, limit: int | None = None
    ) -> list[Impact]:
        """What a change of an entity reaches by at most `depth` triples, the strongest first.

        Each triple carries its predicate's factor times its weight (in [0, 1])
        on; of several ways the strongest counts. Predicates without a flow carry nothing.
        """
        check_count("depth", depth, 1, LARGEST)
        if limit is not None:
            check_count("limit", limit, 0, LARGEST)
        spread = Spread(self, checked_key("key", key), flows)
        for _ in range(depth):
            if not spread.front:
                break
            await spread.step()
        found = spread.found.values()
        return sorted(found, key=lambda i: (-i.strength, i.distance, i.key))[:limit]

    async def export(self) -> dict[str, Any]:
        """The whole graph as JSON takes it; the same graph gives the same text on every store."""
        return await exported(self)

    async def restore(self, snapshot: Mapping[str, Any]) -> Removed:
        """State all that a snapshot holds; how many triples and entities."""
        return Removed(*await restored(self, snapshot))
