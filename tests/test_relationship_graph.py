"""RelationshipGraph: typed nodes, edges loaded, figures of its formulas, direction of impact."""

from __future__ import annotations

from math import log

import pytest
from tests.conftest import NOON, HandClock

from engrammic.backends.memory import MemoryBackend
from engrammic.errors import InvalidInput
from engrammic.extraction import (
    Contains,
    CoOccurs,
    DependsOn,
    EdgeType,
    EntityType,
    ExtractionResult,
    References,
)
from engrammic.graph import RelationshipGraph
from engrammic.graph.measures import importance, match
from engrammic.graph.network import GraphEdge, GraphNode, Network
from engrammic.scope import Scope, Scoped
from engrammic.stores.entities import EntityStore
from engrammic.stores.graph import SimpleGraphStore
from engrammic.triples import GraphTriple
from engrammic.triples.nouns import EntityKey

FILE, FUNCTION, CONCEPT = EntityType.FILE, EntityType.FUNCTION, EntityType.CONCEPT


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
async def graph(backend: MemoryBackend, clock: HandClock) -> RelationshipGraph:
    """app -> api -> db, util beside api, and a lone file."""
    store = EntityStore(backend, clock=clock)
    names = [(name, FILE) for name in ("app.py", "api.py", "db.py", "util.py", "lone.py")]
    relations = [
        DependsOn("app.py", "api.py"), DependsOn("api.py", "db.py"),
        CoOccurs("api.py", "util.py", "m1"),
    ]  # fmt: skip
    await store.add_extraction(ExtractionResult(names, relations), "m1", NOON)
    return RelationshipGraph.from_entity_store(store)


async def test_a_name_with_two_types_is_two_nodes(backend: MemoryBackend) -> None:
    graph = RelationshipGraph(backend)
    await graph.add_node("session", "concept")
    await graph.add_node("session", "file")
    await graph.add_node("login", "function")
    assert await graph.add_edge("session", "login", "contains", start_type="file")

    assert [n.entity_type for n in await graph.get_neighbors("login")] == [FILE]
    assert await graph.get_neighbors("session", "concept") == []
    found = await graph.get_node("session")
    assert found is not None
    assert found.entity_type is FILE


async def test_edges_of_the_store_are_loaded(graph: RelationshipGraph) -> None:
    assert {n.entity_name for n in await graph.get_neighbors("api.py")} == {
        "app.py", "db.py", "util.py",
    }  # fmt: skip
    kinds = [e.edge_type for e in await graph.get_edges("api.py")]
    assert kinds == [EdgeType.DEPENDS_ON, EdgeType.DEPENDS_ON, EdgeType.CO_OCCURS]


async def test_what_is_added_lasts(backend: MemoryBackend) -> None:
    first = RelationshipGraph(backend)
    await first.add_node("a", "type")
    await first.add_node("b", "type")
    assert await first.add_edge("a", "b", EdgeType.REFERENCES)
    assert not await first.add_edge("a", "nothing", EdgeType.REFERENCES)

    again = RelationshipGraph(backend)

    assert [n.entity_name for n in await again.get_neighbors("a")] == ["b"]
    assert await again.get_node("nothing") is None


async def test_the_shortest_path_ignores_direction(graph: RelationshipGraph) -> None:
    path = await graph.shortest_path("util.py", "db.py")

    assert path is not None
    assert [n.entity_name for n in path] == ["util.py", "api.py", "db.py"]
    assert await graph.shortest_path("app.py", "lone.py") is None
    assert await graph.shortest_path("app.py", "nothing.py") is None
    assert [n.entity_name for n in await graph.shortest_path("app.py", "app.py") or []] == [
        "app.py"
    ]


async def test_context_decays_with_distance(graph: RelationshipGraph) -> None:
    found = await graph.get_entity_context("app.py", 2)

    assert found is not None
    figures = {r.name: (r.distance, pytest.approx(r.relevance)) for r in found.related_entities}
    assert figures == {
        "api.py": (1, 0.8 * 0.8), "db.py": (2, 0.8 * 0.64), "util.py": (2, 0.3 * 0.64),
    }  # fmt: skip
    assert found.message_ids == ("m1",)
    assert [r.name for r in found.related_entities] == ["api.py", "db.py", "util.py"]


async def test_depth_is_really_used(graph: RelationshipGraph) -> None:
    for depth, names in ((0, set()), (1, {"api.py"}), (2, {"api.py", "db.py", "util.py"})):
        found = await graph.get_entity_context("app.py", depth)
        assert found is not None
        assert {r.name for r in found.related_entities} == names


async def test_impact_goes_to_those_that_depend(graph: RelationshipGraph) -> None:
    assert [(i.name, i.distance) for i in await graph.get_impact_set("db.py", 2)] == [
        ("api.py", 1), ("app.py", 2), ("util.py", 2),
    ]  # fmt: skip
    assert [i.name for i in await graph.get_impact_set("app.py")] == []


async def test_impact_paths_are_whole(graph: RelationshipGraph) -> None:
    found = {i.name: i for i in await graph.get_impact_set("db.py")}

    assert found["app.py"].impact_path == ("db.py", "api.py", "app.py")
    assert found["app.py"].impact_score == pytest.approx((0.9 * 0.8) ** 2)


def test_the_strongest_path_wins_over_the_first() -> None:
    def node(name: str) -> GraphNode:
        return GraphNode(name, FUNCTION, (), 1)

    def key(name: str) -> EntityKey:
        return EntityKey(FUNCTION, name)

    net = Network.of(
        map(node, "abc"),
        [
            GraphEdge(key("a"), key("c"), EdgeType.CO_OCCURS),
            GraphEdge(key("b"), key("a"), EdgeType.DEPENDS_ON),
            GraphEdge(key("c"), key("b"), EdgeType.DEPENDS_ON),
        ],
    )
    share, way = net.impact(key("a"), 3)[key("c")]
    assert [k.name for k in way] == ["a", "b", "c"]
    assert share == pytest.approx(0.72 * 0.72)


