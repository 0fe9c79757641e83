"""Messages age and come back: one tier at a time, nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import NOON, HandClock

import engrammic
from engrammic import Memory, Message
from engrammic.authority import CanonicalWriteToken
from engrammic.backends.memory import MemoryBackend
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, InvalidSettings, Locked, Protected
from engrammic.items import KeyFact, MemoryTier, MessageSummary
from engrammic.stores.leases import Leases
from engrammic.stores.tier_metadata import Standing
from engrammic.tiers.config import HOUR, TieredMemoryConfig
from engrammic.tiers.fallback import fallback_fact, fallback_summarize, summary_of

OWL = "the owl Mathilda nests in the old mill by the river"


async def told(memory: Memory, content: str = OWL, message_id: str = "m1", at: int = 0) -> Message:
    return await memory.messages.add(
        Message("c1", "user", content, message_id, "Ann", created_at=NOON + at)
    )


async def found(memory: Memory, query: str = "owl Mathilda") -> list[tuple[str, str, str]]:
    return [(h.kind, h.id, h.tier) for h in await memory.search(query) if "Mathilda" in h.text]


async def test_a_message_lives_in_one_tier_at_a_time(memory: Memory) -> None:
    message = await told(memory)
    assert await found(memory) == [("message", "m1", "hot")]

    assert await memory.tiers.demote_to_warm("m1", summary_of(message))
    assert await found(memory) == [("summary", "m1", "warm")]
    assert await memory.messages.get("m1") == message

    [summary] = await memory.summaries.get_by_conversation("c1")
    assert await memory.tiers.demote_to_cold("m1", fallback_fact(summary))
    assert await found(memory) == [("fact", "m1", "cold")]
    assert await memory.summaries.list() == []

    assert await memory.tiers.promote_to_hot("m1") == message
    assert await found(memory) == [("message", "m1", "hot")]
    assert await memory.facts.list() == []
    stats = await memory.tiers.get_stats()
    assert (stats.hot_count, stats.warm_count, stats.cold_count, stats.total_tracked) == (
        1, 0, 0, 1,
    )  # fmt: skip


async def test_the_neighbours_of_a_demoted_message_do_not_bring_it_back(memory: Memory) -> None:
    message = await told(memory)
    await memory.tiers.demote_to_warm("m1", summary_of(message))

    await told(memory, "zebra", "m2", at=1000)
    await told(memory, "giraffe", "m0", at=-1000)

    for query in ("zebra", "giraffe", "owl"):
        assert ("message", "m1", "hot") not in [
            (h.kind, h.id, h.tier) for h in await memory.search(query)
        ]
    await memory.tiers.promote_to_hot("m1")
    assert "m1" in [h.id for h in await memory.search("zebra", mode="keyword")]


async def test_deleting_a_demoted_message_takes_all_that_came_of_it(memory: Memory) -> None:
    first, second = await told(memory), await told(memory, "the owl Mathilda left", "m2", 1)
    await memory.tiers.demote_to_warm("m1", summary_of(first))
    await memory.tiers.demote_to_warm("m2", summary_of(second))
    summary = await memory.summaries.get("m2")
    assert summary is not None
    fact = KeyFact("Mathilda is an owl", "f1", ("m1", "m2"))
    assert await memory.tiers.demote_to_cold("m2", fact)

    assert await memory.delete("m2")
    kept = await memory.facts.get("f1")
    assert kept is not None
    assert kept.original_message_ids == ("m1",)
    assert await memory.conversations.delete("c1")

    for table in ("messages", "summaries", "facts", "evidence", "tier_metadata", "passages"):
        assert await memory.backend.count(table) == 0, table


async def test_the_same_message_again_is_whole_again(memory: Memory) -> None:
    message = await told(memory)
    await memory.tiers.demote_to_warm("m1", summary_of(message))

    await told(memory)

    assert await found(memory) == [("message", "m1", "hot")]


async def test_what_is_canonical_stays_as_it_is(memory: Memory) -> None:
    owner = await memory.unlocked("correct horse battery")
    token = owner.token
    assert token is not None
    message = Message("c1", "user", OWL, "m1", expires_at=NOON + 1000)
    stored = await memory.tiers.add_canonical_message(message, 0.9, token)

    assert stored.expires_at is None
    for attempt in (
        memory.messages.add(message),
        memory.delete("m1"),
        memory.update("m1", content="the owl is gone"),
        memory.messages.delete_by_conversation("c1"),
        memory.conversations.delete("c1"),
    ):
        with pytest.raises(Protected):
            await attempt
    assert not await memory.tiers.demote_to_warm("m1", summary_of(stored))
    assert await memory.tiers.get_demotion_candidates("hot", 10) == []
    assert await memory.messages.get("m1") == stored
    assert (await owner.update("m1", content="the owl moved")).content == "the owl moved"
    assert await owner.delete("m1")


async def test_only_the_owners_secret_makes_a_token(memory: Memory) -> None:
    await memory.unlocked("correct horse battery")
    with pytest.raises(InvalidInput, match="secret"):
        await memory.unlocked("wrong horse battery")
    other = CanonicalWriteToken.from_secret("wrong horse battery", b"salt")
    assert "wrong" not in repr(other)
    assert "bytes" not in repr(other)
    with pytest.raises(Protected):
        await memory.tiers.add_canonical_message(Message("c", "user", "x"), 0.5, other)
    with pytest.raises(Protected):
        await memory.tiers.add_message(Message("c", "user", "x"), 0.5, "canonical")


async def test_recency_is_read_before_the_access(memory: Memory, clock: HandClock) -> None:
    await told(memory)
    clock.forward(100 * HOUR)

    [first] = await memory.tiers.search_adaptive_multi_factor("owl Mathilda")
    [second] = await memory.tiers.search_adaptive_multi_factor("owl Mathilda")

    assert first.multi_factor_score is not None
    assert second.multi_factor_score is not None
    assert first.multi_factor_score.recency == pytest.approx(0.3679, abs=1e-3)
    assert second.multi_factor_score.recency == 1.0
    row = await memory.tiers.standing.get("m1")
    assert row is not None
    assert row.access_count == 2


async def test_words_of_the_present_raise_recency(memory: Memory, clock: HandClock) -> None:
    await told(memory, "the owl Mathilda sleeps in the barn", "old")
    clock.forward(300 * HOUR)
    await told(memory, "the owl Mathilda sleeps in a tree", "new", 300 * HOUR)
    search = memory.tiers.search_adaptive_multi_factor

    plain = {r.message_id: r.score for r in await search("where does Mathilda sleep")}
    clock.forward(HOUR)

    assert plain["new"] > plain["old"]
    [best, *_] = await search("where does Mathilda sleep now, currently, these days")
    assert best.message_id == "new"


async def test_a_session_message_leaves_what_was_learnt(memory: Memory, clock: HandClock) -> None:
    stored = await memory.tiers.add_message(Message("c1", "user", OWL, "m1"), 0.8)
    ephemeral = await memory.tiers.add_message(
        Message("c1", "user", "the code is Mathilda 1234", "m2"), 0.8, "ephemeral"
    )

    assert stored.expires_at == clock() + 48 * HOUR
    assert ephemeral.expires_at == clock() + 24 * HOUR


def test_short_texts_are_their_own_summary() -> None:
    assert fallback_summarize("a b  c") == "a b  c"
    assert fallback_summarize("w " * 76) == "w " * 74 + "w..."
    summary = MessageSummary("m", "c", "user", "text")
    assert fallback_fact(summary).fact == "text"


def test_tiers_chain_to_their_ends() -> None:
    assert MemoryTier.HOT.demote() is MemoryTier.WARM
    assert MemoryTier.COLD.demote() is None
    assert MemoryTier.COLD.promote() is MemoryTier.WARM
    assert MemoryTier.HOT.promote() is None


async def test_a_pass_moves_what_rests_and_what_overflows(clock: HandClock) -> None:
    config = TieredMemoryConfig(max_hot_messages=5, max_warm_summaries=3)
    async with Memory(MemoryBackend(), HashingEmbedder(), clock=clock, tiers=config) as memory:
        await memory.ready()
        await memory.messages.add_batch(
            [Message("c1", "user", f"word{n} of the day", f"m{n:02}") for n in range(12)]
        )
        dry = await memory.maintain(dry_run=True)
        report = await memory.maintain()

        assert (dry.demoted_to_warm, dry.demoted_to_cold) == (3, 4)
        assert (report.demoted_to_warm, report.demoted_to_cold) == (3, 4)
        stats = await memory.tiers.get_stats()
        assert (stats.hot_count, stats.warm_count, stats.cold_count) == (5, 3, 4)
        for n in range(12):
            assert len([h for h in await memory.search(f"word{n}") if f"word{n} " in h.text]) == 1
        again = await memory.maintain()
        assert (again.demoted_to_warm, again.demoted_to_cold, again.promoted) == (0, 0, 0)


async def test_age_and_importance_decide(memory: Memory, clock: HandClock) -> None:
    await memory.tiers.add_message(Message("c", "user", "faint trace of paint", "faint"), 0.2)
    await memory.messages.add(
        Message("c", "user", "deep trace of paint", "deep"), standing=Standing(0.9)
    )
    clock.forward(25 * HOUR)

    report = await memory.maintain()

    assert report.demoted_to_warm == 1
    assert {h.id: h.tier for h in await memory.search("trace of paint")} == {
        "faint": "warm", "deep": "hot",
    }  # fmt: skip


async def test_what_is_recalled_often_comes_back(memory: Memory) -> None:
    message = await told(memory)
    await memory.tiers.demote_to_warm("m1", summary_of(message))
    for _ in range(3):
        await memory.tiers.search_adaptive("owl Mathilda")

    assert (await memory.maintain()).promoted == 1
    assert await found(memory) == [("message", "m1", "hot")]


async def test_when_a_session_ends_what_was_learnt_stays(memory: Memory, clock: HandClock) -> None:
    add = memory.tiers.add_message
    await add(Message("c1", "user", OWL, "m1"), 0.8)
    await add(Message("c1", "user", "the code is Mathilda 1234", "m2"), 0.8, "ephemeral")
    await add(Message("c1", "user", "Mathilda, until noon", "m3", expires_at=clock() + HOUR), 0.8)
    clock.forward(49 * HOUR)
    assert await found(memory) == []

    report = await memory.maintain()

    assert report.expired == 3
    assert await found(memory) == [("summary", "m1", "warm")]
    assert await memory.backend.count("messages") == 0
    assert await memory.backend.count("tier_metadata") == 1
    assert await memory.tiers.promote_to_hot("m1") is None
    assert await memory.delete("m1")
    for table in ("summaries", "facts", "evidence", "tier_metadata", "passages"):
        assert await memory.backend.count(table) == 0, table


async def test_the_evidence_goes_when_its_time_is_over(clock: HandClock) -> None:
    config = TieredMemoryConfig(max_hot_messages=0, evidence_retention_hours=24)
    async with Memory(MemoryBackend(), HashingEmbedder(), clock=clock, tiers=config) as memory:
        await memory.ready()
        await told(memory)
        await memory.maintain()
        assert await memory.messages.get("m1") is not None
        clock.forward(25 * HOUR)

        assert (await memory.maintain()).evidence_dropped == 1
        assert await memory.messages.get("m1") is None
        assert await found(memory) == [("summary", "m1", "warm")]


async def test_one_process_maintains_at_a_time(memory: Memory, clock: HandClock) -> None:
    leases = Leases(memory._scoped, clock=clock)
    await leases.take("maintain", "somebody else", 60_000)
    with pytest.raises(Locked):
        await memory.maintain()
    clock.forward(60_000)
    await memory.maintain()
    await leases.take("maintain", "somebody else", 60_000)


async def test_what_says_the_same_becomes_one(memory: Memory) -> None:
    for n, text in enumerate(("Ada likes  green TEA", "Ada likes green tea.", "Ada likes oolong")):
        await memory.remember(text, "preference", id=f"n{n}")
    await memory.remember("Ada likes green tea", "insight", id="other")

    assert (await memory.maintain()).merged == 1
    assert {n.note_id for n in await memory.notes.list()} == {"n0", "n2", "other"}
    assert (await memory.maintain()).merged == 0


async def test_a_fact_that_is_held_is_not_merged_and_keeps_its_evidence(memory: Memory) -> None:
    for n in range(3):
        await memory.messages.add(Message("c1", "user", f"number {n}", f"m{n}"))
        await memory.facts.add(
            KeyFact("Ada likes tea", fact_id=f"f{n}", original_message_ids=(f"m{n}",),
                    conversation_id="c1", subject="Ada")
        )  # fmt: skip
    await memory.hold("f2", reason="a lawsuit")

    assert (await memory.maintain()).merged == 1
    rows = await memory.backend.query("evidence")
    assert {(r["fact_id"], r["message_id"]) for r in rows} == {
        ("f0", "m0"), ("f0", "m1"), ("f2", "m2"),
    }  # fmt: skip


async def test_the_settings_say_when_items_age(tmp_path: Path) -> None:
    (tmp_path / "engrammic.toml").write_text(
        "[tiers]\nmax_hot_messages = 3\nweights = {similarity = 1, recency = 0, importance = 0}\n"
    )
    async with engrammic.open(tmp_path, embedder="none") as memory:
        assert memory.tiers.config.max_hot_messages == 3
        assert memory.scoped(user="x").tiers.config.weights.similarity == 1
    for wrong in ("most = 3", "max_hot_messages = -1", "weights = {similarity = 2}", "weights = 1"):
        (tmp_path / "engrammic.toml").write_text(f"[tiers]\n{wrong}\n")
        with pytest.raises(InvalidSettings, match="tiers"):
            await engrammic.open(tmp_path, embedder="none")
