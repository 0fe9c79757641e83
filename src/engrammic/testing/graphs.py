"""Everything that a graph store has to show, in one class to derive from."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from engrammic.errors import Closed, InvalidInput
from engrammic.testing.graph_things import BAD, HOSTILE, calls, f
from engrammic.testing.graph_walks import GraphOf, GraphWalkTests
from engrammic.triples import Flow, GraphEntity, GraphStore, GraphTriple, Removed

__all__ = ["GraphOf", "GraphTests", "calls", "f"]


@pytest.mark.asyncio
class GraphTests(GraphWalkTests):
    """Derive, and give the fixture `graph_of`: stores by scope on one empty database."""

    async def test_an_entity_comes_back_as_it_was_stated(self, graph: GraphStore) -> None:
        given = GraphEntity("main", "Function", "starts", ("c2", "c1"), {"line": 3, "a": [1, None]})
        assert await graph.upsert_entities([given]) == 1
        found = await graph.get_entity(("Function", "main"))
        assert found == GraphEntity(
            "main", "Function", "starts", ("c1", "c2"), {"line": 3, "a": [1, None]}, False
        )
        assert await graph.get_entity(("Class", "main")) is None

    async def test_stating_again_adds_to_what_was_said(self, graph: GraphStore) -> None:
        await graph.upsert_entities([GraphEntity("a", "T", "old", ("c1",), {"x": 1, "y": 1})])
        await graph.upsert_entities([GraphEntity("a", "T", None, ("c2",), {"y": 2})])
        found = await graph.get_entity(("T", "a"))
        assert found == GraphEntity("a", "T", "old", ("c1", "c2"), {"x": 1, "y": 2}, False)
        await graph.upsert_triples([GraphTriple("a", "p", "b", "T", "T", ("c1",), 1, {"x": 1})])
        await graph.upsert_triples([GraphTriple("a", "p", "b", "T", "T", ("c3",), 0.5, {"y": 2})])
        assert await graph.triples() == [
            GraphTriple("a", "p", "b", "T", "T", ("c1", "c3"), 0.5, {"x": 1, "y": 2}, False)
        ]

    async def test_the_same_item_twice_in_a_batch_is_one(self, graph: GraphStore) -> None:
        twice = [GraphEntity("a", "T", source_chunk_ids=(s,)) for s in ("c1", "c2")]
        assert await graph.upsert_entities(twice) == 1
        found = await graph.get_entity(("T", "a"))
        assert found is not None
        assert found.source_chunk_ids == ("c1", "c2")
        assert await graph.upsert_triples(calls("a>b", "a>b")) == 1

    async def test_the_same_name_under_two_types_is_two_entities(self, graph: GraphStore) -> None:
        await graph.upsert_triples(
            [GraphTriple("config", "contains", "x", "Module", "Function"),
             GraphTriple("config", "calls", "y", "Function", "Function"),
             GraphTriple("config", "calls", "z")]
        )  # fmt: skip
        assert {e.entity_type for e in await graph.entities(name="config")} == {
            "", "Function", "Module"
        }  # fmt: skip
        near = await graph.neighbours(("Module", "config"), depth=9)
        assert [n.name for n in near] == ["x"]

    async def test_counts_are_of_what_is_there(self, graph: GraphStore) -> None:
        for _ in range(3):
            await graph.upsert_triples(calls("a>b", "b>c", source="c1"))
        counts = await graph.counts()
        assert (counts.entities, counts.triples) == (3, 2)
        assert (await graph.count_entities(), await graph.count_triples()) == (3, 2)
        assert await graph.count_entities("Function") == 3
        assert await graph.count_entities("Class") == 0
        assert await graph.count_triples("calls") == 2
        assert await graph.count_triples("imports") == 0

    async def test_a_triple_dies_with_its_last_source(self, graph: GraphStore) -> None:
        await graph.upsert_triples([*calls("a>b", source="c1"), *calls("a>b", "b>c", source="c2")])
        assert await graph.delete_sources(["c1"]) == Removed(0, 0)
        assert [t.source_chunk_ids for t in await graph.triples(object=f("b"))] == [("c2",)]
        assert await graph.delete_sources(["c2", "c9"]) == Removed(2, 3)
        assert await graph.entities() == []

    async def test_what_was_stated_without_a_source_lasts(self, graph: GraphStore) -> None:
        await graph.upsert_triples([*calls("a>b"), *calls("a>b", "b>c", source="c1")])
        await graph.upsert_entities([GraphEntity("c", "Function"), GraphEntity("d", "T")])
        assert await graph.delete_sources(["c1"]) == Removed(1, 0)
        assert [str(t) for t in await graph.triples()] == ["a -> calls -> b"]
        assert [e.name for e in await graph.entities()] == ["a", "b", "c", "d"]

    async def test_many_sources_go_at_once(self, graph: GraphStore) -> None:
        triples = [t for n in range(40) for t in calls(f"a>b{n}", source=f"c{n}")]
        await graph.upsert_triples([*triples, *calls("a>keep", source="c99")])
        assert await graph.delete_sources([f"c{n}" for n in range(60)]) == Removed(40, 40)
        assert [e.name for e in await graph.entities()] == ["a", "keep"]
        assert await graph.delete_sources([]) == Removed(0, 0)

    async def test_an_entity_goes_with_its_triples(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b", "c>a", "a>a", "b>d", source="c1"))
        assert await graph.delete_entity(f("a")) is True
        assert await graph.delete_entity(f("a")) is False
        assert [str(t) for t in await graph.triples()] == ["b -> calls -> d"]
        assert [e.name for e in await graph.entities()] == ["b", "d"]

    async def test_a_triple_can_be_deleted(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b", "b>c", source="c1"))
        assert await graph.delete_triples([*calls("a>b"), *calls("b>a")]) == 1
        assert [e.name for e in await graph.entities()] == ["b", "c"]

    async def test_clear_leaves_nothing_and_a_usable_store(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b", source="c1"))
        assert await graph.clear() == Removed(1, 2)
        assert await graph.clear() == Removed(0, 0)
        assert (await graph.counts()).triples == 0
        await graph.upsert_triples(calls("a>b"))
        assert await graph.count_entities() == 2

    async def test_pages_hold_every_item_once(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls(*(f"n{i % 7}>n{i}" for i in range(30))))
        await graph.upsert_entities([GraphEntity(f"n{i}", "Other") for i in range(5)])
        entities: list[GraphEntity] = []
        while page := await graph.entities(after=entities[-1].key if entities else None, limit=4):
            entities += page
        assert entities == await graph.entities()
        assert [e.name for e in entities] == sorted(e.name for e in entities)
        assert len({e.key for e in entities}) == len(entities) == 35
        triples: list[GraphTriple] = []
        while more := await graph.triples(
            after=triples[-1].triple_id if triples else None, limit=4
        ):
            triples += more
        assert triples == await graph.triples()
        assert len({t.triple_id for t in triples}) == 30
        assert await graph.entities(limit=0) == []
        assert [e.name for e in await graph.entities(entity_type="Other", limit=2)] == ["n0", "n1"]

    async def test_triples_are_listed_by_what_they_say(self, graph: GraphStore) -> None:
        await graph.upsert_triples(
            [*calls("a>b", "c>b", source="c1"), *calls("a>c", source="c2", predicate="imports")]
        )

        async def said(**what: Any) -> list[str]:
            return sorted(str(t) for t in await graph.triples(**what))

        assert await said(subject=f("a")) == ["a -> calls -> b", "a -> imports -> c"]
        assert await said(object=f("b")) == ["a -> calls -> b", "c -> calls -> b"]
        assert await said(predicate="imports") == await said(source="c2") == ["a -> imports -> c"]
        assert await said(subject=f("a"), object=f("b"), source="c1") == ["a -> calls -> b"]
        assert await said(source="c3") == []

    async def test_any_text_can_be_a_name(self, graph: GraphStore) -> None:
        triples = [
            GraphTriple(name, name, HOSTILE[i - 1], name, name, (name,), 1, {name: name})
            for i, name in enumerate(HOSTILE)
        ]
        await graph.upsert_triples(triples)
        await graph.upsert_entities([GraphEntity(n, n, n, (n,), {n: n}) for n in HOSTILE])
        assert await graph.count_triples() == len(HOSTILE)
        for i, name in enumerate(HOSTILE):
            entity = await graph.get_entity((name, name))
            assert entity == GraphEntity(name, name, name, (name,), {name: name}, False)
            assert [t.subject for t in await graph.triples(predicate=name)] == [name]
            assert [t.subject for t in await graph.triples(source=name)] == [name]
            assert [e.name for e in await graph.entities(name=name, entity_type=name)] == [name]
            near = await graph.neighbours((name, name), direction="out", predicates=[name])
            assert near[0].path[0].properties == {name: name}
            assert near[0].name == HOSTILE[i - 1]
        for name in HOSTILE:
            assert (await graph.delete_sources([name])).triples == 1
        assert await graph.count_triples() == 0

    @pytest.mark.parametrize("bad", range(len(BAD)))
    async def test_a_bad_item_is_refused_and_nothing_is_written(
        self, graph: GraphStore, bad: int
    ) -> None:
        with pytest.raises(InvalidInput):
            await graph.upsert_triples([*calls("a>b"), BAD[bad]])
        assert await graph.count_entities() == 0

    async def test_bad_questions_are_refused(self, graph: GraphStore) -> None:
        questions: list[Callable[[], Awaitable[Any]]] = [
            lambda: graph.get_entity("main"),  # type: ignore[arg-type]
            lambda: graph.get_entity(("Function", "")),
            lambda: graph.upsert_entities([GraphEntity("")]),
            lambda: graph.upsert_entities([GraphEntity("a", description="x\0")]),
            lambda: graph.upsert_entities([GraphEntity("a", properties=[1])]),  # type: ignore[arg-type]
            lambda: graph.entities(limit=-1),
            lambda: graph.entities(name="a\0"),
            lambda: graph.triples(source="\0"),
            lambda: graph.neighbours(f("a"), depth=0),
            lambda: graph.neighbours(f("a"), direction="up"),
            lambda: graph.neighbours(f("a"), predicates="calls"),
            lambda: graph.impact(f("a"), depth=0),
            lambda: graph.impact(f("a"), flows={"calls": 0.5}),  # type: ignore[dict-item]
            lambda: graph.impact(f("a"), flows={"calls": Flow("out", 0)}),
            lambda: graph.impact(f("a"), flows={"calls": Flow("up", 1)}),
            lambda: graph.path(f("a"), ("b",)),  # type: ignore[arg-type]
            lambda: graph.delete_sources("c1"),
            lambda: graph.restore({"schema_version": 9}),
        ]
        for question in questions:
            with pytest.raises(InvalidInput):
                await question()

    async def test_a_graph_comes_back_from_its_snapshot(self, graph: GraphStore) -> None:
        await graph.upsert_triples([*calls("a>b", source="c1"), *calls("b>c")])
        await graph.upsert_entities([GraphEntity("a", "Function", "first", ("c2",), {"x": [1]})])
        await graph.upsert_triples(calls("a>d", source="c3"))
        await graph.upsert_entities([GraphEntity("d", "Function", "only by triples", ("c4",))])
        await graph.delete_sources(["c4"])
        snapshot = json.loads(json.dumps(await graph.export()))
        await graph.clear()
        assert await graph.restore(snapshot) == (3, 4)
        assert await graph.export() == snapshot
        assert await graph.delete_sources(["c1", "c2", "c3"]) == Removed(2, 2)

    async def test_a_closed_store_says_so(self, graph: GraphStore) -> None:
        await graph.upsert_triples(calls("a>b"))
        await graph.close()
        await graph.close()
        with pytest.raises(Closed):
            await graph.count_entities()
