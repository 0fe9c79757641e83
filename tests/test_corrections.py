"""What is corrected does not come back, and what was held before can still be asked for."""

from __future__ import annotations

import pytest
from tests.conftest import HandClock

from engrammic import Memory, Message
from engrammic.errors import InvalidInput, KeptOut, NotFound, Protected, Unsupported
from engrammic.items import KeyFact
from engrammic.tiers.config import HOUR
from engrammic.tiers.fallback import summary_of


async def texts(memory: Memory, query: str, **more: object) -> list[str]:
    return [hit.text for hit in await memory.search(query, **more)]


async def test_what_is_superseded_is_found_only_as_of_its_time(
    memory: Memory, clock: HandClock
) -> None:
    old = await memory.remember("Ada lives in Berlin", "insight", project="p", metadata={"a": 1})
    then = clock()
    clock.forward(HOUR)
    assert old.id is not None
    new = await memory.supersede(old.id, "Ada lives in Lisbon")

    assert await texts(memory, "where does Ada live") == ["Ada lives in Lisbon"]
    for mode in ("vector", "keyword", "hybrid"):
        assert await texts(memory, "Ada lives", as_of=then, mode=mode) == ["Ada lives in Berlin"]
    narrow = {"as_of": then, "project": "p", "metadata": {"a": 1}, "memory_type": "insight"}
    [hit] = await memory.search("Ada", **narrow)
    assert (hit.id, hit.kind, hit.tier, hit.item) == (old.id, "note", "past", old)
    assert await texts(memory, "Ada", as_of=then, project="q") == []
    assert await texts(memory, "Ada", as_of=clock()) == ["Ada lives in Lisbon"]
    assert await memory.get(old.id) is None
    told = str(await memory.why(old.id))
    assert "supersede" in told
    assert "Berlin" in told
    assert new.id != old.id


async def test_a_message_that_is_superseded_stays_in_its_conversation(memory: Memory) -> None:
    message = await memory.messages.add(Message("c1", "user", "the port is 8080", "m1"))
    await memory.tiers.demote_to_warm("m1", summary_of(message))

    await memory.supersede("m1", "the port is 9090")

    assert await texts(memory, "which port") == ["the port is 9090"]
    said = [m.content for m in await memory.messages.get_by_conversation("c1")]
    assert said == ["the port is 8080", "the port is 9090"]
    await memory.maintain()
    assert await texts(memory, "which port") == ["the port is 9090"]


async def test_what_is_updated_keeps_what_it_said(memory: Memory, clock: HandClock) -> None:
    note = await memory.remember("the build takes ten minutes")
    message = await memory.messages.add(Message("c1", "user", "the test takes ten hours", "m1"))
    then = clock()
    clock.forward(HOUR)
    assert note.id is not None
    assert message.id is not None
    await memory.update(note.id, content="the build takes two minutes")
    await memory.update("m1", content="the test takes one hour")
    await memory.update("m1", metadata={"checked": True})

    assert await texts(memory, "build takes", kinds=["note"]) == ["the build takes two minutes"]
    assert set(await texts(memory, "takes", as_of=then)) == {
        "the build takes ten minutes", "the test takes ten hours",
    }  # fmt: skip
    assert len((await memory.why("m1")).versions) == 1


async def test_what_is_rejected_comes_back_by_no_way(memory: Memory) -> None:
    note = await memory.remember("The moon is made of green cheese")
    assert note.id is not None
    await memory.reject(note.id)

    for again in ("the MOON is  made of green cheese!", "The moon is made of green cheese"):
        with pytest.raises(KeptOut):
            await memory.remember(again)
        with pytest.raises(KeptOut):
            await memory.facts.add(KeyFact(again))
        await memory.messages.add(Message("c1", "user", again))
    assert await texts(memory, "moon cheese") == []
    assert len(await memory.messages.get_by_conversation("c1")) == 2
    await memory.maintain()
    assert await texts(memory, "moon cheese") == []
    with pytest.raises(NotFound):
        await memory.reject(note.id)

    assert await memory.allow("the moon is made of green cheese")
    await memory.remember("The moon is made of green cheese")
    assert await texts(memory, "moon cheese") != []


