"""What walks over a graph have to show: depth, direction, short ways, impact, scopes apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from engrammic.scope import Scope
from engrammic.testing.graph_machine import run_beside_model
from engrammic.testing.graph_things import calls, f
from engrammic.triples import Direction, Flow, GraphStore, GraphTriple, Removed

GraphOf: TypeAlias = Callable[[Scope], Awaitable[GraphStore]]


@pytest.mark.asyncio
class GraphWalkTests:
    """The part of GraphTests that walks."""

    EXAMPLES = 25
    """Random histories that are compared with the model."""

    @pytest_asyncio.fixture
    async def graph(self, graph_of: GraphOf) -> GraphStore:
        """The store of the default scope."""
        return await graph_of(Scope())

    async def test_depth_is_how_far_a_walk_goes(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b", "b>c", "c>d", "d>a", "c>c"))
        for depth, names in ((1, "b"), (2, "bc"), (3, "bcd"), (9, "bcd")):
            found = await graph.neighbours(f("a"), direction="out", depth=depth)
            assert "".join(n.name for n in found) == names
        assert [n.distance for n in found] == [1, 2, 3]
        assert [str(t) for t in found[-1].path] == [
            "a -> calls -> b", "b -> calls -> c", "c -> calls -> d"
        ]  # fmt: skip

    async def test_a_walk_keeps_to_its_direction_and_predicates(self, graph: GraphStore) -> None:
        await graph.upsert_triples([*calls("a>b", "c>a"), *calls("a>d", predicate="imports")])

        async def names(**how: Any) -> str:
            return "".join(n.name for n in await graph.neighbours(f("a"), **how))

        assert await names(direction="out") == "bd"
        assert await names(direction=Direction.IN) == "c"
        assert await names() == "bcd"
        assert await names(predicates=["calls"]) == "bc"
        assert await names(predicates=["imports", "nothing"]) == "d"
        assert await names(predicates=[]) == ""
        assert await names(limit=2) == "bc"
        assert await graph.neighbours(f("nobody"), depth=3) == []

    async def test_a_walk_through_a_hub_misses_nothing(self, graph: GraphStore) -> None:
        spokes = [f"s{n:03}" for n in range(700)]
        await graph.upsert_triples(
            calls(*(f"hub>{s}" for s in spokes), *(f"{s}>e" for s in spokes))
        )
        found = await graph.neighbours(f("hub"), direction="out", depth=3)
        assert [(n.name, n.distance) for n in found] == [*((s, 1) for s in spokes), ("e", 2)]
        assert len(await graph.neighbours(f("e"), direction="in", depth=1)) == 700
        assert len(await graph.neighbours(f("s005"), depth=3)) == 701

    async def test_a_path_is_the_shortest(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b", "b>c", "c>d", "a>x", "d>x"))
        path = await graph.path(f("a"), f("d"), direction="out")
        assert path is not None
        assert [str(t) for t in path] == ["a -> calls -> b", "b -> calls -> c", "c -> calls -> d"]
        path = await graph.path(f("a"), f("d"))
        assert path is not None
        assert [(t.subject, t.object) for t in path] == [("a", "x"), ("d", "x")]
        assert await graph.path(f("d"), f("a"), direction="out") is None
        assert await graph.path(f("a"), f("d"), direction="out", max_depth=2) is None
        assert await graph.path(f("a"), f("d"), predicates=["imports"]) is None
        assert await graph.path(f("a"), f("a")) == []
        assert await graph.path(f("nobody"), f("nobody")) is None

    async def test_scopes_share_nothing(self, graph_of: GraphOf) -> None:
        ours, theirs = await graph_of(Scope("a")), await graph_of(Scope("b"))
        await ours.upsert_triples(calls("a>b", "b>c", source="c1"))
        await theirs.upsert_triples(calls("a>x", source="c1"))
        assert [n.name for n in await theirs.neighbours(f("a"), depth=5)] == ["x"]
        assert await theirs.get_entity(f("b")) is None
        assert [e.name for e in await theirs.entities()] == ["a", "x"]
        assert await theirs.triples(object=f("b")) == []
        assert await theirs.delete_entity(f("c")) is False
        assert await theirs.delete_triples(calls("a>b")) == 0
        assert await theirs.delete_sources(["c1"]) == Removed(1, 2)
        assert await theirs.clear() == Removed(0, 0)
        assert (await ours.counts()).triples == 2

    async def test_random_histories_are_as_in_the_model(self, graph_of: GraphOf) -> None:
        stores = [await graph_of(Scope()), await graph_of(Scope("other"))]
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(run_beside_model, stores, loop, examples=self.EXAMPLES)

    async def test_impact_goes_to_what_depends_on_the_change(self, graph: GraphStore) -> None:
        await graph.upsert_triples(
            [*calls("app>lib", "lib>core", predicate="depends_on"), *calls("core>libc"),
             *calls("mod>app", predicate="contains"), *calls("app>log", predicate="says")]
        )  # fmt: skip
        found = await graph.impact(f("core"), depth=9)
        assert [(i.name, round(i.strength, 9)) for i in found] == [("lib", 0.9), ("app", 0.81)]
        assert [str(t) for t in found[1].path] == [
            "lib -> depends_on -> core", "app -> depends_on -> lib"
        ]  # fmt: skip
        assert [i.name for i in await graph.impact(f("mod"), depth=1)] == ["app"]
        assert [i.name for i in await graph.impact(f("core"), depth=9, limit=1)] == ["lib"]
        says = {"says": Flow("out", 1)}
        assert [i.name for i in await graph.impact(f("app"), flows=says)] == ["log"]
        assert await graph.impact(f("app"), flows={}) == []
        assert await graph.impact(f("nobody")) == []

    async def test_the_strongest_way_counts(self, graph: GraphStore) -> None:
        weights = {"ac": 0.1, "ab": 0.9, "bc": 5.0, "az": -1.0, "ca": 1.0}
        await graph.upsert_triples(
            [GraphTriple(e[0], "p", e[1], weight=weight) for e, weight in weights.items()]
        )
        flows = {"p": Flow(Direction.OUT, 0.5)}
        found = await graph.impact(("", "a"), flows=flows, depth=2)
        assert [(i.name, i.distance, i.strength) for i in found] == [
            ("b", 1, 0.45),
            ("c", 2, 0.225),
        ]
        [_, near] = await graph.impact(("", "a"), flows=flows, depth=1)
        assert (near.name, near.strength) == ("c", 0.05)
