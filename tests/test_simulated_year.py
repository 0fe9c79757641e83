"""A year of an agent's life in seconds: ages and capacities hold, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import NOON, HandClock

import engrammic
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.filters import EVERYTHING, eq
from engrammic.items import MemoryAuthority, MemoryTier
from engrammic.stores.tier_metadata import Standing, TierMetadata
from engrammic.tiers.config import HOUR, TieredMemoryConfig
from engrammic.tiers.scores import hours_between, importance_left

DAYS = 364
WEEK = 7 * 24 * HOUR
CONVERSATIONS = 200
MESSAGES = 20_000
SECRET = "the spare key of the observatory hangs behind the blue barometer"
CONFIG = TieredMemoryConfig(max_hot_messages=1_000, max_warm_summaries=5_000)


@pytest.fixture
async def memory(tmp_path: Path, clock: HandClock) -> AsyncIterator[Memory]:
    async with engrammic.open(tmp_path, embedder=HashingEmbedder(), clock=clock) as opened:
        yield opened.tuned(CONFIG)


def week_of(number: int, chance: np.random.Generator) -> list[Message]:
    """A seventh of a fiftieth of everything, over the week, in conversations that go on."""
    count = MESSAGES // (DAYS // 7)
    told = []
    for n in range(count):
        at = NOON + number * WEEK + n * WEEK // count
        words = chance.integers(0, 3_000, size=8)
        text = " ".join(f"w{w}" for w in words)
        conversation = f"c{int(chance.integers(0, CONVERSATIONS))}"
        told.append(Message(conversation, "user", text, f"m{number:02}-{n:03}", created_at=at))
    return told


async def rows(memory: Memory) -> list[TierMetadata]:
    return [row async for page in memory.tiers.standing.pages() for row in page]


async def check(memory: Memory, moment: int) -> None:
    """What must hold after every pass."""
    found = await rows(memory)
    tiers = Counter(row.tier for row in found)
    fixed = sum(row.authority is MemoryAuthority.CANONICAL for row in found)
    assert tiers[MemoryTier.HOT] <= CONFIG.max_hot_messages + fixed
    assert tiers[MemoryTier.WARM] <= CONFIG.max_warm_summaries
    assert await memory.backend.count("summaries") == tiers[MemoryTier.WARM]
    for row in found:
        if row.authority is MemoryAuthority.CANONICAL:
            assert row.tier is MemoryTier.HOT
        elif row.tier is MemoryTier.HOT:
            rested = hours_between(row.last_accessed, moment)
            kept = importance_left(row, moment) >= CONFIG.importance_threshold_warm
            assert kept or rested < CONFIG.hot_retention_hours


async def check_places(memory: Memory) -> None:
    """Each item is found in exactly one place, and nothing points to what is not there."""
    backend = memory.backend
    hot = {r["message_id"] for r in await backend.query("messages") if not r["resting"]}
    warm = {r["original_message_id"] for r in await backend.query("summaries")}
    cold = {r["message_id"] for r in await backend.query("evidence")}
    tiers = {row.message_id: row.tier for row in await rows(memory)}
    assert len(tiers) == await backend.count("messages")
    assert not hot & warm
    assert not hot & cold
    assert not warm & cold
    for tier, ids in zip(MemoryTier, (hot, warm, cold), strict=True):
        assert {i for i, t in tiers.items() if t is tier} == ids
    facts = {r["fact_id"] for r in await backend.query("facts")}
    assert {r["fact_id"] for r in await backend.query("evidence")} == facts


async def test_a_year(memory: Memory, clock: HandClock) -> None:
    chance = np.random.default_rng(5)
    owner = await memory.unlocked("a secret of the owner")
    canonical = [Message("rules", "system", f"rule number{n} stands", f"r{n}") for n in range(5)]
    await owner.messages.add_batch(canonical, standing=Standing(0.9, MemoryAuthority.CANONICAL))
    vectors = np.eye(384, dtype=np.float32)
    for week in range(DAYS // 7):
        clock.moment = NOON + week * WEEK
        told = week_of(week, chance)
        await memory.messages.add_batch(told, vectors=vectors[np.arange(len(told)) % 384])
        if week == 0:
            secret = Message("c7", "user", SECRET, "secret", created_at=NOON + 3 * 24 * HOUR)
            await memory.messages.add(secret)
        clock.moment += WEEK - 1
        await memory.maintain()
        await check(memory, clock.moment)
    await check_places(memory)
    hits = await memory.search("where is the spare key of the observatory")
    assert hits[0].text == SECRET
    assert hits[0].tier != "hot"
    assert await memory.messages.get("secret") is not None

    await memory.messages.delete_where(eq("conversation_id", "c7"))
    clock.moment += WEEK
    assert await memory.tiers.evict_expired() == 0
    await check_places(memory)
    with_rules = await memory.search("rule number3")
    assert with_rules[0].tier == "hot"
    await owner.messages.delete_where(EVERYTHING)
    for table in ("messages", "summaries", "facts", "evidence", "tier_metadata", "passages"):
        assert await memory.backend.count(table) == 0, table
