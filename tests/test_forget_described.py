"""A subject may be described: what it is of goes, and what only resembles it stays."""

from __future__ import annotations

import pytest

import engrammic
from engrammic.embed.base import Embedder
from engrammic.embed.hashing import HashingEmbedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput
from engrammic.mentions.descriptions import described, telling_words
from tiny_bert import HAS_MINILM

BESIDE = ("The lift is out of order until Monday.", "Lunch moves to half past twelve.")


async def left_of(
    subject: str | list[str], *texts: str, exact: bool = False, embedder: Embedder | None = None
) -> tuple[str, list[str]]:
    """How a subject is read, and which of the texts are left when it is forgotten."""
    given = embedder or HashingEmbedder()
    async with engrammic.open(":memory:", embedder=given) as memory:
        for text in (*texts, *BESIDE):
            await memory.remember(text)
        report = await memory.forget(subject=subject, exact=exact, scan=False)
        found = {note.content for note in await memory.notes.list()}
    assert set(BESIDE) <= found
    assert report.forgotten == len(texts) - len(found - set(BESIDE))
    return report.reading, [text for text in texts if text in found]


@pytest.mark.parametrize(
    ("subject", "gone", "stays"),
    [
        ("order history of greta@fjord.example", ["greta@fjord.example bought a tent"],
         ["greta.lund@fjord.example bought a stove", "Greta likes tents"]),
        ("signing key pk-9f31aa07", ["The signing key is pk-9f31aa07"],
         ["The signing key is pk-9f31aa08", "Signing keys are rotated each May"]),
        ("/srv/mail/rules current version", ["/srv/mail/rules is in use"],
         ["/srv/mail/rules.old is kept"]),
        ("tide_board budget sheet", ["tide_board has 40 seats"], ["tide_board_2 has 60 seats"]),
        ("serial 5512-88-401 (unhyphenated 551288401)",
         ["Pump 5512-88-401 was serviced", "pump 551288401 leaks"], ["Pump 5512-88-402 is new"]),
        ("QUILL-DESK archive service", ["The archive is QUILL-DESK", "notes say Quill Desk",
         "scripts read quill_desk"], ["The quill lies on the desk"]),
        ("device 0A:1B:2C:3D:4E", ["0A:1B:2C:3D:4E went offline"],
         ["0A:1B:2C:3D:4E:5F went offline"]),
    ],
)  # fmt: skip
async def test_an_identifier_is_enough(subject: str, gone: list[str], stays: list[str]) -> None:
    assert await left_of(subject, *gone, *stays) == ("identifier", stays)


async def test_a_tagged_mailbox_is_meant_by_a_description_alone() -> None:
    texts = ["greta@fjord.example bought a tent", "greta+news@fjord.example unsubscribed"]
    assert await left_of("greta@fjord.example", *texts) == ("named", texts[1:])
    assert await left_of("data of greta@fjord.example", *texts) == ("identifier", [])
    assert await left_of("greta@fjord.example", texts[1]) == ("", texts[1:])


async def test_an_identifier_may_go_on_behind_a_mark_if_only_one_does() -> None:
    assert await left_of("access token tk_55fe20", "It is tk_55fe20-live") == ("identifier", [])
    assert (await left_of("tide_board budget", "tide_board_2 has 60 seats"))[0] == ""
    two = ["It is tk_55fe20-live", "It is tk_55fe20-test"]
    assert await left_of("access token tk_55fe20", *two) == ("", two)


async def test_what_holds_all_identifiers_is_meant_unless_they_are_alternatives() -> None:
    texts = [
        "batch ZKX-10234 in depot 77810-042",
        "batch ZKX-10234 sold",
        "depot 77810-042 painted",
    ]
    assert await left_of("batch ZKX-10234 depot 77810-042", *texts) == ("identifier", texts[1:])
    assert (await left_of("batch ZKX-10234 / depot 77810-042", *texts))[1] == []


