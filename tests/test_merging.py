"""What says the same becomes one, but what must stay as it is."""

from __future__ import annotations

from engrammic import Memory, Message
from engrammic.items import KeyFact


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
