"""What a change reaches: along each predicate in its direction, weaker with every triple."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engrammic.checks import shown
from engrammic.errors import InvalidInput
from engrammic.triples.nouns import EntityKey, GraphTriple, checked_sources
from engrammic.triples.walk import Direction, Touching, checked_direction


@dataclass(frozen=True, slots=True)
class Flow:
    """Which way a change goes along a predicate, and how much of it arrives, in (0, 1]."""

    direction: Direction | str
    factor: float


Flows: TypeAlias = Mapping[str, Flow]

FLOWS: Flows = {
    "depends_on": Flow(Direction.IN, 0.9),
    "extends": Flow(Direction.IN, 0.9),
    "implements": Flow(Direction.IN, 0.9),
    "imports": Flow(Direction.IN, 0.9),
    "calls": Flow(Direction.IN, 0.8),
    "contains": Flow(Direction.OUT, 0.8),
    "modifies": Flow(Direction.OUT, 0.7),
    "defines": Flow(Direction.OUT, 0.6),
    "defined_in": Flow(Direction.IN, 0.6),
    "references": Flow(Direction.IN, 0.5),
    "co_occurs": Flow(Direction.BOTH, 0.3),
}
"""Who depends on what changes, is changed with it. Other predicates carry nothing."""


@dataclass(frozen=True, slots=True)
class Impact:
    """An entity that a change reaches, how strongly, and the triples of the strongest way."""

    entity_type: str
    name: str
    strength: float
    path: tuple[GraphTriple, ...]

    @property
    def key(self) -> EntityKey:
        """Type and name."""
        return EntityKey(self.entity_type, self.name)

    @property
    def distance(self) -> int:
        """How many triples the strongest way has."""
        return len(self.path)


class Spread:
    """The strongest way to every entity, of those that have so many triples at most."""

    def __init__(self, store: Touching, start: EntityKey, flows: Flows) -> None:
        self._store, self._start = store, start
        self._flows = {
            predicate: (checked_direction(flow.direction), _factor(predicate, flow))
            for predicate, flow in checked_flows(flows).items()
        }
        self.found: dict[EntityKey, Impact] = {}
        self.front = [Impact(*start, 1.0, ())]

    async def step(self) -> None:
        """Go on by one triple from what the last step reached more strongly than any before."""
        better: dict[EntityKey, Impact] = {}
        here = {impact.key: impact for impact in self.front}
        for triple in await self._touching(here):
            for start, end, factor in self._ways(triple):
                if start not in here or end == self._start:
                    continue
                known = better.get(end) or self.found.get(end)
                strength = here[start].strength * factor * min(max(triple.weight, 0.0), 1.0)
                if strength > (known.strength if known else 0.0):
                    better[end] = Impact(*end, strength, (*here[start].path, triple))
        self.found.update(better)
        self.front = [better[key] for key in sorted(better)]

    async def _touching(self, here: Mapping[EntityKey, Impact]) -> list[GraphTriple]:
        triples: dict[str, GraphTriple] = {}
        for way in (Direction.OUT, Direction.IN):
            along = [p for p, (to, _) in self._flows.items() if to in (way, Direction.BOTH)]
            if along:
                some = await self._store.touching(set(here), direction=way, predicates=along)
                triples.update((triple.triple_id, triple) for triple in some)
        return [triples[triple_id] for triple_id in sorted(triples)]

    def _ways(self, triple: GraphTriple) -> Iterator[tuple[EntityKey, EntityKey, float]]:
        direction, factor = self._flows[triple.predicate]
        if direction is not Direction.IN:
            yield triple.head, triple.tail, factor
        if direction is not Direction.OUT:
            yield triple.tail, triple.head, factor


def checked_flows(given: object) -> Flows:
    """The flows. Raises InvalidInput."""
    if not isinstance(given, Mapping) or not all(isinstance(f, Flow) for f in given.values()):
        raise InvalidInput("flows", f"want predicates with a Flow each, not {shown(given)}")
    checked_sources("flows", given)
    return given


def _factor(predicate: str, flow: Flow) -> float:
    factor: object = flow.factor
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor <= 1:
        raise InvalidInput(f"flows[{predicate!r}]", f"want a factor in (0, 1], not {shown(factor)}")
    return float(factor)