async def test_what_is_retired_may_come_again(memory: Memory, clock: HandClock) -> None:
    note = await memory.remember("the standup is at nine")
    assert note.id is not None
    clock.forward(HOUR)
    await memory.retire(note.id)
    assert await texts(memory, "standup") == []

    await memory.remember("the standup is at nine")
    assert len(await texts(memory, "standup")) == 1


async def test_a_move_can_be_undone(memory: Memory, clock: HandClock) -> None:
    message = await memory.messages.add(Message("c1", "user", "the port is 8080", "m1"))
    await memory.tiers.demote_to_warm("m1", summary_of(message))
    [move] = (await memory.why("m1")).moves
    await memory.undo(move.move_id)
    assert [(h.kind, h.tier) for h in await memory.search("port")] == [("message", "hot")]
    with pytest.raises(Unsupported):
        await memory.undo(move.move_id)

    note = await memory.remember("Ada lives in Berlin")
    assert note.id is not None
    clock.forward(HOUR)
    await memory.supersede(note.id, "Ada lives in Lisbon")
    [closed] = (await memory.why(note.id)).moves
    await memory.undo(closed.move_id)
    assert await texts(memory, "Ada lives", kinds=["note"]) == ["Ada lives in Berlin"]
    assert await memory.get(note.id) == note

    await memory.reject(note.id)
    await memory.undo((await memory.why(note.id)).moves[-1].move_id)
    assert await texts(memory, "Ada lives", kinds=["note"]) == ["Ada lives in Berlin"]


async def test_a_rating_moves_importance_within_bounds(memory: Memory) -> None:
    await memory.messages.add(Message("c1", "user", "useful words", "m1"))

    assert await memory.rate("m1", 1) == pytest.approx(0.6)
    for _ in range(9):
        await memory.rate("m1", 1)
    assert (await memory.why("m1")).metadata.importance == 1.0  # type: ignore[union-attr]
    assert await memory.rate("m1", -0.5) == pytest.approx(0.95)
    with pytest.raises(InvalidInput, match="rating"):
        await memory.rate("m1", 2)
    with pytest.raises(NotFound):
        await memory.rate("nobody", 1)


async def test_what_is_held_stays(memory: Memory, clock: HandClock) -> None:
    await memory.messages.add(
        Message("c1", "user", "evidence for the court", "m1", expires_at=clock() + HOUR)
    )
    await memory.hold("m1", reason="case 7")

    for attempt in (memory.delete("m1"), memory.reject("m1"), memory.conversations.delete("c1")):
        with pytest.raises(Protected):
            await attempt
    clock.forward(2 * HOUR)
    assert (await memory.maintain()).expired == 0
    assert await memory.backend.count("messages") == 1
    await memory.release_hold("m1", reason="closed")
    assert (await memory.maintain()).expired == 1


async def test_facts_hold_for_a_time(memory: Memory, clock: HandClock) -> None:
    now = clock()
    await memory.facts.add(KeyFact("Ada leads the team", valid_from=now, valid_until=now + HOUR))
    await memory.facts.add(KeyFact("Bo leads the team", valid_from=now + HOUR))

    assert await texts(memory, "who leads the team", valid_at=now) == ["Ada leads the team"]
    assert await texts(memory, "who leads the team", valid_at=now + HOUR) == ["Bo leads the team"]
    with pytest.raises(InvalidInput, match="valid_until"):
        await memory.facts.add(KeyFact("never", valid_from=now, valid_until=now))


async def test_one_scope_knows_nothing_of_anothers_rejections(memory: Memory) -> None:
    other = memory.scoped(user="somebody")
    await other.ready()
    note = await memory.remember("The moon is made of green cheese", id="n1")
    await memory.reject("n1")
    assert note.id == "n1"

    await other.remember("The moon is made of green cheese", id="n1")
    assert await texts(other, "moon") != []
    with pytest.raises(NotFound):
        await other.why("nothing")
