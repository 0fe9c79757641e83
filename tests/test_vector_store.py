"""VectorStore, the plainest of all: ids, vectors, texts, metadata; and what several writers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engines import SCHEMES, Engines
from engrammic.backend import Backend
from engrammic.changes import Update
from engrammic.errors import AnalyserMismatch, Conflict, EmbeddingMismatch, InvalidInput
from engrammic.filters import EVERYTHING, eq
from engrammic.registry import open_backend
from engrammic.reindexing import reindex
from engrammic.scope import Scope, Scoped
from engrammic.stores.code_chunks import ChunkMetadata
from engrammic.stores.meta import MetaStore
from engrammic.stores.vector_database import VectorDatabase
from engrammic.stores.vector_store import VectorHit, VectorStore


@pytest.fixture(params=SCHEMES)
async def backend(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Backend]:
    opened = await open_backend(engines.new(request.param))
    yield opened
    await opened.close()


@pytest.fixture
async def store(backend: Backend) -> VectorStore:
    made = VectorStore(backend)
    await made.initialize(2)
    return made


async def test_the_verbs_of_the_trait(store: VectorStore) -> None:
    stored = await store.upsert(
        ["a", "b"], [[1, 0], [1, 1]], ["walrus", "otter"], [{"deep": {"n": 1}}, None]
    )
    assert stored == await store.count() == 2
    [near, far] = await store.search([1, 0], limit=5, min_score=0.0)
    assert near == VectorHit("a", pytest.approx(1.0), "walrus", {"deep": {"n": 1}})
    assert (far.id, far.score) == ("b", pytest.approx(0.5**0.5))
    assert [h.id for h in await store.search([1, 0], min_score=0.9)] == ["a"]
    assert [h.id for h in await store.search([1, 0], where=eq("metadata.deep.n", 1))] == ["a"]
    assert [h.id for h in await store.keyword_search("otters")] == ["b"]
    assert await store.delete(["a", "a", "c"]) == 1
    assert await store.clear() == 1
    assert await store.count() == 0
    assert await store.upsert([], [], []) == 0


async def test_the_first_vectors_say_how_long_they_are(backend: Backend) -> None:
    store = VectorStore(backend)
    assert await store.search([1, 0, 0]) == []
    await store.upsert(["a"], None, ["words alone"])
    with pytest.raises(InvalidInput, match=r"embeddings\[1\]"):
        await store.upsert(["b", "c"], [[1, 0, 0], [1, 0]], ["", ""])
    await store.upsert(["b"], [[1, 0, 0]], ["both"])
    assert [h.id for h in await store.search([1, 0, 0])] == ["b"]
    with pytest.raises(InvalidInput, match="3 dimensions"):
        await store.search([1, 0])


async def test_of_two_that_add_one_id_one_succeeds(backend: Backend) -> None:
    stores = [VectorStore(backend) for _ in range(6)]
    writes = [s.upsert(["a"], [[n + 1, 1]], [str(n)], new=True) for n, s in enumerate(stores)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert sorted(str(type(o).__name__) for o in outcomes) == ["Conflict"] * 5 + ["int"]
    won = next(str(n) for n, outcome in enumerate(outcomes) if outcome == 1)
    found = await stores[0].get("a")
    assert found is not None
    assert found.content == won
    assert not [o for o in outcomes if not isinstance(o, Conflict | int)]


async def test_of_two_that_choose_a_dimension_one_succeeds(backend: Backend) -> None:
    start = asyncio.Barrier(4)

    class Together(VectorStore):
        """Chooses when all have seen that nobody has chosen yet."""

        ran = False

        async def ready(self) -> None:
            await super().ready()
            if not self.ran:
                self.ran = True
                await start.wait()

    stores = [Together(backend) for _ in range(4)]
    writes = [s.upsert([str(n)], [[1] * (n + 1)], ["x"]) for n, s in enumerate(stores)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [o for o in outcomes if isinstance(o, int)] == [1]
    assert [type(o) for o in outcomes].count(EmbeddingMismatch) == 3
    assert await stores[0].count() == 1


async def test_a_handle_notices_that_another_emptied_the_store(
    store: VectorStore, backend: Backend
) -> None:
    await store.upsert(["a"], [[1, 0]], ["walrus"])
    other = VectorStore(backend)
    await other.forget()
    assert await store.search([1, 0]) == []
    await store.upsert(["a"], [[1, 0]], ["walrus"])
    await other.forget()
    await other.upsert(["a"], [[1, 0, 0]], ["walrus"])
    with pytest.raises(EmbeddingMismatch, match="3 dimensions"):
        await store.search([1, 0])
    with pytest.raises(EmbeddingMismatch, match="3 dimensions"):
        await store.upsert(["b"], [[1, 0]], ["walrus"])
    await store.clear()
    await store.initialize(2)
    assert await store.upsert(["b"], [[1, 0]], ["walrus"]) == 1


async def test_notes_stay_until_the_collection_is_forgotten(store: VectorStore) -> None:
    await store.note(model="a", owner={"team": 1})
    await store.note(model="b")
    await store.delete_where(EVERYTHING)
    await store.initialize(3)
    assert await store.noted() == {"model": "b", "owner": {"team": 1}}
    await store.forget()
    assert await store.noted() == {}


async def test_many_are_written_in_batches(store: VectorStore) -> None:
    ids = [f"{n:05d}" for n in range(1_200)]
    assert await store.upsert(ids, [[1, n] for n in range(1_200)], ["walrus"] * 1_200) == 1_200
    assert await store.count() == 1_200
    assert [h.id for h in await store.search([1, 0], 2)] == ["00000", "00001"]
    assert await store.forget_words() == 1_200
    assert await store.keyword_search("walrus") == []
    assert await store.count() == 1_200


async def test_words_of_another_analyser_are_refused_and_made_anew(
    store: VectorStore, backend: Backend
) -> None:
    await store.upsert(["a"], [[1, 0]], ["walrus"])
    await store.backend.apply([Update(store.table, [{"id": "a", "terms": "odd"}])])
    code = VectorDatabase(Scoped(backend, Scope("other")))
    await code.initialize(2)
    await code.store_embeddings([[1, 0]], [ChunkMetadata("a", 1, 2)], ["walrus"], "/r")
    await MetaStore(backend).write("analyser", "another")
    for late in (VectorStore(backend), VectorDatabase(backend)):
        with pytest.raises(AnalyserMismatch, match="reindex"):
            await late.ready()

    assert (await reindex(backend)).indexed == 2

    [hit] = await VectorStore(backend).keyword_search("walrus")
    assert hit.id == "a"
    assert len(await store.search([1, 0])) == 1
    assert (await code.search([1, 0], "walrus"))[0].keyword_score is not None
