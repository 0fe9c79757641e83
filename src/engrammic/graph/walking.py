"""The walk from what a query names to the messages that tell of it and of what is near."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log

from engrammic.extraction.nouns import Extractor
from engrammic.graph.network import GraphNode, Network
from engrammic.graph.sources import EntitySource
from engrammic.ranking.linked import Linked
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_tables import entity_id
from engrammic.text import query_terms, terms
from engrammic.triples.nouns import EntityKey

STARTS = 10
"""Entities that a query may name."""

FEWEST = 0.3
"""The share of a name that a query must have to name it."""

FRONT = 64
"""Entities from which a step goes on, the nearest first: hubs know everybody."""

RELATIONS = 2_000
"""Records of relations that one step reads, either way."""

FURTHER = 64
"""Entities beside those that the query names whose messages count, those of most weight."""

MENTIONED = 2_000
"""Messages of all the entities named, and of all the others; the newest."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An entity on the walk: how near it is, in (0, 1], and the names on the way there."""

    nearness: float
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphWalk:
    """Walks of one scope, over the entities and relations that its messages name.

    Queries are read by the rules, unless an extractor is given.
    """

    entities: EntityStore
    extractor: Extractor | None = None

    async def messages(self, query: str, depth: int) -> dict[str, Linked]:
        """The messages within `depth` relations of what the query names, by id.

        An entity weighs its nearness / (1 + ln mentions). A message weighs what the
        entities that it and the query name weigh together (1 - the product of what
        each leaves open), else as much as the one of its entities that weighs most.
        """
        await self.entities.ready()
        starts = await self._named(query)
        weights, reached = await self._weighed(starts, depth)
        named = await self._messages(starts)
        found: dict[str, Linked] = {}
        for key in starts:
            for message in named[key]:
                known = found.get(message, Linked(0.0, reached[key].way))
                together = 1 - (1 - known.nearness) * (1 - weights[key])
                found[message] = Linked(together, known.way)
        further = sorted(reached.keys() - starts.keys(), key=lambda k: (-weights[k], k))[:FURTHER]
        told = await self._messages(further)
        for key in further:
            for message in told[key]:
                found.setdefault(message, Linked(weights[key], reached[key].way))
        return found

    async def _weighed(
        self, starts: Mapping[EntityKey, Reached], depth: int
    ) -> tuple[dict[EntityKey, float], dict[EntityKey, Reached]]:
        reached, near = await self._walked(starts, depth)
        return {key: _weight(near.nodes[key], reached[key]) for key in reached}, reached

    async def _messages(self, keys: Collection[EntityKey]) -> dict[EntityKey, list[str]]:
        """The messages that name each, the newest MENTIONED of all of them."""
        if not keys:
            return {}
        told = await self.entities.latest_mentions(tuple(keys), MENTIONED)
        return {key: told.get(entity_id(key.name, key.entity_type), []) for key in keys}

    async def _named(self, query: str) -> dict[EntityKey, Reached]:
        """The entities that the query names, each by the share of its name that is there."""
        read = await (self.extractor or _rules()).extract(query)
        whole = " ".join([query, *(name for name, _ in read.entities)])
        asked = set(query_terms(whole))
        shares = {e: _share(e.name, asked) for e in await self.entities.search(whole, STARTS)}
        return {
            EntityKey(e.entity_type, e.name): Reached(share, (e.name,))
            for e, share in shares.items()
            if share >= FEWEST
        }

    async def _walked(
        self, starts: Mapping[EntityKey, Reached], depth: int
    ) -> tuple[dict[EntityKey, Reached], Network]:
        source = EntitySource(self.entities)
        reached = dict(starts)
        near = await source.outline(reached, RELATIONS) if reached else Network()
        front: Sequence[EntityKey] = list(reached)
        for step in range(depth):
            if step:
                near = near.joined(await source.outline(front, RELATIONS))
            new = _next(near, reached, front)
            reached.update(new)
            front = sorted(new, key=lambda k: (-new[k].nearness, k))[:FRONT]
            if not front:
                break
        return reached, near


NOWHERE = Reached(0.0, ())


def _weight(node: GraphNode, reached: Reached) -> float:
    return reached.nearness / (1 + log(max(1, node.mention_count)))


def _next(
    near: Network, reached: Mapping[EntityKey, Reached], front: Sequence[EntityKey]
) -> dict[EntityKey, Reached]:
    """What one more relation leads to, each by its strongest way."""
    new: dict[EntityKey, Reached] = {}
    for here in front:
        for edge in near.touching[here]:
            there, passed = edge.other(here), reached[here].nearness * edge.passes
            if there not in reached and passed > new.get(there, NOWHERE).nearness:
                new[there] = Reached(passed, (*reached[here].way, there.name))
    return new


def _share(name: str, asked: set[str]) -> float:
    """Which part of a name's terms is asked for; a long one says more than an ending of files."""
    own = set(terms(name))
    whole = sum(map(len, own))
    return sum(map(len, own & asked)) / whole if whole else 0.0


def _rules() -> Extractor:
    from engrammic.extraction.rules import RuleExtractor

    return RuleExtractor()
