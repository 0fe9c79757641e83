"""VectorDatabase: stored once, found by meaning and words, filtered first, deleted truly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from tests.conftest import NOON, HandClock

from engines import Engines
from engrammic.backend import Backend
from engrammic.errors import EmbeddingMismatch, InvalidInput
from engrammic.registry import open_backend
from engrammic.scope import Scope, Scoped
from engrammic.stores.code_chunks import ChunkMetadata, DatabaseStats
from engrammic.stores.vector_database import VectorDatabase

SCHEMES = ("memory", "sqlite", "files", "qdrant")

ROOT = "/home/ann/shop"


@pytest.fixture(params=SCHEMES)
async def backend(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Backend]:
    opened = await open_backend(engines.new(request.param))
    yield opened
    await opened.close()


@pytest.fixture
async def db(backend: Backend, clock: HandClock) -> VectorDatabase:
    made = VectorDatabase(backend, clock=clock)
    await made.initialize(4)
    return made


def chunk(path: str = "src/a.py", start: int = 1, **fields: Any) -> ChunkMetadata:
    return ChunkMetadata(path, start, start + 9, **fields)


def axis(number: int, lean: float = 0.0) -> list[float]:
    """A unit vector's direction; `lean` turns it towards the last one."""
    vector = [0.0] * 4
    vector[number] = 1.0
    vector[3] += lean
    return vector


def files(results: list[Any]) -> list[str]:
    return [r.file_path for r in results]


async def store(db: VectorDatabase, *chunks: tuple[str, list[float], str], root: str = ROOT) -> int:
    paths, vectors, contents = zip(*chunks, strict=True)
    return await db.store_embeddings(vectors, [chunk(p) for p in paths], contents, root)


async def test_what_is_stored_is_found_as_it_was(db: VectorDatabase) -> None:
    told = chunk("src/pay.rs", 7, project="shop", language="Rust", file_hash="ab12")
    assert await db.store_embeddings([axis(0)], [told], ["fn pay()"], ROOT) == 1

    [found] = await db.search(axis(0), hybrid=False)

    assert (found.file_path, found.root_path, found.project) == ("src/pay.rs", ROOT, "shop")
    assert (found.start_line, found.end_line, found.language) == (7, 16, "Rust")
    assert (found.content, found.indexed_at) == ("fn pay()", NOON)
    assert found.score == pytest.approx(1.0)
    assert found.keyword_score is None


async def test_the_score_of_a_search_by_meaning_is_the_cosine(db: VectorDatabase) -> None:
    await store(
        db, ("near", [1, 1, 0, 0], ""), ("square", axis(2), ""), ("back", [-1, 0, 0, 0], "")
    )
    found = await db.search([2, 0, 0, 0], hybrid=False)
    assert [r.score for r in found] == pytest.approx([0.5**0.5, 0.0, 0.0], abs=1e-4)
    assert [r.vector_score for r in found] == pytest.approx([0.5**0.5, 0.0, -1.0], abs=1e-4)


async def test_min_score_cuts_the_score_that_a_result_has(db: VectorDatabase) -> None:
    rows = [(f"f{n}", [1.0, n / 3, 0, 0], "walrus" if n % 2 else "otter") for n in range(9)]
    await store(db, *rows)
    for hybrid in (True, False):
        everything = await db.search(axis(0), "walrus", hybrid=hybrid)
        assert len(everything) == 9
        assert all(0 <= r.score <= 1 for r in everything)
        least = everything[4].score
        cut = await db.search(axis(0), "walrus", min_score=least, hybrid=hybrid)
        assert cut == [r for r in everything if r.score >= least]


async def test_a_hybrid_search_joins_both_halves_of_one_chunk(db: VectorDatabase) -> None:
    await store(db, *[(f"f{n}", [0.2, 1, n, 0], f"filler {n}") for n in range(20)])
    await store(db, ("both", axis(0), "the quick walrus"), ("words", axis(3), "a walrus sang"))

    found = await db.search(axis(0), "walrus", 3)

    assert files(found)[:2] == ["both", "words"]
    assert found[0].vector_score == pytest.approx(1.0)
    assert found[0].keyword_score
    assert found[1].vector_score == pytest.approx(0.0, abs=1e-4)
    assert found[1].keyword_score
    assert found[2].keyword_score is None


@pytest.mark.parametrize("fusion", ["evidence", "rrf", "convex"])
async def test_a_chunk_found_by_words_alone_is_found(db: VectorDatabase, fusion: str) -> None:
    await store(db, *[(f"f{n}", [0.2, 1, n / 500, 0], "filler") for n in range(150)])
    await store(db, ("far", axis(3), "kumquat"))
    found = await db.search(axis(0), "kumquat", 5, fusion=fusion)
    assert "far" in files(found)
    assert all(0 <= r.score <= 1 for r in found)


