"""Messages are read for entities and relations, and what was read goes with its message."""

from __future__ import annotations

from tests.conftest import NOON, HandClock

from engrammic import Memory, Message
from engrammic.stores.entity_tables import ENTITY_TABLES
from engrammic.tiers.config import HOUR


async def told(memory: Memory) -> None:
    for number, text in enumerate((
        "auth.py imports tokens.py", "tokens.py imports clock.py", "clock.py raises TimeError",
    )):  # fmt: skip
        await memory.messages.add(
            Message("c1", "user", text, f"m{number}", created_at=NOON + number)
        )


async def test_what_was_said_is_read_once(memory: Memory) -> None:
    await told(memory)

    assert await memory.learn(most=2) == 2
    assert await memory.learn() == 1
    assert await memory.learn() == 0

    auth = await memory.entities.get("auth.py", "file")
    assert auth is not None
    assert auth.message_ids == ("m0",)
    way = await memory.graph.shortest_path("auth.py", "clock.py")
    assert way is not None
    assert "tokens.py" in str(way)


async def test_a_message_that_says_something_else_is_read_again(memory: Memory) -> None:
    await told(memory)
    await memory.learn()
    await memory.update("m0", content="auth.py imports session.py")
    assert await memory.entities.get("auth.py", "file") is None  # said no more

    assert await memory.learn() == 1
    assert await memory.entities.get("session.py", "file") is not None
    assert "tokens.py" not in await memory.entities.get_related("auth.py")


async def test_what_was_read_goes_with_its_message(memory: Memory, clock: HandClock) -> None:
    await told(memory)
    await memory.messages.add(
        Message("c2", "user", "brief.py imports auth.py", "brief", expires_at=clock() + HOUR)
    )
    await memory.learn()
    await memory.delete("m2")
    assert await memory.entities.get("TimeError", "error") is None
    clock.forward(2 * HOUR)
    await memory.maintain()
    assert await memory.entities.get("brief.py", "file") is None
    assert await memory.entities.get("auth.py", "file") is not None

    await memory.forget(subject="auth.py", scan=False)
    assert await memory.entities.get("auth.py", "file") is None
    await memory.conversations.delete("c1")
    for table in ENTITY_TABLES:
        assert await memory.backend.count(table.name) == 0, table.name


async def test_what_was_wrong_is_no_relation_any_more(memory: Memory) -> None:
    await told(memory)
    await memory.learn()
    await memory.reject("m0")

    assert await memory.entities.get("auth.py", "file") is None
    assert await memory.learn() == 0


async def test_another_scope_reads_its_own(memory: Memory) -> None:
    await told(memory)
    other = memory.scoped(user="other")
    await other.ready()

    assert await other.learn() == 0
    await memory.learn()
    assert await other.entities.get("auth.py", "file") is None
