"""Nothing that tenant A wrote is read by tenant B, whatever public method B calls.

`ENGRAMMIC_LEAKAGE_READS=100000` makes as many random reads on each database.
"""

from __future__ import annotations

import inspect
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import HandClock

import engrammic
from engines import Engines
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import EngrammicError
from engrammic.filters import eq
from engrammic.items import KeyFact
from engrammic.stores.entities import EntityStore
from engrammic.stores.graph import SimpleGraphStore
from engrammic.tiers.fallback import fallback_fact, summary_of
from engrammic.triples.nouns import GraphTriple
from engrammic.triples.walk import Direction

READS = int(os.environ.get("ENGRAMMIC_LEAKAGE_READS", "1200"))
CANARY = "zzcanary"
ITEMS = 8

WRITES = frozenset(
    [
        "add",
        "add_batch",
        "add_canonical_message",
        "add_extraction",
        "add_extractions",
        "add_message",
        "allow",
        "change",
        "close",
        "create",
        "delete",
        "delete_by_conversation",
        "delete_expired",
        "delete_messages",
        "delete_where",
        "demote_to_cold",
        "demote_to_warm",
        "drain_contradictions",
        "evict_expired",
        "fill_in",
        "forget",
        "hold",
        "keep",
        "import_files",
        "maintain",
        "merge",
        "promote_to_hot",
        "put",
        "raise_up",
        "rate",
        "ready",
        "record_access",
        "reject",
        "release",
        "release_hold",
        "remember",
        "report",
        "resolve",
        "retire",
        "state",
        "supersede",
        "touch",
        "undo",
        "unlocked",
        "update",
        "delete_entity",
        "clear",
        "delete_sources",
        "delete_triples",
        "upsert_entities",
        "upsert_triples",
        "restore",
        "entries",
        "indexed_again",
        "made",
        "verify_report",
    ]
)
"""What changes something or only prepares a change; `test_no_verb_of_b` looks at the verbs."""

IDS = tuple(f"{kind}{n}" for kind in ("m", "n", "f") for n in range(ITEMS))
TEXTS = ("owl in the mill", "Mathilda", "heron by the river", "mill owl 3", "the latest owl")
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("query", "text", "content", "claim", "name", "entity_name"), TEXTS),
    **dict.fromkeys(("item_id", "message_id", "version_id", "move_id", "event_id"), IDS),
    **dict.fromkeys(("ids", "item_ids", "message_ids"), (IDS, IDS[:3], IDS[5:6])),
    "names": (None, ("Mathilda",), TEXTS[:2]),
    "conversation_id": ("c1", "c2"),
    "kind": ("message", "note", "summary", "fact"),
    "limit": (1, 10, 50),
    "count": (1, 10),
    "most": (1, 50),
    "named": (("Mathilda",), TEXTS[:2]),
    "tier": ("hot", "warm"),
    "entity_type": ("person", "concept", "file"),
    "mode": ("hybrid", "vector", "keyword", "graph", "multi"),
    "as_of": (None,),
    "max_tokens": (500,),
    "where": (None, eq("conversation_id", "c1")),
    "after": ("",),
    "moment": (0, 10**12),
    "subject": (None, "Mathilda", TEXTS[0]),
    **dict.fromkeys(("key", "start", "end"), (("mathilda", "owl"), ("Mathilda", ""), ("mill", ""))),
    "keys": ([GraphTriple("Mathilda", "x", "mill").head],),
    "direction": tuple(Direction),
}