async def test_without_words_a_hybrid_search_is_one_by_meaning(db: VectorDatabase) -> None:
    await store(db, ("a", axis(0), "x"), ("b", [1, 1, 0, 0], "y"))
    assert await db.search(axis(0), " ") == await db.search(axis(0), hybrid=False)


async def test_batches_roots_and_lines_never_collide(db: VectorDatabase) -> None:
    for root in ("/one", "/two"):
        for start in (1, 11):
            made = chunk("src/main.rs", start)
            await db.store_embeddings([axis(0)], [made], [f"{root} {start}"], root)
    found = await db.search(axis(0), hybrid=False)
    assert {r.content for r in found} == {"/one 1", "/one 11", "/two 1", "/two 11"}
    assert await db.count_by_root_path("/one") == await db.count_by_root_path("/two/") == 2
    assert {r.root_path for r in await db.search(axis(0), root_path="/two")} == {"/two"}


async def test_the_same_place_again_replaces(db: VectorDatabase) -> None:
    await store(db, ("a.py", axis(0), "old walrus"))
    await store(db, ("a.py", axis(1), "new otter"))
    assert [r.content for r in await db.search(axis(1), "walrus")] == ["new otter"]
    assert (await db.search(axis(1), "walrus"))[0].keyword_score is None


async def test_chunks_of_one_long_line_all_stay(db: VectorDatabase) -> None:
    line = ChunkMetadata("min.js", 1, 1)
    for _ in range(2):
        await db.store_embeddings([axis(0), axis(1)], [line, line], ["head", "tail"], ROOT)
    assert [r.content for r in await db.search(axis(1), hybrid=False)] == ["tail", "head"]


async def test_filters_come_before_the_page_is_cut(db: VectorDatabase) -> None:
    await store(db, *[(f"docs/n{n}.md", axis(0, n / 1000), "walrus") for n in range(120)])
    await store(db, *[(f"src/deep/n{n}.py", [0, 1, n / 9, 0], "walrus") for n in range(5)])
    for hybrid in (True, False):
        for chosen in (
            {"file_extensions": [".py"]},
            {"path_patterns": ["src/**/*.py"], "file_extensions": ["py", "rs"]},
        ):
            found = await db.search_filtered(axis(0), "walrus", 5, hybrid=hybrid, **chosen)
            assert {f.split("/")[0] for f in files(found)} == {"src"}
            assert len(found) == 5


async def test_languages_projects_and_extensions_narrow(db: VectorDatabase) -> None:
    told = [
        chunk("a", language="Rust", project="p'1", extension="rs"),
        chunk("b.py", language="Python", project="p'1"),
        chunk("c.py", project="p2"),
    ]
    await db.store_embeddings([axis(0), axis(0, 1), axis(1)], told, ["", "", ""], ROOT)

    async def found(**chosen: Any) -> list[str]:
        return files(await db.search_filtered(axis(0), **chosen))

    assert await found(languages=["Rust", "Python"]) == ["a", "b.py"]
    assert await found(languages=["Unknown"]) == ["c.py"]
    assert await found(file_extensions=["py"]) == ["b.py", "c.py"]
    assert await found(project="p'1", file_extensions=["py"]) == ["b.py"]
    assert await found(project="' or 1=1 --") == []
    assert await found(languages=[], file_extensions=[], path_patterns=[]) == ["a", "b.py", "c.py"]


async def test_embeddings_come_with_their_results(db: VectorDatabase) -> None:
    await store(db, ("a", [3, 4, 0, 0], "walrus"), ("b", axis(1), ""), ("c", axis(2), ""))
    results, vectors = await db.search_with_embeddings(axis(1), "walrus", 2)
    assert len(results) == len(vectors) == 2
    stored = {"a": [0.6, 0.8, 0, 0], "b": axis(1), "c": axis(2)}
    for result, vector in zip(results, vectors, strict=True):
        assert vector == pytest.approx(np.array(stored[result.file_path]), abs=1e-6)


async def test_delete_by_file_says_how_many(db: VectorDatabase) -> None:
    told = [chunk("a.py", n) for n in (1, 11, 21)]
    await db.store_embeddings([axis(0)] * 3, told, ["walrus"] * 3, "/one")
    await store(db, ("a.py", axis(0), "walrus"), ("b.py", axis(0), "walrus"), root="/two")

    assert await db.delete_by_file("nowhere") == 0
    assert await db.delete_by_file("a.py", "/one") == 3
    assert await db.delete_by_file("a.py") == 1
    assert files(await db.search(axis(0), "walrus")) == ["b.py"]
    await store(db, ("c.py", axis(0), "walrus"), root="/two")
    assert set(files(await db.search(axis(0), "walrus"))) == {"b.py", "c.py"}


