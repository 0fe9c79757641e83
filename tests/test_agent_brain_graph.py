"""Agent Brain's graph manager: three kinds of store, true counts, a reset that reaches it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engrammic.adapters.agent_brain import ChunkStorage, Derived, Follower, GraphStoreManager
from engrammic.backends.memory import MemoryBackend
from engrammic.errors import Corrupt, InvalidInput, StorageError
from engrammic.scope import Scope, Scoped
from engrammic.testing.graph_things import HOSTILE
from engrammic.triples import GraphTriple

KINDS = ("simple", "kuzu", "minimal")


@pytest.fixture(params=KINDS)
async def manager(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[GraphStoreManager]:
    made = GraphStoreManager(tmp_path / "graph index: 1", request.param)
    yield made
    await made.close()


def again(manager: GraphStoreManager, name: str | None = None) -> GraphStoreManager:
    """Another one of the same place and kind."""
    return GraphStoreManager(manager.persist_dir, manager.store_type, name)


async def test_counts_are_of_what_is_there_once(manager: GraphStoreManager) -> None:
    assert not manager.is_initialized
    await manager.initialize()
    assert (manager.is_initialized, manager.entity_count) == (True, 0)
    assert await manager.add_triplet("main", "CALLS", "run", "function", "Function", "c1")
    assert not await manager.add_triplet("main", "calls", "run", "Function", "Function", "c2")
    assert await manager.add_triplet("run", "reads", "env")
    assert (manager.entity_count, manager.relationship_count) == (4, 2)
    assert await manager.add_triplets([GraphTriple("x", "calls", "y")] * 3) == 1
    assert (manager.entity_count, manager.relationship_count) == (6, 3)
    graph = await manager.graph()
    [triple] = await graph.triples(subject=("Function", "main"))
    assert (triple.predicate, triple.source_chunk_ids) == ("calls", ("c1", "c2"))


async def test_what_was_persisted_is_loaded(manager: GraphStoreManager) -> None:
    assert await manager.load() is False
    await manager.add_triplet("a", "calls", "b", source_chunk_id="c1")
    await manager.persist()
    await manager.close()
    assert await manager.load() is True
    assert (manager.entity_count, manager.relationship_count) == (2, 1)
    assert not await manager.add_triplet("a", "calls", "b", source_chunk_id="c1")


async def test_collections_share_nothing(manager: GraphStoreManager) -> None:
    other = again(manager, "o'ther/..")
    await manager.add_triplet("a", "calls", "b")
    await other.add_triplet("a", "calls", "c")
    for each in (manager, other):
        await each.persist()
    await other.reset()
    assert await other.load() is False
    await other.close()
    assert await manager.load() is True
    assert manager.relationship_count == 1


async def test_a_reset_leaves_nothing_to_load(manager: GraphStoreManager) -> None:
    await manager.add_triplet("a", "calls", "b")
    await manager.persist()
    assert (await manager.leftovers())[:2] == ["1 triples", "2 entities"]
    await manager.reset()
    assert await manager.leftovers() == []
    assert (manager.entity_count, manager.relationship_count) == (0, 0)
    await manager.close()
    assert await again(manager).load() is False
    assert await manager.add_triplet("a", "calls", "b")
    await manager.clear()
    assert await manager.load() is False


async def test_the_reset_of_the_storage_reaches_the_graph(manager: GraphStoreManager) -> None:
    assert isinstance(manager, Derived)
    assert isinstance(manager, Follower)
    storage = ChunkStorage(await MemoryBackend.connect(), derived=[manager])
    await storage.add_documents(["c1"], [[1, 0]], ["main calls run"])
    await manager.add_triplet("main", "calls", "run", source_chunk_id="c1")
    await manager.add_triplet("by", "calls", "hand")
    await manager.persist()
    await storage.reset()
    assert (manager.entity_count, manager.relationship_count) == (0, 0)
    assert await manager.leftovers() == []
    assert await manager.load() is False
    await manager.add_triplet("main", "calls", "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(await manager.graph()), "clear", _forget_to_clear)
        with pytest.raises(StorageError, match="left 1 triples; 2 entities"):
            await storage.reset()


async def _forget_to_clear(_: object) -> None:
    pass


async def test_a_triple_dies_with_the_last_of_its_chunks(manager: GraphStoreManager) -> None:
    storage = ChunkStorage(await MemoryBackend.connect(), derived=[manager])
    ids = [f"c{n}" for n in range(4)]
    kinds = [{"kind": "old" if n < 2 else "new"} for n in range(4)]
    await storage.add_documents(ids, [[1, n] for n in range(4)], ids, kinds)
    for chunk in ids:
        await manager.add_triplet("main", "calls", f"only {chunk}", source_chunk_id=chunk)
        await manager.add_triplet("main", "calls", "all", source_chunk_id=chunk)
    assert await storage.delete_by_ids(["c3", "nothing"]) == 1
    assert manager.relationship_count == 4
    assert await storage.delete_by_metadata({"kind": "old"}) == 2
    graph = await manager.graph()
    assert {t.object: t.source_chunk_ids for t in await graph.triples()} == {
        "only c2": ("c2",), "all": ("c2",)
    }  # fmt: skip
    assert await storage.delete_by_ids(["c2"]) == 1
    assert (manager.entity_count, manager.relationship_count) == (0, 0)


async def test_any_text_can_be_said(manager: GraphStoreManager) -> None:
    for name in HOSTILE[:-1]:
        assert await manager.add_triplet(name, f"p{name[:500]}", HOSTILE[-1], name, name, name)
    await manager.persist()
    assert await manager.load()
    assert manager.relationship_count == len(HOSTILE) - 1
    assert (await manager.forget_chunks(list(HOSTILE))).triples == len(HOSTILE) - 1
    assert manager.entity_count == 0


@pytest.mark.parametrize(
    "bad",
    [("", "p", "b"), ("a", "", "b"), ("a", "p", 5), ("a", None, "b"), ("a", "p", "b", 5),
     ("a\0", "p", "b"), ("a", "p", "b", None, None, "")],
    ids=repr,
)  # fmt: skip
async def test_what_is_no_triple_is_refused(
    manager: GraphStoreManager, bad: tuple[Any, ...]
) -> None:
    with pytest.raises(InvalidInput):
        await manager.add_triplet(*bad)
    assert await manager.load() is False


async def test_the_graph_lies_beside_the_chunks() -> None:
    backend = await MemoryBackend.connect()
    storage = ChunkStorage(backend, "docs")
    graph = GraphStoreManager(storage.room)
    await graph.add_triplet("a", "calls", "b")
    assert await GraphStoreManager(backend, collection_name="docs").load() is True
    assert await GraphStoreManager(Scoped(backend, Scope(project="docs"))).load() is True
    assert await GraphStoreManager(backend).load() is False
    await graph.close()
    assert await backend.tables()


async def test_files_of_the_minimal_store_are_read(tmp_path: Path) -> None:
    file = tmp_path / "graph_store.json"
    old = {"subject": "a", "predicate": "calls", "object": "b", "source_chunk_id": "c1"}
    names = {"a": {"name": "a", "type": "Class"}, "b": {"name": "b"}}
    file.write_text(json.dumps({"entities": names, "relationships": [old]}))
    manager = GraphStoreManager(str(tmp_path), "minimal")
    assert await manager.load() is True
    graph = await manager.graph()
    assert await graph.triples() == [
        GraphTriple("a", "calls", "b", "Class", "", ("c1",), lasting=False)
    ]
    await manager.add_triplet("b", "calls", "c")
    await manager.load()
    assert manager.relationship_count == 1
    for bad in ("{", "[]", '{"relationships": [5]}', '{"relationships": 5}', '{"a": 1}',
                '{"schema_version": 1, "triplets": [{"subject": "a"}]}'):  # fmt: skip
        file.write_text(bad)
        with pytest.raises(Corrupt):
            await manager.load()


async def test_one_instance_serves_the_process(tmp_path: Path) -> None:
    first = GraphStoreManager.get_instance(tmp_path)
    assert first is GraphStoreManager.get_instance() is GraphStoreManager.get_instance(tmp_path)
    assert first.store_type == "simple"
    with pytest.raises(InvalidInput, match="close it"):
        GraphStoreManager.get_instance(store_type="kuzu")
    with pytest.raises(InvalidInput, match="close it"):
        GraphStoreManager.get_instance(tmp_path / "other")
    await first.close()
    second = GraphStoreManager.get_instance(tmp_path / "other", "minimal")
    assert second is not first
    await second.close()


async def test_places_that_do_not_fit_are_refused() -> None:
    backend = await MemoryBackend.connect()
    for place in (backend, "postgres:x", "sqlite:x"):
        for kind in ("kuzu", "minimal"):
            with pytest.raises(InvalidInput, match="lies at a path"):
                GraphStoreManager(place, kind)
    with pytest.raises(InvalidInput, match="store_type"):
        GraphStoreManager(backend, "neo4j")
    assert GraphStoreManager("kuzu:/a/b.kuzu", "kuzu")._kuzu == "kuzu:/a/b.kuzu"


async def test_the_graph_beneath_has_every_walk(manager: GraphStoreManager) -> None:
    await manager.add_triplets([GraphTriple("a", "calls", "b"), GraphTriple("b", "calls", "c")])
    graph = await manager.graph()
    assert [n.name for n in await graph.neighbours(("", "a"), depth=2)] == ["b", "c"]
    way = await graph.path(("", "a"), ("", "c"), direction="out")
    assert way is not None
    assert [str(triple) for triple in way] == ["a -> calls -> b", "b -> calls -> c"]
    assert [i.name for i in await graph.impact(("", "c"))] == ["b", "a"]