def methods(thing: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, member in inspect.getmembers(thing):
        reads = inspect.iscoroutinefunction(member) or inspect.isasyncgenfunction(member)
        if not reads or name.startswith("_") or name in WRITES:
            continue
        if "reader" not in inspect.signature(member).parameters:
            yield name, member


def doors(memory: Memory) -> list[tuple[str, Callable[..., Any]]]:
    """Every public read of the memory and of what it is made of."""
    tiers = memory.tiers
    things = (
        memory, memory.messages, memory.notes, memory.conversations, memory.summaries, memory.facts,
        tiers, tiers.standing, tiers.moves, tiers.versions,
        EntityStore(memory.messages.backend), SimpleGraphStore(memory.messages.backend),
    )  # fmt: skip
    return [(f"{type(t).__name__}.{name}", call) for t in things for name, call in methods(t)]


def drawn(call: Callable[..., Any], rng: random.Random) -> dict[str, Any]:
    found = {}
    for name, parameter in inspect.signature(call).parameters.items():
        needed = parameter.default is parameter.empty
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if needed or (name in ARGUMENTS and name != "after" and rng.random() < 0.5):
            found[name] = rng.choice(ARGUMENTS[name])
    return found


async def told(call: Callable[..., Any], given: dict[str, Any]) -> str:
    try:
        if inspect.isasyncgenfunction(call):
            return repr([one async for one in call(**given)])
        return repr(await call(**given))
    except EngrammicError as error:
        return repr(error)


async def filled(memory: Memory, mark: str) -> None:
    for n in range(ITEMS):
        said = f"{mark} owl Mathilda in the mill {n}"
        await memory.messages.add(Message("c1", "user", said, f"m{n}", mark, metadata={"k": mark}))
        await memory.remember(f"{mark} heron by the river {n}", id=f"n{n}", source=mark)
        await memory.facts.add(KeyFact(f"{mark} Mathilda is owl {n}", f"f{n}"))
    await memory.conversations.update("c1", title=mark)
    message = await memory.messages.get("m0")
    assert message is not None
    await memory.tiers.demote_to_warm("m0", summary_of(message), reason=mark)
    summary = await memory.summaries.get("m0")
    assert summary is not None
    await memory.tiers.demote_to_cold("m0", fallback_fact(summary), reason=mark)
    await memory.supersede("n1", f"{mark} the heron left", reason=mark)
    await memory.reject("n2", reason=mark)
    graph = SimpleGraphStore(memory.messages.backend)
    await graph.upsert_triples([GraphTriple("Mathilda", mark, "mill", properties={"k": mark})])


@pytest.mark.parametrize("scheme", ["memory", "sqlite"])
async def test_nothing_of_a_is_read_by_b(scheme: str, engines: Engines, clock: HandClock) -> None:
    embedder = HashingEmbedder()
    async with engrammic.open(engines.new(scheme), embedder=embedder, clock=clock) as memory:
        await filled(memory.scoped(tenant="a"), CANARY)
        b = memory.scoped(tenant="b")
        await filled(b, "plain")
        open_doors, rng = doors(b), random.Random(4)
        assert len(open_doors) > 50
        seen = await told(memory.scoped(tenant="a").search, {"query": "owl"})
        assert CANARY in seen

        leaks = []
        for n in range(READS):
            name, call = open_doors[n % len(open_doors)]
            given = drawn(call, rng)
            if CANARY in await told(call, given):
                leaks.append((name, given))

        assert leaks == []


async def state(memory: Memory) -> list[str]:
    texts = [repr(await memory.list(kind)) for kind in ("message", "note", "fact", "summary")]
    return [*texts, *[repr(await memory.tiers.moves.of("note", f"n{n}")) for n in range(ITEMS)]]


@pytest.mark.parametrize("scheme", ["memory", "sqlite"])
async def test_no_verb_of_b_touches_what_is_a_s(
    scheme: str, engines: Engines, clock: HandClock
) -> None:
    """Merging, ageing, forgetting and tombstones stop at the wall."""
    url, embedder = engines.new(scheme), HashingEmbedder()
    async with engrammic.open(url, embedder=embedder, clock=clock) as memory:
        a, b = memory.scoped(tenant="a"), memory.scoped(tenant="b")
        await filled(a, CANARY)
        await filled(b, CANARY)
        before = await state(a)

        clock.forward(90 * 24 * 3_600_000)
        await b.maintain()
        await b.reject("n3")
        await b.forget(subject="Mathilda", scan=False)
        await b.forget(subject="heron", scan=False)

        assert await state(a) == before
        stays = await a.notes.get("n3")
        assert stays is not None
        assert await a.remember(stays.content, id="again")
        assert not await b.search("owl heron", limit=9)
        with pytest.raises(EngrammicError):
            await b.why("again")
