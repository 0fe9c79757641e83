"""Messages: stored, found by their surroundings, replaced, expired, deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import NOON, HandClock

import engrammic
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput
from engrammic.filters import eq


def said(content: str, at: int = 0, conversation: str = "c1", **more: object) -> Message:
    return Message(conversation, "user", content, created_at=NOON + at, **more)  # type: ignore[arg-type]


async def keyword(memory: Memory, query: str) -> list[str]:
    found = await memory.messages.search(query, mode="keyword", limit=50)
    return [hit.item.content for hit in found]


async def test_what_is_added_comes_back_whole(memory: Memory) -> None:
    given = Message(
        "c1", "assistant", "Zürich 東京 \n tab\t", "m-1", "Bob", 42, "some-model", '["a.png"]',
        NOON, NOON + 1000, {"severity": "high", "tags": ["a", "b"], "deep": {"n": 1}},
    )  # fmt: skip

    stored = await memory.messages.add(given)

    assert stored == given
    assert await memory.messages.get("m-1") == given


async def test_ids_and_times_are_given_where_missing(memory: Memory, clock: HandClock) -> None:
    first, second = await memory.messages.add_batch(
        [Message("c1", "user", "one"), Message("c1", "user", "two")]
    )

    assert first.message_id
    assert first.message_id != second.message_id
    assert first.created_at == clock()
    assert [m.content for m in await memory.messages.get_by_conversation("c1")] == ["one", "two"]


async def test_a_datetime_is_a_time(memory: Memory) -> None:
    at = datetime(2025, 6, 1, 12, tzinfo=UTC)

    stored = await memory.messages.add(Message("c1", "user", "hello", created_at=at))

    assert stored.created_at == 1_748_779_200_000


async def test_the_same_id_replaces(memory: Memory) -> None:
    await memory.messages.add(said("the harbour is closed", message_id="m"))
    await memory.messages.add(said("the bakery is open", message_id="m"))

    assert [m.content for m in await memory.messages.get_by_conversation("c1")] == [
        "the bakery is open"
    ]
    assert await keyword(memory, "harbour") == []
    assert await keyword(memory, "bakery") == ["the bakery is open"]


async def test_a_turn_is_found_by_what_was_said_around_it(memory: Memory) -> None:
    await memory.messages.add_batch(
        [said("Did you visit the lighthouse?", 0), said("Yes, last week.", 1), said("Nice.", 2),
         said("Shall we eat?", 3), said("Pizza!", 4)]
    )  # fmt: skip

    found = await keyword(memory, "lighthouse")

    assert found[0] == "Did you visit the lighthouse?"
    assert set(found[1:]) == {"Yes, last week."}


async def test_a_later_message_refreshes_its_neighbour(memory: Memory) -> None:
    await memory.messages.add(said("What did you buy?", 0))
    assert await keyword(memory, "telescope") == []

    await memory.messages.add(said("A telescope.", 1))

    assert set(await keyword(memory, "telescope")) == {"A telescope.", "What did you buy?"}


async def test_speaker_and_date_are_words_of_a_turn(memory: Memory) -> None:
    await memory.messages.add_batch([said("hello", 0, name="Ingrid"), said("bye", 1, "c2")])

    assert await keyword(memory, "Ingrid") == ["hello"]
    assert set(await keyword(memory, "October")) == {"hello", "bye"}


async def test_deleting_a_message_takes_its_words_from_its_neighbours(memory: Memory) -> None:
    await memory.messages.add_batch([said("one", 0), said("secret zebra", 1, message_id="z"),
                                     said("three", 2)])  # fmt: skip
    assert len(await keyword(memory, "zebra")) == 3

    assert await memory.messages.delete("z")

    assert await keyword(memory, "zebra") == []
    assert set(await keyword(memory, "three")) == {"one", "three"}
    assert not await memory.messages.delete("z")


async def test_moving_a_message_updates_both_neighbourhoods(memory: Memory) -> None:
    await memory.messages.add_batch([said("alpha", 0), said("wanderer", 1, message_id="w")])
    await memory.messages.add(said("beta", 0, "c2"))

    await memory.messages.add(said("wanderer", 1, "c2", message_id="w"))

    assert set(await keyword(memory, "wanderer")) == {"wanderer", "beta"}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=12),
       st.integers(1, 4), st.sets(st.integers(0, 11), max_size=3))  # fmt: skip
async def test_the_order_of_arrival_does_not_change_the_index(
    moments: list[tuple[int, int]], size: int, doomed: set[int]
) -> None:
    """In one batch, in pieces, in any order: each turn ends up between the same two."""
    turns = [said(f"word{n} text", at * 10, f"c{c % 2}", message_id=f"m{n:02}")
             for n, (at, c) in enumerate(moments)]  # fmt: skip
    spread = [replace(t, created_at=t.created_at + n) for n, t in enumerate(turns)]  # type: ignore[operator]
    clock = HandClock()
    async with (
        engrammic.open(":memory:", embedder=HashingEmbedder(), clock=clock) as whole,
        engrammic.open(":memory:", embedder=HashingEmbedder(), clock=clock) as pieces,
    ):
        await whole.messages.add_batch([t for n, t in enumerate(spread) if n not in doomed])
        for start in range(0, len(spread), size):
            await pieces.messages.add_batch(spread[::-1][start : start + size])
        for n in doomed:
            await pieces.messages.delete(f"m{n:02}")
        for n in range(len(spread)):
            assert set(await keyword(whole, f"word{n}")) == set(await keyword(pieces, f"word{n}"))


async def test_turns_of_one_millisecond_keep_their_order(memory: Memory) -> None:
    await memory.messages.add_batch([said(f"a{n}") for n in range(5)])
    await memory.messages.add_batch([said(f"b{n}") for n in range(5)])

    contents = [m.content for m in await memory.messages.get_by_conversation("c1")]

    assert contents == [f"a{n}" for n in range(5)] + [f"b{n}" for n in range(5)]


async def test_expired_messages_are_hidden_at_once(memory: Memory, clock: HandClock) -> None:
    await memory.messages.add(said("short lived owl", expires_at=NOON + 100, message_id="m"))
    assert await keyword(memory, "owl") == ["short lived owl"]

    clock.forward(100)

    assert await memory.messages.get("m") is None
    assert await keyword(memory, "owl") == []
    assert list(await memory.search("owl")) == []
    assert await memory.messages.get_by_conversation("c1") == []
    assert await memory.messages.delete_expired() == 1
    assert await memory.messages.delete_expired() == 0
    assert (await memory.stats())["messages"] == 0


async def test_searching_one_conversation_stays_in_it(memory: Memory) -> None:
    await memory.messages.add_batch(
        [said("red apple", 0, "c1"), said("red apple pie", 1, "c2"), said("red car", 2, "c2")]
    )

    for mode in ("vector", "keyword", "hybrid"):
        found = await memory.messages.search_conversation("c2", "red apple", 5, mode=mode)
        assert {hit.item.conversation_id for hit in found} == {"c2"}
        message, score = found[0]
        assert message.content == "red apple pie"
        assert 0 <= score <= 1


async def test_min_score_cuts(memory: Memory) -> None:
    await memory.messages.add_batch([said("the green door"), said("something else", 1)])
    found = await memory.messages.search("green door", 10)
    cut = (found[0].score + found[-1].score) / 2

    assert 0 < len(await memory.messages.search("green door", 10, cut)) < len(found)


async def test_delete_by_conversation(memory: Memory) -> None:
    await memory.messages.add_batch([said(f"m{n}", n) for n in range(300)])
    await memory.messages.add(said("other", 0, "c2"))

    assert await memory.messages.delete_by_conversation("c1") == 300
    assert await memory.messages.list() != []
    assert (await memory.stats())["messages"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "robot"}, "role"), ({"conversation_id": ""}, "conversation_id"),
        ({"message_id": ""}, "message_id"), ({"content": "nul\0"}, "content"),
        ({"content": "\ud800"}, "content"), ({"content": "x" * (10 << 20)}, "content"),
        ({"created_at": 1_760_000_000}, "created_at"),
        ({"metadata": {"a": float("nan")}}, "metadata"),
        ({"metadata": {"a": ...}}, "metadata"), ({"token_count": "many"}, "token_count"),
        ({"message_id": "x" * 600}, "message_id"), ({"name": "\0"}, "name"),
        ({"expires_at": True}, "expires_at"), ({"content": None}, "content"),
    ],
    ids=repr,
)  # fmt: skip
async def test_a_bad_message_names_its_field_and_changes_nothing(
    memory: Memory, change: dict[str, object], field: str
) -> None:
    bad = replace(said("fine"), **change)  # type: ignore[arg-type]

    with pytest.raises(InvalidInput, match=field):
        await memory.messages.add_batch([said("good") for _ in range(300)] + [bad])

    assert (await memory.stats())["messages"] == 0
    assert (await memory.stats())["conversations"] == 0


@pytest.mark.parametrize("vector", [[1.0] * 10, [float("nan")] * 384, [0.0] * 384, "text"])
async def test_a_bad_vector_is_refused(memory: Memory, vector: object) -> None:
    with pytest.raises(InvalidInput, match="vector"):
        await memory.messages.add(said("fine"), vector=vector)  # type: ignore[arg-type]

    assert (await memory.stats())["messages"] == 0


async def test_numbers_of_vectors_and_messages_must_agree(memory: Memory) -> None:
    with pytest.raises(InvalidInput, match="vectors"):
        await memory.messages.add_batch([said("a"), said("b")], vectors=[[1.0] * 384])


async def test_own_metadata_can_be_filtered_on(memory: Memory) -> None:
    await memory.messages.add_batch(
        [
            said("red apple", n, metadata={"n": n, "tag": "odd" if n % 2 else "even"})
            for n in range(9)
        ]
    )

    found = await memory.search("apple", metadata={"tag": "odd"}, limit=20)

    assert {hit.item.metadata["n"] for hit in found} == {1, 3, 5, 7}
    assert len(await memory.messages.list(eq("metadata.n", 4))) == 1
