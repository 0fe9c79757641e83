"""Killed at every write of a move: after one pass nothing is lost, nothing there twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import pytest
from tests.conftest import NOON, HandClock
from tests.test_emulation import DictBackend, Dicts

from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.keys import Key
from engrammic.tiers.fallback import fallback_fact, summary_of
from engrammic.types import Record, Schema

OWL = "the owl Mathilda nests in the old mill"
Act: TypeAlias = Callable[[Memory], Awaitable[object]]


class Killed(BaseException):
    """The process ends here."""


class Mortal(Dicts):
    """Dies at a given write, before it is done; what was written before stays."""

    def __init__(self) -> None:
        super().__init__(exact=True)
        self.left: int | None = None

    def _count(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        for record in records:
            self._count()
            await super().save(schema, [record])

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        for key in keys:
            self._count()
            await super().erase(schema, [key])


def opened(engine: Mortal, clock: HandClock) -> Memory:
    return Memory(DictBackend(engine, "dicts:"), HashingEmbedder(), clock=clock)


async def whole(memory: Memory) -> None:
    await memory.messages.add(Message("c1", "user", OWL, "m1", created_at=NOON))
    await memory.messages.add(Message("c1", "user", "a neighbour", "m2", created_at=NOON + 1))
    await memory.remember("Mathilda is an owl", id="n1")


async def warm(memory: Memory) -> None:
    await whole(memory)
    message = await memory.messages.get("m1")
    assert message is not None
    await memory.tiers.demote_to_warm("m1", summary_of(message))


async def cold(memory: Memory) -> None:
    await warm(memory)
    await to_cold(memory)


async def to_warm(memory: Memory) -> object:
    message = await memory.messages.get("m1")
    assert message is not None
    return await memory.tiers.demote_to_warm("m1", summary_of(message))


async def to_cold(memory: Memory) -> object:
    summary = await memory.summaries.get("m1")
    assert summary is not None
    return await memory.tiers.demote_to_cold("m1", fallback_fact(summary))


MOVES: dict[str, tuple[Act, Act, set[str], set[str]]] = {
    "demote to warm": (whole, to_warm, {OWL}, set()),
    "demote to cold": (warm, to_cold, {OWL}, set()),
    "promote from warm": (warm, lambda m: m.tiers.promote_to_hot("m1"), {OWL}, set()),
    "promote from cold": (cold, lambda m: m.tiers.promote_to_hot("m1"), {OWL}, set()),
    "supersede a note": (
        whole, lambda m: m.supersede("n1", "Mathilda is a barn owl"),
        {OWL}, {"Mathilda is an owl", "Mathilda is a barn owl"},
    ),
    "supersede a message": (
        whole, lambda m: m.supersede("m1", "the owl Mathilda left"),
        set(), {OWL, "the owl Mathilda left"},
    ),
    "supersede an aged message": (
        warm, lambda m: m.supersede("m1", "the owl Mathilda left"),
        set(), {OWL, "the owl Mathilda left"},
    ),
}  # fmt: skip
"""How it starts, what is done, what must be found once, of what exactly one must be found."""

ENDS: dict[str, tuple[Act, Act]] = {
    "forget": (whole, lambda m: m.forget(subject="Mathilda", scan=False)),
    "forget what is warm": (warm, lambda m: m.forget(subject="Mathilda", scan=False)),
    "forget what is cold": (cold, lambda m: m.forget(subject="Mathilda", scan=False)),
}
"""What ends with nothing of it left, or all of it."""


async def found(memory: Memory) -> list[str]:
    hits = await memory.search("owl Mathilda", limit=50)
    return [hit.text for hit in hits if "Mathilda" in hit.text]


async def killed_at(start: Act, act: Act, number: int, clock: HandClock) -> tuple[Memory, bool]:
    """The memory after a crash at the write of that number, opened anew; and whether it crashed."""
    engine = Mortal()
    memory = opened(engine, clock)
    await memory.ready()
    await start(memory)
    engine.left = number
    try:
        await act(memory)
        crashed = False
    except Killed:
        crashed = True
    engine.left = None
    again = opened(engine, clock)
    await again.ready()
    await again.maintain()
    return again, crashed


@pytest.mark.parametrize("name", MOVES)
async def test_a_move_that_is_cut_off_is_mended(name: str, clock: HandClock) -> None:
    start, act, once, either = MOVES[name]
    number, crashed = 0, True
    while crashed:
        memory, crashed = await killed_at(start, act, number, clock)
        texts = await found(memory)
        for text in once:
            assert texts.count(text) == 1, (number, texts)
        if either:
            assert sum(texts.count(text) for text in either) == 1, (number, texts)
        await no_orphans(memory)
        number += 1
    assert number > 3


@pytest.mark.parametrize("name", ENDS)
async def test_forgetting_that_is_cut_off_is_finished(name: str, clock: HandClock) -> None:
    start, act = ENDS[name]
    number, crashed = 0, True
    while crashed:
        memory, crashed = await killed_at(start, act, number, clock)
        await act(memory)
        assert await found(memory) == []
        await no_orphans(memory)
        number += 1
    assert number > 3


async def no_orphans(memory: Memory) -> None:
    backend = memory.backend
    messages = {r["message_id"] for r in await backend.query("messages")}
    summaries = {r["original_message_id"] for r in await backend.query("summaries")}
    evidence = await backend.query("evidence")
    facts = {r["fact_id"] for r in await backend.query("facts")}
    notes = {r["note_id"] for r in await backend.query("notes")}
    assert {r["fact_id"] for r in evidence} <= facts
    living = messages | summaries | {r["message_id"] for r in evidence}
    for row in await backend.query("tier_metadata"):
        assert row["message_id"] in {"message": living, "note": notes, "fact": facts}[row["kind"]]
    for passage in await backend.query("passages"):
        assert passage["item_id"] in living | notes | facts
