"""Random histories on a graph store and on the naive model at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engrammic.testing.graph_model import NaiveGraph
from engrammic.triples import EntityKey, Flow, GraphEntity, GraphStore, GraphTriple

Step: TypeAlias = tuple[str, Any]

_some = st.sampled_from
NAMES = ("a", "b'", "日", "\\")
TYPES = ("", "T")
PREDICATES = ("p", "q", "p'")
FLOWS = {"p": Flow("out", 0.9), "q": Flow("in", 0.5), "p'": Flow("both", 0.3)}
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


def run_beside_model(
    stores: Sequence[GraphStore], loop: asyncio.AbstractEventLoop, *, examples: int
) -> None:
    """Runs histories of two scopes at once, from a thread that is not the loop's.

    Raises where one differs from its model, which knows nothing of the other.
    """

    def wait(running: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(running, loop).result(60)

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.lists(st.tuples(st.integers(0, 1), steps), min_size=1, max_size=16),
        st.lists(walks, max_size=3),
    )
    def histories(history: list[tuple[int, Step]], at_last: list[Any]) -> None:
        last = [(which, ("walk", walk)) for which in (0, 1) for walk in at_last]
        wait(_play(stores, [*history, *last]))

    histories()


async def _play(stores: Sequence[GraphStore], history: Sequence[tuple[int, Step]]) -> None:
    models = [NaiveGraph() for _ in stores]
    for store in stores:
        await store.clear()
    for which, (verb, given_) in history:
        await _do(stores[which], models[which], verb, given_)
    for store, model in zip(stores, models, strict=True):
        await _compare(store, model)


async def _compare(store: GraphStore, model: NaiveGraph) -> None:
    assert {e.key: e for e in await store.entities()} == model.nodes
    found = {(t.head, t.predicate, t.tail): t for t in await store.triples()}
    assert found == model.edges
    assert all(t.source_chunk_ids or t.lasting for t in found.values())
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
        await _spread(store, model, given_[0], given_[4])


async def _walk(
    store: GraphStore, model: NaiveGraph, start: EntityKey, end: EntityKey, direction: str,
    predicates: set[str] | None, depth: int,
) -> None:  # fmt: skip
    far = model.distances(start, direction, predicates)
    near = await store.neighbours(start, direction=direction, predicates=predicates, depth=depth)
    assert {n.key: n.distance for n in near} == {
        key: distance for key, distance in far.items() if 0 < distance <= depth
    }
    assert [n.key for n in near] == sorted(far, key=lambda key: (far[key], key))[1 : len(near) + 1]
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


async def _spread(store: GraphStore, model: NaiveGraph, start: EntityKey, depth: int) -> None:
    found = await store.impact(start, flows=FLOWS, depth=depth)
    wanted = model.impact(start, {p: (str(f.direction), f.factor) for p, f in FLOWS.items()}, depth)
    assert {i.key: i.strength for i in found} == pytest.approx(wanted)
    assert [i.strength for i in found] == sorted((i.strength for i in found), reverse=True)
    for impact in found:
        here, strength = start, 1.0
        for triple in impact.path:
            assert model.edges[triple.head, triple.predicate, triple.tail] == triple
            along = triple.head == here and FLOWS[triple.predicate].direction != "in"
            assert along or (triple.tail == here and FLOWS[triple.predicate].direction != "out")
            here = triple.tail if along else triple.head
            strength *= FLOWS[triple.predicate].factor * triple.weight
        assert here == impact.key
        assert impact.strength == pytest.approx(strength)
        assert impact.distance <= depth


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
