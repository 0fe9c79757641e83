"""The same code on every database: what a user does, by nothing but another URL."""

from __future__ import annotations

import numpy as np
import pytest

import engrammic
from engines import SCHEMES, Engines
from engrammic import ChunkMetadata, Message, VectorDatabase
from engrammic.embed.hashing import HashingEmbedder
from engrammic.registry import open_backend
from engrammic.scope import Scope
from given_up import given_up_and_closed

NOON = 1_760_000_000_000
TURNS = (
    ("user", "Which algorithm signs our tokens?"),
    ("assistant", "The auth module uses JWT tokens with RS256 signing"),
    ("user", "And how long do they live?"),
    ("assistant", "Access tokens live 15 minutes, refresh tokens 30 days"),
)


def turns() -> list[Message]:
    return [
        Message("conv-1", role, text, f"m{n}", metadata={"number": n})
        for n, (role, text) in enumerate(TURNS)
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_is_remembered_is_found_filtered_and_deleted(
    engines: Engines, scheme: str
) -> None:
    async with engrammic.open(engines.new(scheme), embedder=HashingEmbedder()) as memory:
        await memory.messages.add_batch(turns())
        await memory.remember("Prefers short answers", "preference")
        for mode in ("keyword", "vector", "hybrid"):
            hits = await memory.search("RS256 signing of tokens", mode=mode, limit=3)
            assert hits[0].id == "m1", mode
        spoken = await memory.search("tokens", limit=9, role="assistant")
        assert {hit.id for hit in spoken} == {"m1", "m3"}
        said = await memory.messages.get_by_conversation("conv-1")
        assert [m.content for m in said] == [text for _, text in TURNS]
        assert [m.metadata["number"] for m in said] == [0, 1, 2, 3]
        assert (await memory.recall("how to answer?"))[0].content == "Prefers short answers"
        assert await memory.messages.delete("m1")
        left = await memory.search("RS256", mode="keyword", limit=9)
        assert "m1" not in {hit.id for hit in left}
        assert (await memory.health())["status"] == "ok"


@pytest.mark.parametrize("scheme", [s for s in SCHEMES if s not in ("pinecone", "nornicdb")])
async def test_calls_that_were_given_up_leave_nothing_open(engines: Engines, scheme: str) -> None:
    for moment in range(6):
        await given_up_and_closed(await open_backend(engines.new(scheme)), 0.004 * moment)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_scopes_are_apart(engines: Engines, scheme: str) -> None:
    backend = await open_backend(engines.new(scheme))
    mine = engrammic.Memory(backend, HashingEmbedder(), scope=Scope("a"))
    theirs = engrammic.Memory(backend, HashingEmbedder(), scope=Scope("b"))
    for memory in (mine, theirs):
        await memory.ready()
    await mine.messages.add_batch(turns())
    await theirs.messages.add(Message("conv-1", "user", "RS256 is theirs", "m1"))
    assert [hit.text for hit in await theirs.search("RS256 tokens", limit=9)] == ["RS256 is theirs"]
    assert (await mine.messages.get("m1")) != (await theirs.messages.get("m1"))
    await theirs.messages.delete_by_conversation("conv-1")
    assert len(await mine.messages.get_by_conversation("conv-1")) == len(TURNS)
    await backend.close()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_chunks_of_files_are_found_and_counted(engines: Engines, scheme: str) -> None:
    backend = await open_backend(engines.new(scheme))
    database = VectorDatabase(backend)
    await database.initialize(4)
    vectors = np.eye(4, dtype=np.float32)
    metadata = [
        ChunkMetadata(file_path=f"src/{name}", root_path="/r", start_line=1, end_line=9,
                      file_hash=name, indexed_at=NOON, language=language, extension=end)
        for name, language, end in (("a.py", "Python", "py"), ("b.py", "Python", "py"),
                                    ("c.rs", "Rust", "rs"), ("d.md", "Markdown", "md"))
    ]  # fmt: skip
    contents = ["def sign(token)", "def verify(token)", "fn lock()", "# Tokens"]
    assert await database.store_embeddings(vectors, metadata, contents, "/r") == 4
    assert await database.store_embeddings(vectors, metadata, contents, "/r") == 4
    assert await database.count_by_root_path("/r") == 4
    found = await database.search_filtered(
        vectors[2], "lock", 9, 0.0, path_patterns=["src/*.py"], hybrid=False
    )
    assert {hit.file_path for hit in found} == {"src/a.py", "src/b.py"}
    assert await database.delete_by_file("src/a.py") == 1
    assert sorted(await database.get_indexed_files("/r")) == ["src/b.py", "src/c.rs", "src/d.md"]
    await database.clear()
    assert await database.store_embeddings(vectors[:1], metadata[:1], contents[:1], "/r") == 1
    await backend.close()
