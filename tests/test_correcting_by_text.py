"""A correction by text takes what a person would take, and leaves the rest of it word for word."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

import engrammic
from engrammic import Message
from engrammic.claims.attributes import attributes, kinds
from engrammic.claims.listings import left_of
from engrammic.claims.parts import parts, replaced
from engrammic.errors import InvalidInput, NotFound
from engrammic.likeness import called, framed, is_state_of_same

OMAR = "Omar drives a Tesla while his wife Lina drives a Volvo."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (OMAR, ["Omar drives a Tesla", "Omar's wife Lina drives a Volvo."]),
        ("Bea, who lives in Oslo, plays the harp.", ["Bea plays the harp.", "Bea lives in Oslo."]),
        ("The API uses Redis, which runs on port 6379.",
         ["The API uses Redis.", "Redis runs on port 6379."]),
        ("Nils is 34, lives in Bonn and works for IKEA.",
         ["Nils is 34", "Nils lives in Bonn", "Nils works for IKEA."]),
        ("Although Pablo grew up in Lima, he lives in Quito.",
         ["Pablo grew up in Lima", "Pablo lives in Quito."]),
        ("Ines plays tennis on Mondays and chess on Fridays.",
         ["Ines plays tennis on Mondays", "Ines plays chess on Fridays."]),
        ("Kim works at Shell and her brother at BP.",
         ["Kim works at Shell", "her brother works at BP."]),
        ("Tom likes tea but hates coffee; Eve likes both.",
         ["Tom likes tea", "Tom hates coffee", "Eve likes both."]),
        ("I like cooking and hiking.", ["I like cooking and hiking."]),
    ],
)  # fmt: skip
def test_a_sentence_is_told_clause_by_clause_each_with_its_subject(
    text: str, told: list[str]
) -> None:
    assert [p.text for p in parts(text)] == told


def test_what_stays_keeps_the_name_that_its_pronoun_stood_for() -> None:
    text = "Ada joined in May. She lives in Utrecht."
    assert replaced(text, parts(text), 0, "It was June.") == "It was June. Ada lives in Utrecht."


@pytest.mark.parametrize(
    ("statement", "asked", "content", "left"),
    [
        ("Mei is allergic to nuts and shellfish.", "Mei's nut allergy", "Mei may eat nuts.",
         "Mei is allergic to shellfish."),
        ("Sofia speaks Spanish, Catalan and English.", "Sofia speaks Catalan",
         "Sofia speaks Basque.", "Sofia speaks Spanish and English."),
        ("Mei is allergic to nuts and shellfish.", "Mei's allergies", "Mei is allergic to soy.",
         ""),
        ("The standup is at 9:15 in room Birch.", "", "The standup is at 10:00.",
         "The standup is in room Birch"),
        ("The standup is at 9:15 in room Birch.", "", "The standup is in room Elm.",
         "The standup is at 9:15"),
        ("The standup is at 9:15 in room Birch.", "", "The standup is at 10:00 in room Elm.", ""),
        ("Tom lives in Oslo since 2019.", "", "Tom lives in Rome.", ""),
    ],
)  # fmt: skip
def test_a_value_is_replaced_in_its_list_and_a_time_without_its_place(
    statement: str, asked: str, content: str, left: str
) -> None:
    assert left_of(statement, asked, content) == left


def test_names_are_told_from_the_words_that_only_open_a_sentence() -> None:
    assert called("Priya's cat met Dr Venn. Deploys go out on Monday.") == {"priya", "dr", "venn"}
    assert framed("Priya lives in flat 12") == "lives in flat"
    assert kinds("at 9:15 on Monday, 40 euros") >= {"clock", "weekday", "euro"}
    assert "work" in attributes("her employer") & attributes("she works for Halden")


def test_two_states_of_one_thing_are_known_by_their_subject_and_frame() -> None:
    assert is_state_of_same("The team has 7 members.", "The team has 9 members.")
    assert not is_state_of_same("The flat in Porto costs 9 euros.", "The flat in Lyon costs 9.")


async def test_of_two_states_the_newer_is_meant_and_of_two_siblings_none() -> None:
    ticks = count(1_790_000_000_000)
    async with engrammic.open(":memory:", embedder="hashing", clock=lambda: next(ticks)) as memory:
        await memory.remember("The team has 7 members.")
        newer = await memory.remember("The team has 9 members.")
        assert (await memory.find_same("how many members the team has")).id == newer.id

        await memory.remember("Nadia's flat in Porto is cold.")
        await memory.remember("Nadia's flat in Lyon is cold.")
        with pytest.raises((InvalidInput, NotFound)):
            await memory.find_same("Nadia's flat is cold")


async def test_what_is_true_now_tells_which_memory_is_meant() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        await memory.remember("Priya lives in Leeds.")
        work = await memory.remember("Priya works for Halden Freight.")
        await memory.remember("Tom lives in Bruges.")
        new = await memory.correct("please correct Priya's job", "Priya works for Northwind Rail.")
        assert await memory.get(work.id or "") is None
        assert new.content == "Priya works for Northwind Rail."


async def later(memory: engrammic.Memory) -> int:
    """A moment behind which nothing of before is written."""
    await asyncio.sleep(0.003)
    moment = memory.clock()
    await asyncio.sleep(0.003)
    return moment


@pytest.mark.parametrize("as_message", [True, False])
async def test_after_several_corrections_only_the_last_is_found_and_each_at_its_time(
    as_message: bool,
) -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        if as_message:
            await memory.messages.add(Message("c", "user", OMAR))
        else:
            await memory.remember(OMAR)
        times = [await later(memory)]
        for car in ("Renault", "Kia", "Fiat"):
            await memory.correct("the car that Omar drives", f"Omar drives a {car} now.")
            times.append(await later(memory))
        found = " ".join(h.text for h in await memory.search("what Omar drives", limit=5))
        assert "Fiat" in found
        assert "Omar's wife Lina drives a Volvo" in found
        assert not any(old in found for old in ("Tesla", "Renault", "Kia"))
        for moment, car in zip(times, ("Tesla", "Renault", "Kia", "Fiat"), strict=True):
            past = await memory.search("what Omar drives", limit=1, as_of=moment)
            assert car in past[0].text
