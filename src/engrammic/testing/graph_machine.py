"""Random histories on a graph store and on the naive model at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engrammic.testing.graph_model import NaiveGraph
from engrammic.triples import EntityKey, GraphEntity, GraphStore, GraphTriple

Step: TypeAlias = tuple[str, Any]

_some = st.sampled_from
NAMES = ("a", "b'", "日", "\\")
TYPES = ("", "T")
PREDICATES = ("p", "q", "p'")
SOURCES = ("s", "s2", '"', "s,s2")

keys = st.builds(EntityKey, _some(TYPES), _some(NAMES))
sources = st.lists(_some(SOURCES), max_size=2).map(tuple)
properties = st.dictionaries(_some(("x", "y")), st.integers(0, 3), max_size=2)
entities = st.builds(
    GraphEntity, _some(NAMES), _some(TYPES), _some((None, "", "said")), sources, properties,
    _some((None, None, False)),
)  # fmt: skip
triples = st.builds(
    GraphTriple, _some(NAMES), _some(PREDICATES), _some(NAMES), _some(TYPES), _some(TYPES),
    sources, _some((1.0, 0.5)), properties,
)  # fmt: skip
walks = st.tuples(
    keys, keys, _some(("out", "in", "both")), st.none() | st.sets(_some(PREDICATES)),
    st.integers(1, 4),
)  # fmt: skip
steps = st.one_of(
    st.tuples(st.just("entities"), st.lists(entities, min_size=1, max_size=4)),
    st.tuples(st.just("triples"), st.lists(triples, min_size=1, max_size=8)),
    st.tuples(st.just("triples"), st.lists(triples, min_size=1, max_size=8)),
    st.tuples(st.just("delete entity"), keys),
    st.tuples(st.just("delete triple"), triples),
    st.tuples(st.just("delete sources"), st.lists(_some(SOURCES), max_size=3)),
    st.tuples(st.just("walk"), walks),
)


def run_beside_model(store: GraphStore, loop: asyncio.AbstractEventLoop, *, examples: int) -> None:
    """Runs the histories from a thread that is not the loop's. Raises where the two differ."""

    def wait(running: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(running, loop).result(60)

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(steps, min_size=1, max_size=12), st.lists(walks, max_size=3))
    def histories(history: list[Step], at_last: list[Any]) -> None:
        wait(_play(store, [*history, *(("walk", walk) for walk in at_last)]))

    histories()


async def _play(store: GraphStore, history: Sequence[Step]) -> None:
    await store.clear()
    model = NaiveGraph()
    for verb, given_ in history:
        await _do(store, model, verb, given_)
    assert {e.key: e for e in await store.entities()} == model.nodes
    found = {(t.head, t.predicate, t.tail): t for t in await store.triples()}
    assert found == model.edges
    counts = await store.counts()
    assert (counts.entities, counts.triples) == (len(model.nodes), len(model.edges))
    assert (counts.entity_types, counts.predicates) == (model.types(), model.predicates())


async def _do(store: GraphStore, model: NaiveGraph, verb: str, given_: Any) -> None:
    if verb == "entities":
        await store.upsert_entities(given_)
        for entity in given_:
            model.state_entity(entity)
    elif verb == "triples":
        await store.upsert_triples(given_)
        for triple in given_:
            model.state_triple(triple)
    elif verb == "delete entity":
        assert await store.delete_entity(given_) == model.delete_entity(given_)
    elif verb == "delete triple":
        assert await store.delete_triples([given_]) == model.delete_triple(given_)
    elif verb == "delete sources":
        assert await store.delete_sources(given_) == model.delete_sources(set(given_))
    else:
        await _walk(store, model, *given_)


async def _walk(
    store: GraphStore, model: NaiveGraph, start: EntityKey, end: EntityKey, direction: str,
    predicates: set[str] | None, depth: int,
) -> None:  # fmt: skip
    far = model.distances(start, direction, predicates)
    near = await store.neighbours(start, direction=direction, predicates=predicates, depth=depth)
    assert {n.key: n.distance for n in near} == {
        key: distance for key, distance in far.items() if 0 < distance <= depth
    }
    for neighbour in near:
        _check_way(model, start, neighbour.key, neighbour.path, direction)
    path = await store.path(start, end, direction=direction, predicates=predicates, max_depth=depth)
    if start == end:
        assert path == ([] if start in model.nodes else None)
    elif far.get(end, depth + 1) > depth:
        assert path is None
    else:
        assert path is not None
        assert len(path) == far[end]
        _check_way(model, start, end, path, direction)


def _check_way(
    model: NaiveGraph, start: EntityKey, end: EntityKey, way: Sequence[GraphTriple], direction: str
) -> None:
    """Each triple is there, and goes on from where the last one led, in the direction."""
    here = start
    for triple in way:
        assert model.edges[triple.head, triple.predicate, triple.tail] == triple
        along, against = here == triple.head, here == triple.tail
        assert (along and direction != "in") or (against and direction != "out")
        here = triple.tail if along and direction != "in" else triple.head
    assert here == end
