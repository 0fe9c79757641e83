"""Writers that meet: what one erased stays erased, what one wrote stays written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

import engrammic
from engrammic import Memory, Message
from engrammic.embed.base import Vectors
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, NotFound
from engrammic.filters import EVERYTHING
from engrammic.stores.indexing import BATCH


async def test_updates_at_once_all_count(memory: Memory) -> None:
    await memory.remember("original", id="n")

    await asyncio.gather(memory.update("n", content="new"), memory.update("n", metadata={"k": 1}))

    found = await memory.notes.get("n")
    assert found is not None
    assert (found.content, found.metadata) == ("new", {"k": 1})


async def test_an_update_brings_nothing_deleted_back(memory: Memory) -> None:
    for number in range(20):
        name = f"n{number}"
        await memory.remember("original", id=name)
        await asyncio.gather(
            memory.update(name, content="zombie"), memory.delete(name), return_exceptions=True
        )
        await memory.delete(name)

    assert (await memory.stats())["notes"] == 0
    with pytest.raises(NotFound):
        await memory.update("n1", content="zombie")


async def test_vectors_are_filled_in_only_for_the_text_they_are_of(memory: Memory) -> None:
    without = Memory(memory.backend, None, scope=memory.scope, clock=memory.clock)
    await without.messages.add(Message("c", "user", "tomatoes", "q"))
    await without.messages.add(Message("c", "user", "gone", "r"))
    seen = await memory.messages.pending(10)
    await without.messages.add(Message("c", "user", "submarine", "q"))
    await without.messages.delete("r")

    await memory.messages.fill_in(seen)

    assert await memory.messages.count_pending() == 1
    assert not list(await memory.search("tomatoes", mode="vector"))


async def test_a_message_and_a_note_of_one_id_have_nothing_in_common() -> None:
    class Short(HashingEmbedder):
        def passages(self, text: str) -> list[tuple[int, int]]:
            return [(n, min(n + 40, len(text))) for n in range(0, len(text), 40)]

    async with engrammic.open(":memory:", embedder=Short()) as memory:
        await memory.messages.add(Message("c", "user", "gardening tomatoes. " * 30, "x"))
        await memory.remember("submarine torpedo. " * 20, id="x")

        for hit in await memory.search("gardening tomatoes submarine"):
            assert hit.passage is not None
            assert hit.excerpt
        assert await memory.notes.delete("x")
        assert (await memory.stats())["passages"] > 0
        assert (await memory.search("tomatoes"))[0].passage is not None


async def test_deleting_a_conversation_leaves_no_part_of_it(memory: Memory) -> None:
    for _ in range(10):
        await memory.messages.add_batch([Message("c", "user", f"h{i}") for i in range(5)])
        late = [memory.messages.add(Message("c", "user", f"l{i}")) for i in range(5)]
        await asyncio.gather(memory.conversations.delete("c"), *late)

    tables = (await memory.stats())["engine"]["tables"]
    assert tables["tier_metadata"] == tables["messages"]


async def test_a_batch_that_fails_stops_writing(memory: Memory) -> None:
    class Failing(HashingEmbedder):
        calls = 0

        def embed_batch(self, texts: Sequence[str]) -> Vectors:
            self.calls += 1
            if self.calls > 1:
                raise RuntimeError("the device is gone")
            return super().embed_batch(texts)

    failing = Memory(memory.backend, Failing(), scope=memory.scope, clock=memory.clock)
    with pytest.raises(RuntimeError, match="device"):
        await failing.messages.add_batch([Message("c", "user", f"m{i}") for i in range(600)])

    before = (await memory.stats())["messages"]
    await asyncio.sleep(0.1)
    assert (await memory.stats())["messages"] == before == BATCH


async def test_deleting_everything_has_to_be_said(memory: Memory) -> None:
    await memory.remember("something")

    with pytest.raises(InvalidInput, match="where"):
        await memory.notes.delete_where(None)

    assert await memory.notes.delete_where(EVERYTHING) == 1
