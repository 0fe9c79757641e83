"""Contradictions between messages: found when they are read, reviewed, and ended."""

from __future__ import annotations

import pytest
from tests.conftest import NOON, HandClock

import engrammic
from engines import SCHEMES, Engines
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, KeptOut, NotFound, Protected
from engrammic.scope import Scope

OLD, NEW = "The API listens on port 8080.", "The API listens on port 9090."


async def told(memory: Memory, *texts: str, role: str = "user", first: int = 0) -> None:
    await memory.messages.add_batch(
        [Message("c1", role, t, f"m{n}", created_at=NOON + n) for n, t in enumerate(texts, first)]
    )
    await memory.learn()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_two_messages_that_disagree_are_reported_once(engines: Engines, scheme: str) -> None:
    async with engrammic.open(engines.new(scheme), embedder=HashingEmbedder()) as memory:
        await told(memory, OLD, "The API is written in Go.", NEW)
        [found] = await memory.contradictions()
        assert (found.existing_context, found.new_context) == (OLD, NEW)
        assert (found.existing_message_id, found.new_message_id) == ("m0", "m2")
        await told(memory, OLD, NEW, first=5)
        assert await memory.contradictions() == [found]
        await memory.resolve(found.event_id, "replace")
        assert await memory.contradictions() == []
        hits = await memory.search("Which port does the API listen on?", mode="keyword")
        assert "m0" not in {hit.id for hit in hits}
        assert "m2" in {hit.id for hit in hits}


async def test_the_older_is_what_was_there_whatever_is_read_first(memory: Memory) -> None:
    await told(memory, NEW, first=7)
    await told(memory, OLD, first=3)
    [found] = await memory.contradictions()
    assert (found.existing_message_id, found.new_message_id) == ("m3", "m7")


async def test_what_each_says_of_himself_contradicts_nothing(memory: Memory) -> None:
    await told(memory, "I live in Berlin.", role="user")
    await told(memory, "I live in Munich.", role="assistant", first=1)
    assert await memory.contradictions() == []
    await told(memory, "I live in Munich.", role="user", first=2)
    [found] = await memory.contradictions()
    assert (found.existing_message_id, found.new_message_id) == ("m0", "m2")


async def test_replacing_can_be_undone_and_looked_at(memory: Memory, clock: HandClock) -> None:
    await told(memory, OLD, NEW)
    clock.forward(10)
    before = clock()
    clock.forward(60_000)
    [found] = await memory.contradictions()
    ended = await memory.resolve(found.event_id, "replace")
    assert ended.status == "replaced"
    assert await memory.contradictions("replaced") == [ended]
    then = await memory.search("Which port?", as_of=before, mode="keyword")
    assert {hit.text for hit in then} == {OLD, NEW}
    why = await memory.why("m0")
    assert NEW in str(why)
    await memory.undo(why.moves[-1].move_id)
    hits = await memory.search("Which port?", mode="keyword")
    assert {hit.id for hit in hits} == {"m0", "m1"}


async def test_keeping_throws_out_what_is_new_and_keeps_it_out(memory: Memory) -> None:
    await told(memory, OLD, NEW)
    [found] = await memory.contradictions()
    await memory.resolve(found.event_id, "keep")
    assert [hit.id for hit in await memory.search("Which port?", mode="keyword")] == ["m0"]
    with pytest.raises(KeptOut):
        await memory.remember(NEW)


async def test_scoping_keeps_both_and_is_not_asked_again(memory: Memory) -> None:
    await told(memory, OLD, NEW)
    [found] = await memory.contradictions()
    with pytest.raises(InvalidInput, match="note"):
        await memory.resolve(found.event_id, "scope")
    await memory.resolve(found.event_id, "scope", "8080 in tests, 9090 in production")
    await told(memory, OLD, NEW, first=4)
    assert await memory.contradictions() == []
    assert len(await memory.search("Which port?", mode="keyword")) == 4


async def test_what_was_replaced_and_is_said_again_is_asked_again(memory: Memory) -> None:
    await told(memory, OLD, NEW)
    [found] = await memory.contradictions()
    await memory.resolve(found.event_id, "replace")
    await told(memory, OLD, first=2)
    [again] = await memory.contradictions()
    assert (again.existing_message_id, again.new_message_id) == ("m1", "m2")


async def test_a_contradiction_goes_with_either_message(memory: Memory) -> None:
    for gone in ("m0", "m1"):
        await told(memory, OLD, NEW)
        assert len(await memory.contradictions()) == 1
        await memory.delete(gone)
        assert await memory.contradictions() == []
        await memory.delete("m0" if gone == "m1" else "m1")
    await told(memory, OLD, NEW)
    await memory.update("m1", content="The API is written in Go.")
    await memory.learn()
    assert await memory.contradictions() == []
    await memory.update("m1", content=NEW)
    await memory.learn()
    assert len(await memory.contradictions()) == 1


async def test_what_is_held_stays_and_nothing_is_half_done(memory: Memory) -> None:
    await told(memory, OLD, NEW)
    [found] = await memory.contradictions()
    await memory.hold("m0", reason="a lawsuit")
    with pytest.raises(Protected):
        await memory.resolve(found.event_id, "replace")
    assert await memory.contradictions() == [found]
    with pytest.raises(NotFound):
        await memory.resolve("nothing", "keep")
    with pytest.raises(InvalidInput, match="resolution"):
        await memory.resolve(found.event_id, "maybe")


async def test_no_contradiction_reaches_over_a_scope(engines: Engines) -> None:
    async with engrammic.open(engines.new("sqlite"), scope=Scope(tenant="a")) as mine:
        theirs = mine.scoped(tenant="b")
        await told(mine, OLD)
        await told(theirs, NEW)
        assert await mine.contradictions() == await theirs.contradictions() == []
        await told(mine, NEW, first=1)
        [found] = await mine.contradictions()
        with pytest.raises(NotFound):
            await theirs.resolve(found.event_id, "keep")
