"""What is stored is the store's own: a change to what was given, or to what was read, stays out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from engrammic import KeyFact, Memory, Message, MessageSummary, Note
from engrammic.stores.vector_store import VectorStore

GIVEN = {"place": {"names": ["harbour"]}, "pair": [1, 2]}
Put: TypeAlias = Callable[[Memory, Any], Awaitable[Any]]
Get: TypeAlias = Callable[[Memory], Awaitable[Any]]


def given() -> dict[str, Any]:
    return {"place": {"names": ["harbour"]}, "pair": (1, 2)}


def spoil(metadata: Any) -> None:
    """Change what lies deep in it, and what does not."""
    metadata["place"]["names"].append(object())
    metadata["new"] = 1


def words(memory: Memory) -> VectorStore:
    return VectorStore(memory.backend)


WAYS: dict[str, tuple[Put, Get]] = {
    "note": (lambda m, d: m.remember("lake", id="i", metadata=d), lambda m: m.get("i")),
    "update": (
        lambda m, d: m.update("old", metadata=d),
        lambda m: m.get("old"),
    ),
    "message": (
        lambda m, d: m.messages.add(Message("c", "user", "lake", "i", metadata=d)),
        lambda m: m.messages.get("i"),
    ),
    "fact": (
        lambda m, d: m.facts.add(KeyFact("lake", "i", metadata=d)),
        lambda m: m.facts.get("i"),
    ),
    "summary": (
        lambda m, d: m.summaries.add(MessageSummary("m", "c", "user", "lake", "i", metadata=d)),
        lambda m: m.summaries.get("i"),
    ),
    "conversation": (
        lambda m, d: m.conversations.create("i", metadata=d),
        lambda m: m.conversations.get("i"),
    ),
    "text": (
        lambda m, d: words(m).upsert(["i"], None, ["lake"], [d]),
        lambda m: words(m).get("i"),
    ),
}


@pytest.mark.parametrize(("put", "get"), WAYS.values(), ids=WAYS)
async def test_metadata_belong_to_the_store(memory: Memory, put: Put, get: Get) -> None:
    await memory.remember("old", id="old")
    mine = given()
    stored = await put(memory, mine)
    spoil(mine)
    for item in (stored, await get(memory), await get(memory)):
        if not isinstance(item, int):
            assert item.metadata == GIVEN
            spoil(item.metadata)
    assert (await get(memory)).metadata == GIVEN


async def test_metadata_found_belong_to_the_store(memory: Memory) -> None:
    await memory.remember("lake", id="i", metadata=given())
    for _ in range(2):
        (hit,) = await memory.search("lake")
        assert hit.item.metadata == GIVEN
        spoil(hit.item.metadata)


async def test_metadata_changed_while_a_batch_is_written_are_stored_as_given(
    memory: Memory,
) -> None:
    mine = given()
    notes = [Note(f"lake {n}", f"n{n}", metadata=mine) for n in range(300)]
    writing = asyncio.create_task(memory.notes.add_batch(notes))
    await asyncio.sleep(0)
    spoil(mine)
    assert all(note.metadata == GIVEN for note in await writing)
    last = await memory.get("n299")
    assert last is not None
    assert last.metadata == GIVEN
