"""Bulk writes: batches in a pipeline, and column by column into SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engrammic
from engrammic import Memory, Message
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.occupied import Occupied
from engrammic.changes import Put, Update
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import Closed, Protected
from engrammic.filters import eq
from engrammic.stores.items import BATCH
from engrammic.stores.messages import MessageStore
from engrammic.testing.things import THINGS
from engrammic.types import Record

PLACED = THINGS.partitioned("scope")


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    async with engrammic.open(tmp_path / "home", embedder=HashingEmbedder()) as opened:
        yield opened


def turns(count: int, conversation: str = "c") -> list[Message]:
    return [
        Message(conversation, "user", f"turn {n} of {conversation}", f"{conversation}-{n}")
        for n in range(count)
    ]


def vectors(count: int) -> Any:
    drawn = np.random.default_rng(1).normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


async def stored(memory: Memory) -> int:
    return int((await memory.stats())["messages"])


async def test_a_batch_is_being_written_while_the_next_ones_words_are_made(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    entries, store = MessageStore.entries, MessageStore._store

    async def made(self: MessageStore, *given: Any) -> Any:
        events.append("words")
        return await entries(self, *given)

    async def written(self: MessageStore, *given: Any) -> None:
        events.append("write")
        await store(self, *given)

    monkeypatch.setattr(MessageStore, "entries", made)
    monkeypatch.setattr(MessageStore, "_store", written)
    count = 3 * BATCH
    items = await memory.messages.add_batch(turns(count), vectors=vectors(count))

    assert events == ["words", "write"] * 3
    assert [item.message_id for item in items] == [f"c-{n}" for n in range(count)]
    assert items == await memory.messages.get_by_conversation("c")


async def test_words_are_made_when_the_writer_leaves_the_interpreter_alone(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    entries, begin, end = MessageStore.entries, Occupied.begin, Occupied.end

    async def made(self: MessageStore, *given: Any) -> Any:
        events.append("words")
        return await entries(self, *given)

    def engaged(self: Occupied) -> None:
        events.append("begun")
        begin(self)

    def released(self: Occupied) -> None:
        events.append("free")
        end(self)

    monkeypatch.setattr(MessageStore, "entries", made)
    monkeypatch.setattr(Occupied, "begin", engaged)
    monkeypatch.setattr(Occupied, "end", released)
    await memory.messages.add_batch(turns(4 * BATCH), vectors=vectors(4 * BATCH))
    places = [place for place, event in enumerate(events) if event == "words"]
    assert len(places) == 4
    for number, place in enumerate(places[1:], 1):
        assert events[:place].count("begun") == number
        assert events[place - 1] == "free"


async def test_a_batch_on_a_closed_handle_ends(memory: Memory) -> None:
    await memory.messages.add_batch(turns(BATCH + 1), vectors=vectors(BATCH + 1))
    await memory.close()
    with pytest.raises(Closed):
        async with asyncio.timeout(20):
            await memory.messages.add_batch(turns(3 * BATCH, "d"), vectors=vectors(3 * BATCH))


async def test_what_was_rejected_stands_in_the_log_alone(memory: Memory) -> None:
    text = "turn 300 of c"
    note = await memory.remember(text)
    assert note.id is not None
    await memory.reject(note.id)
    await memory.messages.add_batch(turns(2 * BATCH), vectors=vectors(2 * BATCH))
    found = await memory.search(text, limit=400, mode="keyword")
    assert text not in [hit.text for hit in found]
    assert "turn 299 of c" in [hit.text for hit in found]
    kept = await memory.messages.get("c-300")
    assert kept is not None
    assert kept.content == text
    assert not await memory.backend.diagnose()


async def test_who_waits_for_the_interpreter_is_told() -> None:
    occupied = Occupied()
    await occupied.over()
    occupied.begin()
    waiting = [asyncio.create_task(occupied.over()) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiting[1].cancel()
    assert not any(task.done() for task in waiting[::2])
    await asyncio.to_thread(occupied.end)
    async with asyncio.timeout(20):
        await asyncio.gather(*waiting[::2], occupied.over())


async def test_batches_before_one_that_fails_stay(memory: Memory) -> None:
    count = 4 * BATCH
    given = turns(count)
    await memory.messages.add(given[2 * BATCH + 5])
    row = {"kind": "message", "message_id": f"c-{2 * BATCH + 5}", "authority": "canonical"}
    await memory.messages.backend.apply([Update("tier_metadata", [row])])

    with pytest.raises(Protected):
        await memory.messages.add_batch(given, vectors=vectors(count))

    assert await stored(memory) == 2 * BATCH + 1
    await asyncio.sleep(0.1)
    assert await stored(memory) == 2 * BATCH + 1
    found = await memory.messages.search(f"turn {2 * BATCH - 1}", mode="keyword")
    assert found[0].item.message_id == f"c-{2 * BATCH - 1}"


@pytest.mark.parametrize("moment", [0.0, 0.005, 0.02, 0.05])
async def test_a_cancelled_batch_leaves_whole_batches(memory: Memory, moment: float) -> None:
    count = 20 * BATCH
    task = asyncio.create_task(memory.messages.add_batch(turns(count), vectors=vectors(count)))
    await asyncio.sleep(moment)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await memory.messages.add(Message("other", "user", "behind all that was queued"))
    left = await stored(memory) - 1
    assert left % BATCH == 0
    assert left < count
    await asyncio.sleep(0.1)
    assert await stored(memory) == left + 1
    assert not await memory.backend.diagnose()


async def test_two_batches_at_once(memory: Memory) -> None:
    count = 3 * BATCH + 7
    both = await asyncio.gather(
        *(memory.messages.add_batch(turns(count, c), vectors=vectors(count)) for c in "ab")
    )
    for items, conversation in zip(both, "ab", strict=True):
        assert await memory.messages.get_by_conversation(conversation) == items
    assert await stored(memory) == 2 * count
    assert not await memory.backend.diagnose()


def thing(number: int, **values: Any) -> Record:
    at = np.zeros(4, np.float32)
    at[number % 4] = 1
    record = {f.name: None for f in PLACED.fields}
    return record | {
        "scope": "s", "id": f"id-{number}", "at": number, "name": "n", "data": {"n": number},
        "title": f"term{number} shared", "words": "some Words", "vector": at,
    } | values  # fmt: skip


LISTS = {
    "all new": [thing(n) for n in range(40)],
    "some there": [thing(n) for n in range(50)],
    "two scopes": [thing(n, scope="ab"[n % 2]) for n in range(60, 100)],
    "no terms, no vectors": [
        thing(n, title=None, words=None if n % 2 else "x", vector=None) for n in range(100, 140)
    ],
    "one given twice": [thing(n // 2, words=f"again{n}") for n in range(40)],
    "long": [thing(n, words="word " * 1500) for n in range(200, 220)],
}


async def test_column_by_column_is_as_one_by_one(tmp_path: Path) -> None:
    sqlite = await SqliteBackend.connect(str(tmp_path / "a.db"))
    plain = await MemoryBackend.connect()
    try:
        for backend in (sqlite, plain):
            await backend.ensure_table(PLACED)
        for name, records in LISTS.items():
            for backend in (sqlite, plain):
                assert await backend.apply([Put("things", records)]) == len(records), name
            await _are_alike(sqlite, plain)
        assert not await sqlite.diagnose()
    finally:
        await sqlite.close()
        await plain.close()


async def _are_alike(one: SqliteBackend, other: MemoryBackend) -> None:
    assert await one.query("things") == await other.query("things")
    for scope in "sab":
        where = eq("scope", scope)
        for term in ("shared", "term7", "Words", "words", "again39", "word", "x"):
            found = [
                await b.text_search("things", [term], limit=200, where=where) for b in (one, other)
            ]
            scores = [{h.record["id"]: round(h.score, 6) for h in hits} for hits in found]
            assert scores[0] == scores[1], (scope, term)
        asked = np.array([0, 1, 0, 0], np.float32)
        near = [
            await b.vector_search("things", "vector", asked, limit=200, where=where)
            for b in (one, other)
        ]
        assert {h.record["id"] for h in near[0]} == {h.record["id"] for h in near[1]}