async def test_clear_leaves_a_usable_store(db: VectorDatabase) -> None:
    await store(db, ("a", axis(0), "walrus"), ("b", axis(1), "walrus"))
    assert await db.clear() == 2
    assert await db.search(axis(0), "walrus") == []
    assert await db.get_statistics() == DatabaseStats(0, 0, ())
    await store(db, ("c", axis(0), "walrus"))
    assert files(await db.search(axis(0), "walrus")) == ["c"]


async def test_statistics_and_files_are_counted(db: VectorDatabase) -> None:
    told = [chunk("b.rs", n, language="Rust") for n in (1, 11)] + [chunk("a.txt")]
    await db.store_embeddings([axis(0)] * 3, told, ["x"] * 3, ROOT)
    await db.flush()
    assert await db.get_statistics() == DatabaseStats(3, 3, (("Rust", 2), ("Unknown", 1)))
    assert await db.get_indexed_files(ROOT) == ["a.txt", "b.rs"]


async def test_another_handle_needs_no_dimension(db: VectorDatabase, backend: Backend) -> None:
    await store(db, ("a", axis(0), ""))
    assert files(await VectorDatabase(backend).search(axis(0))) == ["a"]


async def test_scopes_are_apart_in_dimension_too(db: VectorDatabase, backend: Backend) -> None:
    other = VectorDatabase(Scoped(backend, Scope("other")))
    with pytest.raises(InvalidInput, match="initialize"):
        await other.search(axis(0))
    await other.initialize(2)
    await store(db, ("mine", axis(0), "walrus"))
    await store(other, ("theirs", [1, 0], "walrus"))
    assert files(await other.search([1, 0], "walrus")) == ["theirs"]
    assert await other.clear() == 1
    assert files(await db.search(axis(0), "walrus")) == ["mine"]


async def test_a_dimension_holds_until_the_store_is_empty(
    db: VectorDatabase, backend: Backend
) -> None:
    await store(db, ("a", axis(0), ""))
    with pytest.raises(EmbeddingMismatch, match="4 dimensions, not 3"):
        await db.initialize(3)
    late = VectorDatabase(backend)
    await late.initialize(4)
    await db.clear()
    await db.initialize(3)
    await store(db, ("b", [1, 0, 0], ""))
    with pytest.raises(EmbeddingMismatch, match="3 dimensions, not 4"):
        await store(late, ("c", axis(0), ""))
    assert files(await db.search([1, 0, 0])) == ["b"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("metadata", {"metadata": [chunk()]}),
        ("contents", {"contents": ["a", "b", "c"]}),
        ("embeddings[1]", {"embeddings": [axis(0), [1, 0, 0]]}),
        ("embeddings[1]", {"embeddings": [axis(0), [0, 0, 0, 0]]}),
        ("embeddings[0]", {"embeddings": [[float("nan")] * 4, axis(0)]}),
        ("metadata[1]", {"metadata": [chunk(), {"file_path": "x"}]}),
        ("metadata[1].file_path", {"metadata": [chunk(), chunk("")]}),
        ("metadata[1].indexed_at", {"metadata": [chunk(), chunk(indexed_at=1_760_000_000)]}),
        ("metadata[1].root_path", {"metadata": [chunk(), chunk(root_path="/other")]}),
        ("metadata[0].end_line", {"metadata": [ChunkMetadata("a", 5, 4), chunk()]}),
        ("contents[1]", {"contents": ["a", None]}),
        ("contents[0]", {"contents": ["nul \0", "b"]}),
        ("root_path", {"root_path": ""}),
    ],
)
async def test_what_cannot_be_stored_is_named(
    db: VectorDatabase, name: str, change: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"metadata": [chunk("a"), chunk("b")], "contents": ["a", "b"]}
    given |= {"embeddings": [axis(0), axis(1)], "root_path": ROOT}
    with pytest.raises(InvalidInput) as caught:
        await db.store_embeddings(**{**given, **change})
    assert caught.value.field == name
    assert await db.count_by_root_path(ROOT) == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("query_vector", {"query_vector": [1, 0, 0]}),
        ("limit", {"limit": 0}),
        ("min_score", {"min_score": 1.5, "hybrid": False}),
        ("min_score", {"min_score": -0.1, "query_text": "x"}),
        ("query_text", {"query_text": None}),
        ("project", {"project": 5}),
        ("languages", {"languages": "Rust"}),
        ("path_patterns", {"path_patterns": [None]}),
        ("fusion", {"fusion": "sum", "query_text": "x"}),
    ],
)
async def test_what_cannot_be_asked_is_named(
    db: VectorDatabase, name: str, change: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await db.search_filtered(**{"query_vector": axis(0), **change})
    assert caught.value.field == name
