"""Reindexing: words and vectors made anew, for every scope, interrupted or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic import Memory, Message, Scope, reindexing
from engrammic.backend import Backend
from engrammic.changes import Update
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import AnalyserMismatch, EmbeddingMismatch
from engrammic.registry import open_backend
from engrammic.reindexing import reindex, unfinished
from engrammic.stores.meta import MetaStore

ADA = Scope(user="ada")
SMALL = HashingEmbedder(32)


OTHER = HashingEmbedder()
OTHER.fingerprint = replace(OTHER.fingerprint, model="other")


async def filled(home: Path) -> None:
    async with engrammic.open(home, embedder=HashingEmbedder()) as memory:
        for number in range(5):
            await memory.messages.add(Message("c", "user", f"turn {number} about kiosks"))
        await memory.remember("a preference about lighthouses", "preference")
        await memory.scoped(user="ada").remember("the user Ada keeps bees")


async def open_home(home: Path, **more: Any) -> Memory:
    return await engrammic.open(home, **{"embedder": HashingEmbedder(), **more})


async def test_words_are_made_anew_in_every_scope(tmp_path: Path) -> None:
    await filled(tmp_path)
    async with await open_home(tmp_path) as memory:
        for scope in (memory, memory.scoped(user="ada")):
            for note in await scope.notes.list():
                wrong = {"note_id": note.note_id, "terms": "wrong"}
                await scope._scoped.apply([Update("notes", [wrong])])
        await MetaStore(memory.backend).write("analyser", "older")
        assert not await memory.search("lighthouses", mode="keyword")
    with pytest.raises(AnalyserMismatch, match="reindex"):
        await open_home(tmp_path)
    backend = await open_backend(str(tmp_path))
    done = await reindex(backend)
    await backend.close()
    assert (done.indexed, done.embedded) == (7, 0)
    async with await open_home(tmp_path) as memory:
        assert len(await memory.search("lighthouses", mode="keyword")) == 1
        assert len(await memory.scoped(user="ada").search("bees", mode="keyword")) == 1
        assert await memory.backend.diagnose() == []


async def test_neighbours_are_indexed_as_when_they_were_added(tmp_path: Path) -> None:
    await filled(tmp_path)
    async with await open_home(tmp_path) as memory:
        before = await memory.search("turn 2", mode="keyword", limit=5)
        await reindex(memory.backend)
        after = await memory.search("turn 2", mode="keyword", limit=5)
    assert [(h.id, round(h.score, 9)) for h in before] == [(h.id, round(h.score, 9)) for h in after]


@pytest.mark.parametrize("model", [OTHER, SMALL], ids=["same dimension", "another"])
async def test_another_model_takes_over(tmp_path: Path, model: HashingEmbedder) -> None:
    await filled(tmp_path)
    with pytest.raises(EmbeddingMismatch, match="reindex --embeddings"):
        await open_home(tmp_path, embedder=model)
    steps: list[str] = []
    backend = await open_backend(str(tmp_path))
    done = await reindex(backend, model, lambda done, total, what: steps.append(what))
    await backend.close()
    assert (done.indexed, done.embedded) == (7, 7)
    assert set(steps) == {"words", "vectors"}
    async with await open_home(tmp_path, embedder=model) as memory:
        assert (await memory.stats())["pending"] == 0
        assert (await memory.search("lighthouses", mode="vector"))[0].kind == "note"
        assert (await memory.search("kiosks", mode="keyword", limit=9))[0].kind == "message"
        assert len(await memory.scoped(user="ada").search("bees", mode="vector")) == 1
        assert await memory.backend.diagnose() == []


class Stop(Exception):
    """Raised in the middle of a write."""


@pytest.mark.parametrize("writes", range(12))
async def test_an_interrupted_change_of_model_is_noticed_and_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    await filled(tmp_path)
    monkeypatch.setattr(reindexing, "BATCH", 2)
    backend = await open_backend(str(tmp_path))
    apply, left = type(backend).apply, iter(range(writes))

    async def stopping(self: Backend, changes: Any) -> int:
        if next(left, None) is None:
            raise Stop
        return await apply(self, changes)

    with monkeypatch.context() as patch:
        patch.setattr(type(backend), "apply", stopping)
        with pytest.raises(Stop):
            await reindex(backend, SMALL)
    await backend.close()
    backend = await open_backend(str(tmp_path))
    if await unfinished(backend):
        with pytest.raises(EmbeddingMismatch, match="--embeddings"):
            await reindex(backend)
        with pytest.raises((AnalyserMismatch, EmbeddingMismatch)):
            await open_home(tmp_path)
    done = await reindex(backend, SMALL)
    assert (done.indexed, done.embedded) == (7, 7)
    await backend.close()
    async with await open_home(tmp_path, embedder=SMALL) as memory:
        stats = await memory.stats()
        assert (stats["messages"], stats["notes"], stats["pending"]) == (5, 1, 0)
        assert {s.name for s in await memory.backend.tables()} >= {"messages", "notes"}
        assert not any("moved" in s.name for s in await memory.backend.tables())
        assert len(await memory.search("kiosks", mode="keyword")) == 5
