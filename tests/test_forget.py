"""What is forgotten is gone: rows, what came of them, and the bytes; and does not come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import NOON, HandClock

import engrammic
from engines import Engines
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, KeptOut
from engrammic.forgetting.scan import pieces, scan
from engrammic.tiers.fallback import fallback_fact, summary_of

CANARY = "the canary Quetzalcoatl sings in the coal mine of Arkhangelsk at dawn"


async def filled(memory: Memory) -> None:
    message = await memory.messages.add(
        Message(
            "c1", "user", CANARY, "m1", "Ann", created_at=NOON, metadata={"bird": "Quetzalcoatl"}
        )
    )
    await memory.messages.add(Message("c1", "user", "a plain neighbour", "m2", created_at=NOON + 1))
    second = await memory.messages.add(
        Message("c1", "user", CANARY + " again", "m3", created_at=NOON + 2)
    )
    await memory.tiers.demote_to_warm("m3", summary_of(second))
    summary = await memory.summaries.get("m3")
    assert summary is not None
    await memory.tiers.demote_to_cold("m3", fallback_fact(summary))
    note = await memory.remember("Quetzalcoatl is a bird", id="n1")
    await memory.supersede("n1", "Quetzalcoatl is a canary, a yellow bird")
    await memory.remember("a canary is yellow", id="n2")
    assert message.id == "m1"
    assert note.id == "n1"


@pytest.mark.parametrize("scheme", ["memory", "sqlite", "files", "lance"])
async def test_no_byte_is_left(
    scheme: str, engines: Engines, clock: HandClock, tmp_path: Path
) -> None:
    async with engrammic.open(
        engines.new(scheme), embedder=HashingEmbedder(), clock=clock
    ) as memory:
        await filled(memory)
        dry = await memory.forget(subject="Quetzalcoatl", dry_run=True)
        assert await memory.search("canary Quetzalcoatl", limit=1)

        report = await memory.forget(subject="quetzalcoatl")

        assert dict(report.counts) == {"message": 2, "note": 1, "version": 1}
        assert dry.forgotten >= report.forgotten > 0
        assert report.state == "erased"
        assert report.traces in (None, [])
        assert await memory.verify_report(report)
        assert not await memory.verify_report(replace(report, at=report.at + 1))
        hits = await memory.search("canary Quetzalcoatl sings", limit=50)
        assert {h.id for h in hits} == {"m2", "n2"}
        places = (await memory.backend.scrub()).places
        assert scan(places, [b"Quetzalcoatl", b"quetzalcoatl", b"Arkhangelsk"]) == []
        assert "Quetzalcoatl" not in repr(report)


async def test_what_was_forgotten_does_not_come_back_by_import(memory: Memory) -> None:
    await memory.messages.add(Message("c1", "user", CANARY, "m1"))
    await memory.forget(["m1"])

    with pytest.raises(KeptOut):
        await memory.messages.add(Message("c1", "user", CANARY, "m1"))
    await memory.messages.add(Message("c1", "user", CANARY, "m2"))
    assert await memory.search("canary") != []


async def test_subjects_are_whole_words(memory: Memory) -> None:
    for n, mail in enumerate(("alice@example.org", "malice@example.org", "alice@example.com")):
        await memory.remember(f"write to {mail}", id=f"n{n}")

    report = await memory.forget(subject="alice@example.org")

    assert report.forgotten == 1
    assert {n.note_id for n in await memory.notes.list()} == {"n1", "n2"}


async def test_what_is_held_is_listed_and_stays(memory: Memory) -> None:
    await memory.remember("evidence about Ada", id="n1")
    await memory.hold("n1", reason="case 7")

    report = await memory.forget(subject="Ada")

    assert report.forgotten == 0
    assert dict(report.kept) == {"n1": "under legal hold"}
    assert await memory.get("n1") is not None


async def test_earlier_versions_of_what_is_held_stay_too(memory: Memory) -> None:
    for item_id in ("n1", "n2"):
        await memory.remember("evidence about Ada", id=item_id)
        await memory.update(item_id, content="evidence about Ada Byron")
    await memory.hold("n1", reason="case 7")

    report = await memory.forget(subject="Ada")

    assert dict(report.kept) == {"n1": "under legal hold"}
    assert [v.content for v in (await memory.why("n1")).versions] == ["evidence about Ada"]
    assert await memory.tiers.versions.of("note", "n2") == []


async def test_what_would_go_is_shown_first(memory: Memory) -> None:
    for number in range(3):
        await memory.remember(f"Ada's fact {number}", id=f"n{number}")
    await memory.update("n2", content="nobody's fact")
    await memory.remember("Tom's fact", id="t")

    look = await memory.forgettable(subject="Ada", limit=2)

    assert look.report.dry_run
    assert look.report.counts == {"note": 2, "version": 1}
    assert set(look.ids) == {"n0", "n1", "n2"}
    assert len(look.items) == 2
    assert [i.content for i in (await memory.forgettable(["t"])).items] == ["Tom's fact"]
    with pytest.raises(InvalidInput, match="limit"):
        await memory.forgettable(["t"], limit=-1)
    assert len(await memory.notes.list()) == 4


async def test_a_dry_run_counts_as_the_run_does(memory: Memory) -> None:
    await memory.remember("Ada likes tea", id="n0")
    await memory.update("n0", content="Ada likes coffee")
    await memory.remember("Ada lives in Leeds", id="n1")
    await memory.supersede("n1", "She lives in York")

    look = await memory.forgettable(subject="Ada")
    report = await memory.forget(subject="Ada")

    assert look.report.counts == report.counts == {"note": 1, "version": 1}
    assert {i.content for i in look.items} == {"Ada likes coffee", "Ada lives in Leeds"}


async def test_something_must_be_named(memory: Memory) -> None:
    await memory.remember("stays")
    for bad in ({}, {"subject": " ?! "}):
        with pytest.raises(InvalidInput):
            await memory.forget(**bad)
    assert len(await memory.notes.list()) == 1


async def test_another_scope_keeps_its_own(memory: Memory) -> None:
    other = memory.scoped(user="other")
    await other.ready()
    await other.remember("Ada is theirs", id="n1")
    await memory.remember("Ada is mine", id="n1")

    assert (await memory.forget(subject="Ada")).forgotten == 1
    assert await other.get("n1") is not None
    await other.remember("Ada is mine", id="n2")


def test_pieces_fit_between_pages() -> None:
    assert pieces("short") == []
    assert all(len(p) == 24 for p in pieces(CANARY))
    assert pieces(CANARY)[0] == CANARY[:24].encode()
