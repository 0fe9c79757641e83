"""Breadth-first walks over triples: one question to the store for each step."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol

from engrammic.checks import shown
from engrammic.errors import InvalidInput
from engrammic.triples.nouns import EntityKey, GraphTriple, checked_sources


class Direction(StrEnum):
    """Along which triples to go: from subject to object, against that, or both."""

    OUT = "out"
    IN = "in"
    BOTH = "both"


class Touching(Protocol):
    """What a walk asks of a store."""

    async def touching(
        self,
        keys: Collection[EntityKey],
        *,
        direction: Direction,
        predicates: Collection[str] | None = None,
    ) -> list[GraphTriple]:
        """As `GraphStore.touching`."""


class Walk:
    """Where it stands (`front`), how far that is (`depth`), and how it came there."""

    def __init__(
        self,
        store: Touching,
        start: EntityKey,
        direction: Direction | str,
        predicates: Collection[str] | None,
    ) -> None:
        self._store, self._predicates = store, checked_predicates(predicates)
        self._direction = checked_direction(direction)
        self.front: list[EntityKey] = [start]
        self.depth = 0
        self.came_by: dict[EntityKey, tuple[EntityKey, GraphTriple] | None] = {start: None}

    async def step(self) -> None:
        """Go on to all that is one triple further."""
        front = set(self.front)
        found = await self._store.touching(
            front, direction=self._direction, predicates=self._predicates
        )
        reached: dict[EntityKey, tuple[EntityKey, GraphTriple]] = {}
        for triple in sorted(found, key=lambda t: t.triple_id):
            for here, there in self._ends(triple):
                if here in front and there not in self.came_by:
                    reached.setdefault(there, (here, triple))
        self.came_by.update(reached)
        self.front = sorted(reached)
        self.depth += 1

    def _ends(self, triple: GraphTriple) -> list[tuple[EntityKey, EntityKey]]:
        along, against = (triple.head, triple.tail), (triple.tail, triple.head)
        if self._direction is Direction.OUT:
            return [along]
        return [against] if self._direction is Direction.IN else [along, against]

    def way(self, key: EntityKey) -> tuple[GraphTriple, ...]:
        """The triples from the start to a reached entity."""
        triples: list[GraphTriple] = []
        while (step := self.came_by[key]) is not None:
            key, triple = step
            triples.append(triple)
        return tuple(reversed(triples))


def checked_direction(given: Direction | str) -> Direction:
    """The direction. Raises InvalidInput."""
    try:
        return Direction(given)
    except ValueError:
        raise InvalidInput(
            "direction", f"want {', '.join(Direction)}, not {shown(given)}"
        ) from None


def checked_predicates(given: Collection[str] | None) -> tuple[str, ...] | None:
    """The predicates, sorted; None for all. Raises InvalidInput."""
    return None if given is None else checked_sources("predicates", given)