@pytest.mark.parametrize(
    ("subject", "gone", "stays"),
    [
        ("Marta Weiss profile information",
         ["Marta Weiss lives in Graz", "Marta Weiss plays chess"], ["Marta Weissman skis"]),
        ("Marta Weiss dental record", ["Marta Weiss lost a tooth", "Marta Weiss plays chess"],
         ["Jonas lost a tooth"]),
        ("Marta Weiss's insurance", ["Marta Weiss has insurance with Alba"],
         ["Marta Weiss plays chess", "Jonas has insurance with Alba"]),
        ("client Weiss, Marta (Márta Weisz)", ["Weiss, Marta signed", "Márta Weisz paid"],
         ["Jonas Weiss signed"]),
        ("Sofia Marin / София Марин account", ["София Марин asked", "Sofia Marin called"],
         ["Sofia Moran called"]),
        ("Marta's HZ-4 vaccination", ["Marta had her HZ-4 vaccination"],
         ["Jonas had his HZ-4 vaccination", "Marta plays chess"]),
        ("inspection of 2031-03-04", ["The inspection on 04/03/2031 passed"],
         ["2031-03-04 is a holiday", "The inspection is yearly"]),
    ],
)  # fmt: skip
async def test_a_name_is_narrowed_by_the_words_that_say_which(
    subject: str, gone: list[str], stays: list[str]
) -> None:
    assert await left_of(subject, *gone, *stays) == ("name", stays)


@pytest.mark.skipif(not HAS_MINILM, reason="all-MiniLM-L6-v2 is not installed")
async def test_without_a_shared_word_what_is_nearest_in_meaning_is_meant() -> None:
    minilm = load_embedder("all-MiniLM-L6-v2")
    texts = ["Ines earns 4,200 euros a month", "Ines collects old maps of Lisbon"]
    told = await left_of("Ines salary", *texts, embedder=minilm)
    assert told == ("name", texts[1:])
    left = await left_of("Ines salary", texts[1], embedder=minilm)
    assert left == ("", texts[1:])


async def test_without_a_name_an_item_must_hold_all_words() -> None:
    texts = ["The root password of the printer is heron", "The printer is on the second floor"]
    assert await left_of("printer root password", *texts) == ("words", texts[1:])
    ahead = ["division glazing reports to Ruth", "division glazing-tools reports to Omar"]
    assert await left_of("division glazing reporting line", *ahead) == ("words", ahead[1:])
    near = ["the cabin wifi admin password is heron"]
    assert await left_of("cabin wifi guest password", *near) == ("", near)
    level = ["the blue kiln is in hall 2", "the blue kiln needs oil"]
    assert await left_of("blue kiln fuse", *level) == ("", level)


@pytest.mark.parametrize("subject", ["Ann Lee", "Ann Lee records", "kiln", "unheard of"])
async def test_a_name_alone_takes_nothing_that_only_holds_its_words(subject: str) -> None:
    texts = ["Lee met Ann in Turku", "Ann Leeds sings"]
    assert await left_of(subject, *texts) == ("", texts)


async def test_what_is_named_as_given_is_not_read_any_further() -> None:
    texts = ["Ida Holm has a dog", "Ida has an old lease", "Holm is an island"]
    assert await left_of("Ida Holm", *texts) == ("named", texts[1:])


async def test_exact_forbids_reading() -> None:
    texts = ["greta@fjord.example bought a tent"]
    assert await left_of("greta@fjord.example orders", *texts, exact=True) == ("named", texts)


async def test_an_exception_is_refused_and_nothing_goes() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        await memory.remember("Ines was born in May")
        with pytest.raises(InvalidInput, match="birthday"):
            await memory.forget(subject="everything about Ines except her birthday")
        assert len(await memory.notes.list()) == 1


async def test_everything_about_somebody_is_understood() -> None:
    texts = ["Ines was born in May", "Jonas was born in May"]
    assert await left_of("everything about Ines", *texts) == ("named", texts[1:])


async def test_of_several_subjects_each_is_read() -> None:
    texts = ["greta@fjord.example bought a tent", "Marta Weiss skis", "Jonas skis"]
    read = await left_of(["greta@fjord.example orders", "Marta Weiss profile"], *texts)
    assert read == ("identifier", texts[2:])


def test_a_description_in_parts() -> None:
    one = described("Kim Minjun 김민준 case_id 40217 on COVID-19 of March 3, 2031")
    assert one.names == ("Kim Minjun", "김민준")
    assert one.days == ("March 3, 2031",)
    assert one.identifiers == ("40217",)
    assert one.codes == ("COVID-19",)
    assert one.one_of_several
    assert "case_id" in one.which


def test_numbers_in_groups_are_one() -> None:
    assert described("call +43 (660) 555 0199 logs").identifiers == ("+43 (660) 555 0199",)
    assert described("budget of 2031").identifiers == ()


def test_hyphens_join_telling_words() -> None:
    assert telling_words("the glazing-tools of Ruth's division") == [
        "glazing-tool", "ruth", "divis",
    ]  # fmt: skip
