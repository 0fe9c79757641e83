"""Conversations: created, merged, listed by recency, counted, deleted with their messages."""

from __future__ import annotations

import pytest
from tests.conftest import NOON, HandClock

from engrammic import Conversation, Memory, Message
from engrammic.errors import NotFound


async def test_create_then_update_what_is_given(memory: Memory, clock: HandClock) -> None:
    made = await memory.conversations.create("c1", "Title", "model-1", metadata={"a": 1})
    clock.forward(10)
    again = await memory.conversations.create("c1", "Better title")

    assert made == Conversation("c1", "Title", "model-1", NOON, NOON, 0, {"a": 1})
    assert again == Conversation("c1", "Better title", "model-1", NOON, NOON + 10, 0, {"a": 1})


async def test_messages_make_their_conversation(memory: Memory) -> None:
    await memory.messages.add(Message("c1", "user", "hi", created_at=NOON - 500))
    await memory.messages.add(Message("c1", "user", "ho", created_at=NOON - 100))

    assert await memory.conversations.get("c1") == Conversation(
        "c1", None, None, NOON - 500, NOON - 100, 2
    )


async def test_the_count_is_counted(memory: Memory) -> None:
    stored = await memory.messages.add_batch([Message("c1", "user", f"{n}") for n in range(3)])
    await memory.messages.add(stored[0])
    await memory.messages.delete(str(stored[1].message_id))

    found = await memory.conversations.get("c1")

    assert found is not None
    assert found.message_count == 2


async def test_list_is_by_recency_in_pages(memory: Memory, clock: HandClock) -> None:
    for n in range(5):
        clock.forward(1)
        await memory.conversations.create(f"c{n}")
    clock.forward(1)
    await memory.conversations.update("c0", "again")

    first = await memory.conversations.list(2)
    rest = await memory.conversations.list(after=first[-1])

    assert [c.conversation_id for c in (*first, *rest)] == ["c0", "c4", "c3", "c2", "c1"]


async def test_update_of_none_is_an_error(memory: Memory) -> None:
    with pytest.raises(NotFound, match="c9"):
        await memory.conversations.update("c9", "title")


async def test_delete_takes_the_messages_along(memory: Memory) -> None:
    await memory.messages.add_batch([Message("c1", "user", f"walrus {n}") for n in range(300)])
    await memory.messages.add(Message("c2", "user", "walrus"))

    assert await memory.conversations.delete("c1")
    assert not await memory.conversations.delete("c1")

    assert len(await memory.search("walrus", limit=50)) == 1
    tables = (await memory.stats())["engine"]["tables"]
    assert (tables["messages"], tables["tier_metadata"], tables["conversations"]) == (1, 1, 1)


async def test_merge_keeps_what_is_known(memory: Memory) -> None:
    first = Conversation("c1", "Title", None, NOON, NOON + 5, metadata={"a": 1})
    second = Conversation("c1", None, "model", NOON - 5, NOON + 1, metadata={"b": 2})

    assert await memory.conversations.merge(first)
    assert not await memory.conversations.merge(second)

    assert await memory.conversations.get("c1") == Conversation(
        "c1", "Title", "model", NOON - 5, NOON + 5, 0, {"a": 1, "b": 2}
    )
