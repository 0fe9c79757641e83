"""Agent Brain's managers: one record for both searches, on every database, and a whole reset."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engines import Engines
from engrammic.adapters.agent_brain import (
    BM25IndexManager,
    ChunkStorage,
    Derived,
    EmbeddingMetadata,
    StorageBackendProtocol,
    TextNode,
    VectorStoreManager,
)
from engrammic.adapters.agent_brain.vectors import similarity
from engrammic.backend import Backend
from engrammic.errors import Conflict, EmbeddingMismatch, InvalidInput, StorageError
from engrammic.registry import open_backend
from engrammic.scope import Scope, Scoped

SCHEMES = ("memory", "sqlite", "files")

TEXTS = {
    "a": ("The walrus swims", {"source_type": "doc", "n": 1}),
    "b": ("def walrus(): pass", {"source_type": "code", "language": "python", "n": 2}),
    "c": ("fn otter() {}", {"source_type": "code", "language": "rust", "n": 3}),
    "d": ("An otter sleeps", {}),
}
VECTORS = {"a": [1, 0, 0], "b": [0.8, 0.6, 0], "c": [0, 1, 0], "d": [-1, 0, 0]}


@pytest.fixture(params=SCHEMES)
async def backend(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Backend]:
    opened = await open_backend(engines.new(request.param))
    yield opened
    await opened.close()


@pytest.fixture
async def manager(backend: Backend) -> VectorStoreManager:
    made = VectorStoreManager(backend)
    await made.initialize()
    return made


@pytest.fixture
def words(backend: Backend) -> BM25IndexManager:
    return BM25IndexManager(backend)


async def fill(manager: VectorStoreManager, *ids: str) -> None:
    chosen = ids or tuple(TEXTS)
    texts, metadatas = zip(*(TEXTS[i] for i in chosen), strict=True)
    await manager.upsert_documents(chosen, [VECTORS[i] for i in chosen], texts, metadatas)


def node(text: str, node_id: str, **metadata: Any) -> TextNode:
    return TextNode(node_id, text, metadata)


async def told(words: BM25IndexManager, query: str, top_k: int = 5, **filters: Any) -> set[str]:
    return {f.node.node_id for f in await words.search_with_filters(query, top_k, **filters)}


async def test_scores_are_one_less_the_distance(manager: VectorStoreManager) -> None:
    await fill(manager)
    found = await manager.similarity_search([2, 0, 0], similarity_threshold=-1.0)
    assert [f.chunk_id for f in found] == ["a", "b", "c", "d"]
    distances = [0.0, 0.2, 1.0, 2.0]
    assert [f.score for f in found] == pytest.approx([similarity(d) for d in distances], abs=1e-4)


async def test_the_threshold_cuts_the_score(manager: VectorStoreManager) -> None:
    await fill(manager)
    near = await manager.similarity_search([1, 0, 0], similarity_threshold=0.7)
    assert [(f.chunk_id, f.text, f.metadata) for f in near] == [
        ("a", *TEXTS["a"]), ("b", *TEXTS["b"]),
    ]  # fmt: skip
    assert len(await manager.similarity_search([1, 0, 0])) == 3


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "abcd"),
        ({"source_type": "code"}, "bc"),
        ({"language": {"$in": ["python", "typescript"]}}, "b"),
        ({"$and": [{"source_type": "code"}, {"language": {"$in": ["python", "rust"]}}]}, "bc"),
        ({"$or": [{"n": {"$lte": 1}}, {"n": {"$gt": 2}}]}, "ac"),
        ({"n": {"$gte": 1, "$lt": 3}}, "ab"),
        ({"language": {"$ne": "python"}}, "acd"),
        ({"language": {"$nin": ["python", "rust"]}}, "ad"),
        ({"language": "' or '1'='1"}, ""),
    ],
    ids=str,
)
async def test_where_narrows_every_verb(
    manager: VectorStoreManager, where: Any, expected: str
) -> None:
    await fill(manager)
    found = await manager.similarity_search([1, 0, 0], 4, -1.0, where)
    assert "".join(sorted(f.chunk_id for f in found)) == expected
    assert await manager.get_count(where) == len(expected)
    if where is not None:
        assert await manager.delete_by_where(where) == len(expected)
        assert await manager.get_count() == 4 - len(expected)


async def test_adding_what_is_there_adds_nothing(manager: VectorStoreManager) -> None:
    assert await manager.add_documents(["a"], [[1, 0]], ["old"]) == 1
    with pytest.raises(Conflict):
        await manager.add_documents(["b", "a"], [[0, 1], [0, 1]], ["new", "new"])
    with pytest.raises(Conflict, match="twice"):
        await manager.add_documents(["b", "b"], [[0, 1], [0, 1]], ["new", "new"])
    assert await manager.get_count() == 1
    assert await manager.get_by_id("a") == {"text": "old", "metadata": {}}


async def test_an_upsert_replaces_words_and_vector(
    manager: VectorStoreManager, words: BM25IndexManager
) -> None:
    await manager.upsert_documents(["a"], [[1, 0]], ["walrus"], [{"v": 1}])
    again = await manager.upsert_documents(["a", "a"], [[1, 0], [0, 1]], ["seal", "otter"])
    assert again == await manager.get_count() == 1
    assert (await manager.similarity_search([0, 1]))[0].score == pytest.approx(1.0)
    assert await told(words, "walrus seal") == set()
    assert await told(words, "otter") == {"a"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("embeddings", {"embeddings": [[1, 0]]}),
        ("documents", {"documents": ["x"]}),
        ("metadatas", {"metadatas": [{}]}),
        ("metadatas[1]", {"metadatas": [{}, {5: 1}]}),
        ("ids[1]", {"ids": ["a", ""]}),
        ("embeddings[1]", {"embeddings": [[1, 0], [1, 0, 0]]}),
        ("documents[1]", {"documents": ["x", None]}),
    ],
    ids=str,
)
async def test_what_cannot_be_stored_is_named(
    manager: VectorStoreManager, name: str, change: dict[str, Any]
) -> None:
    given = {"ids": ["a", "b"], "embeddings": [[1, 0], [0, 1]], "documents": ["x", "y"]}
    for write in (manager.add_documents, manager.upsert_documents):
        with pytest.raises(InvalidInput) as caught:
            await write(**{**given, **change})  # type: ignore[arg-type]
        assert caught.value.field == name
    assert await manager.get_count() == 0
    assert await manager.upsert_documents(["a"], [[1, 0, 0]], ["x"]) == 1


async def test_deleting_no_ids_deletes_nothing(manager: VectorStoreManager) -> None:
    await fill(manager)
    assert await manager.delete_by_ids([]) == 0
    for nothing in (None, {}):
        with pytest.raises(InvalidInput, match="where"):
            await manager.delete_by_where(nothing)  # type: ignore[arg-type]
    assert await manager.delete_by_ids(["a", "d", "nowhere"]) == 2
    assert await manager.get_count() == 2


async def test_a_deleted_document_is_found_by_no_word(
    manager: VectorStoreManager, words: BM25IndexManager
) -> None:
    await fill(manager)
    assert await told(words, "walrus") == {"a", "b"}
    await manager.delete_by_where({"source_type": "code"})
    assert await told(words, "walrus otter") == {"a", "d"}


async def test_another_model_is_refused_while_there_are_vectors(
    manager: VectorStoreManager,
) -> None:
    assert await manager.get_embedding_metadata() is None
    await manager.set_embedding_metadata("openai", "small", 3)
    await manager.validate_embedding_compatibility("cohere", "other", 5)
    await fill(manager)
    assert await manager.get_embedding_metadata() == EmbeddingMetadata("openai", "small", 3)
    await manager.validate_embedding_compatibility("openai", "small", 3)
    for other in (("openai", "large", 3), ("cohere", "small", 3), ("openai", "small", 4)):
        with pytest.raises(EmbeddingMismatch, match="reset"):
            await manager.validate_embedding_compatibility(*other)


async def test_indexing_a_folder_keeps_the_one_before(words: BM25IndexManager) -> None:
    assert not words.is_initialized
    assert await words.build_index([node("walrus one", "1"), node("seal", "2")]) == 2
    assert await words.build_index([node("walrus two", "3")]) == 1
    assert await words.build_index([]) == 0
    assert await told(words, "walrus") == {"1", "3"}
    await words.build_index([node("seal", "3")])
    assert await told(words, "walrus") == {"1"}


async def test_a_vector_stays_only_with_its_text(
    manager: VectorStoreManager, words: BM25IndexManager
) -> None:
    await manager.upsert_documents(["a", "b"], [[1, 0], [0, 1]], ["walrus", "seal"])
    await words.build_index([node("walrus", "a", language="en"), node("otter", "b")])
    found = await manager.similarity_search([1, 1])
    assert [(f.chunk_id, f.metadata) for f in found] == [("a", {"language": "en"})]
    assert await told(words, "walrus otter") == {"a", "b"}


async def test_filters_of_words_come_before_the_page_is_cut(words: BM25IndexManager) -> None:
    plain = [node("walrus walrus", f"p{n}") for n in range(30)]
    code = [node(f"walrus {n} " + "pad " * 30, f"c{n}", source_type="code", language="go")
            for n in range(6)]  # fmt: skip
    await words.build_index([*plain, *code])
    assert await told(words, "walrus", 6, languages=["go"]) == {f"c{n}" for n in range(6)}
    assert len(await told(words, "walrus", 40, source_types=["doc"])) == 30
    assert len(await told(words, "walrus", 40, source_types=["doc", "code"])) == 36
    assert len(await told(words, "walrus", 6, source_types=["code"], max_results=2)) == 2
    assert await told(words, "walrus", source_types=[]) == set()
    assert await told(words, "walrus", languages=["go' or 1=1"]) == set()


async def test_a_poor_hit_has_a_low_score(words: BM25IndexManager) -> None:
    await words.build_index([node(f"walrus {n}", str(n)) for n in range(20)])
    await words.build_index([node("walrus kumquat", "k")])
    [poor] = await words.get_retriever(top_k=1).aretrieve("walrus")
    [good] = await words.get_retriever(top_k=1).aretrieve("kumquat")
    assert 0 <= poor.score < 0.01 < good.score < 1
    assert good.score == pytest.approx(good.bm25 / (good.bm25 + 10))
    assert await words.get_retriever().aretrieve('"; AND ( *') == []


async def test_collections_are_apart(manager: VectorStoreManager, backend: Backend) -> None:
    other = VectorStoreManager(backend, "other")
    scoped = VectorStoreManager(Scoped(backend, Scope("acme")))
    await fill(manager, "a")
    await other.upsert_documents(["a"], [[1, 0]], ["theirs"])
    assert await scoped.get_count() == 0
    await other.reset()
    assert await manager.get_by_id("a") == {"text": TEXTS["a"][0], "metadata": TEXTS["a"][1]}
    with pytest.raises(InvalidInput, match="collection_name"):
        VectorStoreManager(Scoped(backend, Scope("acme")), "other")


async def test_a_reset_leaves_nothing(manager: VectorStoreManager, words: BM25IndexManager) -> None:
    await fill(manager)
    await manager.set_embedding_metadata("openai", "small", 3)
    assert len(await manager.leftovers()) == 4
    await manager.reset()
    assert await manager.leftovers() == []
    assert manager.is_initialized
    assert await manager.get_embedding_metadata() is None
    assert await told(words, "walrus otter") == set()
    assert await manager.similarity_search([1, 0, 0], similarity_threshold=-1.0) == []
    assert await manager.upsert_documents(["a"], [[1, 0]], ["walrus"]) == 1
    assert [f.chunk_id for f in await manager.similarity_search([1, 0])] == ["a"]


async def test_resetting_the_words_keeps_the_vectors(
    manager: VectorStoreManager, words: BM25IndexManager
) -> None:
    await fill(manager)
    await words.build_index([node("walrus", "alone")])
    await words.reset()
    assert not words.is_initialized
    assert await told(words, "walrus otter") == set()
    assert await manager.get_count() == 4
    assert len(await manager.similarity_search([1, 0, 0], 9, -1.0)) == 4


class Cache:
    """Something derived that a reset may forget."""

    def __init__(self, forgets: bool) -> None:
        self.forgets, self.entries = forgets, ["answer"]

    async def reset(self) -> None:
        self.entries = [] if self.forgets else self.entries

    async def leftovers(self) -> list[str]:
        return [f"{len(self.entries)} cached answers"] if self.entries else []


async def test_a_reset_empties_what_is_derived_and_looks_again(backend: Backend) -> None:
    stubborn, fine = Cache(False), Cache(True)
    storage = ChunkStorage(backend, derived=[stubborn, fine])
    assert isinstance(storage, StorageBackendProtocol)
    assert isinstance(stubborn, Derived)
    await fill(storage)
    assert [f.chunk_id for f in await storage.keyword_search("swims")] == ["a"]
    assert [f.chunk_id for f in await storage.vector_search([1, 0, 0], 1)] == ["a"]
    assert await storage.delete_by_metadata({"language": "rust"}) == 1
    with pytest.raises(StorageError, match="left 1 cached answers"):
        await storage.reset()
    assert (await storage.get_count(), fine.entries) == (0, [])
    assert await storage.get_chunk_by_id("a") is None