def test_impact_goes_along_what_contains_and_against_what_refers() -> None:
    net = Network.of(
        [GraphNode(n, FILE, (), 1) for n in "abc"],
        [
            GraphEdge(EntityKey(FILE, "a"), EntityKey(FILE, "b"), EdgeType.CONTAINS),
            GraphEdge(EntityKey(FILE, "c"), EntityKey(FILE, "a"), EdgeType.REFERENCES),
        ],
    )
    assert {k.name for k in net.impact(EntityKey(FILE, "a"), 1)} == {"b", "c"}
    assert net.impact(EntityKey(FILE, "b"), 1) == {}


@pytest.mark.parametrize(
    ("kind", "mentions", "messages", "expected"),
    [
        (FILE, 1, 1, 0.45),
        (EntityType.VARIABLE, 1, 0, 0.10),
        (CONCEPT, 3, 2, 0.3 * log(3) + 0.20 + 0.10),
        (EntityType.TYPE, 0, 0, 0.35),
        (FILE, 1000, 1000, 1.0),
    ],
)
def test_importance_is_its_formula(
    kind: EntityType, mentions: int, messages: int, expected: float
) -> None:
    assert importance(kind, mentions, messages) == pytest.approx(expected)


async def test_the_score_counts_importance_and_degree(graph: RelationshipGraph) -> None:
    assert await graph.importance_score("api.py") == pytest.approx(0.7 * 0.45 + 0.3)
    assert await graph.importance_score("lone.py") == pytest.approx(0.7 * 0.45)
    assert await graph.importance_score("nothing.py") == 0
    [(first, score)] = await graph.central_nodes(1)
    assert (first.entity_name, score) == ("api.py", pytest.approx(0.615))


async def test_clusters_hang_together(graph: RelationshipGraph) -> None:
    groups = [{n.entity_name for n in group} for group in await graph.clusters()]
    assert groups == [{"app.py", "api.py", "db.py", "util.py"}, {"lone.py"}]


async def test_suggestions_say_why(graph: RelationshipGraph) -> None:
    found = await graph.suggest_related(["app.py"])

    assert [(s.name, s.reason) for s in found] == [
        ("api.py", "depends_on by app.py"),
        ("db.py", "related through graph"),
        ("util.py", "related through graph"),
    ]
    assert [s.score for s in found] == [pytest.approx(x) for x in (0.45, 0.225, 0.225)]


@pytest.mark.parametrize(
    ("query", "name", "score"),
    [
        ("api.py", "API.py", 1.0), ("api", "api.py", 0.7), ("the api.py file", "api.py", 0.5),
        ("api tests", "test/api", 0.3), ("other", "api.py", 0.0), ("  ", "api.py", 0.0),
    ],
)  # fmt: skip
def test_a_query_matches_whole_in_part_or_in_a_word(query: str, name: str, score: float) -> None:
    assert match(query, name) == score


async def test_search_prefers_the_important(graph: RelationshipGraph) -> None:
    found = await graph.search("api")
    assert [(n.entity_name, s) for n, s in found] == [("api.py", pytest.approx(0.7 * 1.225))]


async def test_a_message_takes_its_edges_along(backend: MemoryBackend) -> None:
    store = EntityStore(backend)
    graph = RelationshipGraph.from_entity_store(store)
    link = References("a.py", "b.py")
    await store.add_extraction(
        ExtractionResult([("a.py", FILE), ("b.py", FILE)], [link]), "m1", NOON
    )
    await store.add_extraction(ExtractionResult([("a.py", FILE), ("b.py", FILE)]), "m2", NOON)

    await store.delete_messages(["m1"])

    assert await graph.get_neighbors("a.py") == []


async def test_an_end_whose_type_is_unknown_is_found_by_name(backend: MemoryBackend) -> None:
    store = EntityStore(backend)
    await store.add_extraction(ExtractionResult([("b.py", FILE)]), "m1", NOON)
    late = ExtractionResult([("a.py", FILE)], [Contains("a.py", "b.py")])
    await store.add_extraction(late, "m2", NOON)

    [edge] = await RelationshipGraph.from_entity_store(store).get_edges("a.py")

    assert edge.end == EntityKey(FILE, "b.py")


async def test_any_graph_store_will_do(backend: MemoryBackend) -> None:
    store = SimpleGraphStore(Scoped(backend, Scope()))
    await store.upsert_triples(
        [
            GraphTriple("main", "calls", "load", "Function", "Function", ("c1",)),
            GraphTriple("load", "defined_in", "io", "Function", "Module", ("c2",)),
        ]
    )
    graph = RelationshipGraph.from_graph_store(store)

    assert [i.name for i in await graph.get_impact_set("load")] == ["main"]
    assert [i.name for i in await graph.get_impact_set("io")] == ["load", "main"]
    await graph.add_node("new", "concept")
    assert await graph.add_edge("new", "io", "references")
    assert "new" in {n.entity_name for n in await graph.get_neighbors("io")}


async def test_bad_names_of_types_are_told(graph: RelationshipGraph) -> None:
    with pytest.raises(InvalidInput, match="entity_type"):
        await graph.add_node("x", "planet")
    with pytest.raises(InvalidInput, match="edge_type"):
        await graph.add_edge("app.py", "api.py", "loves")
    with pytest.raises(InvalidInput, match="depth"):
        await graph.get_impact_set("app.py", -1)
