"""Searching through the graph: the modes graph and multi, on every database."""

from __future__ import annotations

import pytest
from tests.conftest import NOON, HandClock

import engrammic
from engines import SCHEMES, Engines
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput
from engrammic.scope import Scope
from engrammic.tiers.config import HOUR
from engrammic.tiers.fallback import fallback_fact, summary_of

SAID = (
    "src/login.py imports auth.py and calls verify_token().",
    "auth.py depends on crypto.py",
    "crypto.py uses RS256 of the OpenSSL library",
    "The weather is nice",
    "billing.py imports stripe.py",
)
QUERY = "what is behind login.py?"


async def told(memory: Memory, *, read: bool = True) -> None:
    await memory.messages.add_batch(
        [Message("c1", "user", t, f"m{n}", created_at=NOON + n) for n, t in enumerate(SAID)]
    )
    if read:
        await memory.learn()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_each_relation_more_is_one_step_further(engines: Engines, scheme: str) -> None:
    async with engrammic.open(engines.new(scheme), embedder=HashingEmbedder()) as memory:
        await told(memory)
        for depth, wanted in enumerate((["m0"], ["m0", "m1"], ["m0", "m1", "m2"])):
            hits = await memory.search(QUERY, mode="graph", depth=depth)
            assert [hit.id for hit in hits] == wanted
            assert (hits.mode, hits.notes) == ("graph", ())
        assert "by src/login.py - auth.py - crypto.py" in hits[2].explain()
        multi = await memory.search(QUERY, mode="multi")
        assert [hit.id for hit in multi][:3] == ["m0", "m1", "m2"]
        assert multi.mode == "multi"


async def test_filters_come_before_the_page_is_cut(memory: Memory) -> None:
    await told(memory)
    hits = await memory.search(QUERY, mode="graph", limit=1, since=NOON + 1)
    assert [hit.id for hit in hits] == ["m1"]
    assert not await memory.search(QUERY, mode="graph", kinds=["note"])


async def test_what_the_graph_does_not_know_is_found_by_words_and_told(memory: Memory) -> None:
    await told(memory, read=False)
    hits = await memory.search("the nice weather", mode="graph")
    assert hits.mode in ("hybrid", "keyword")
    assert hits[0].id == "m3"
    assert any("the graph knows nothing that the query names" in note for note in hits.notes)
    assert any("nothing of 5 messages yet" in note for note in hits.notes)
    await memory.learn()
    multi = await memory.search("the nice weather", mode="multi")
    assert (multi[0].id, multi.mode) == ("m3", "multi")
    assert not any("graph" in note for note in multi.notes)


async def test_no_way_leads_into_another_scope(engines: Engines) -> None:
    async with engrammic.open(engines.new("sqlite"), scope=Scope(tenant="a")) as mine:
        theirs = mine.scoped(tenant="b")
        await told(mine)
        await theirs.messages.add(Message("c1", "user", "login.py imports pencil.py", "t0"))
        await theirs.learn()
        for mode in ("graph", "multi"):
            hits = await theirs.search(QUERY, mode=mode, depth=9)
            assert [hit.id for hit in hits] == ["t0"]


async def test_a_summary_and_a_fact_stand_for_their_message(memory: Memory) -> None:
    await told(memory)
    for one in ("m1", "m2"):
        message = await memory.messages.get(one)
        assert message is not None
        summary = summary_of(message)
        await memory.tiers.demote_to_warm(one, summary)
    await memory.tiers.demote_to_cold("m2", fallback_fact(summary))
    hits = await memory.search(QUERY, mode="graph")
    assert [hit.kind for hit in hits] == ["message", "summary", "fact"]
    assert [hit.tier for hit in hits] == ["hot", "warm", "cold"]


async def test_a_message_that_goes_takes_the_way_along(memory: Memory, clock: HandClock) -> None:
    await told(memory)
    await memory.delete("m1")
    assert [hit.id for hit in await memory.search(QUERY, mode="graph", depth=9)] == ["m0"]
    await memory.messages.add(
        Message("c1", "user", SAID[1], "brief", created_at=NOON + 9, expires_at=clock() + HOUR)
    )
    await memory.learn()
    found = await memory.search(QUERY, mode="graph")
    assert {hit.id for hit in found} == {"m0", "brief", "m2"}
    clock.forward(2 * HOUR)
    assert "brief" not in {hit.id for hit in await memory.search(QUERY, mode="graph")}


async def test_hubs_say_little(memory: Memory) -> None:
    await told(memory)
    await memory.messages.add_batch(
        [Message("c2", "user", f"auth.py again, number {n}", f"h{n}") for n in range(60)]
    )
    await memory.learn()
    hits = await memory.search("crypto.py and auth.py", mode="graph", limit=2)
    assert [hit.id for hit in hits] == ["m1", "m2"]


async def test_bad_input_names_the_argument(memory: Memory) -> None:
    await told(memory)
    for name, given in (
        ("depth", {"depth": -1}), ("depth", {"depth": 33}), ("depth", {"depth": "2"}),
        ("mode", {"mode": "graphs"}), ("query", {"mode": "graph"}), ("limit", {"limit": 0}),
    ):  # fmt: skip
        query = " " if name == "query" else QUERY
        with pytest.raises(InvalidInput, match=name):
            await memory.search(query, **{"mode": "graph", **given})  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="mode"):
        await memory.messages.search(QUERY, mode="graph")


async def test_names_are_no_query_language(memory: Memory) -> None:
    await told(memory)
    for query in ("login.py' OR '1'='1", 'MATCH (n) RETURN n; "login.py"', "login.py) OR *"):
        hits = await memory.search(query, mode="graph", depth=0)
        assert [hit.id for hit in hits] == ["m0"]
