"""An item is known by what it says, in whichever sentence, and corrected in that place."""

from __future__ import annotations

import pytest

import engrammic
from engrammic.claims.parts import parts, replaced
from engrammic.errors import InvalidInput, NotFound
from engrammic.text.sentences import sentences, windows
from engrammic.text.squeezed import holds_identifiers

ADA = "Ada joined in May. She lives in Utrecht and works as a nurse. Her laugh fills the hall."


def test_a_sentence_ends_where_a_reader_sees_its_end() -> None:
    assert sentences("Ask Dr. Ada, or v2.4 of it. Then wait! 5 pm?") == [
        "Ask Dr. Ada, or v2.4 of it.", "Then wait!", "5 pm?",
    ]  # fmt: skip
    assert windows("One. Two. Three.", 2) == ["One.", "Two.", "One. Two."]
    assert windows("Only one.", 9) == []


def test_what_and_joins_is_two_statements_and_a_list_is_one() -> None:
    assert [p.text for p in parts(ADA)][1:3] == ["She lives in Utrecht", "She works as a nurse."]
    assert [p.text for p in parts("I like eggs and milk.")] == ["I like eggs and milk."]
    assert replaced(ADA, parts(ADA), 1, "Ada lives in Ghent.") == (
        "Ada joined in May. She works as a nurse. Ada lives in Ghent. Her laugh fills the hall."
    )


@pytest.mark.parametrize(
    ("asked", "text", "held"),
    [
        ("version 2.4.0", "it is at v2.4", True),
        ("version 2.4.1", "it is at v2.4", False),
        ("a budget of 12,000", "a budget of 12k", True),
        ("a budget of 12k", "a budget of 12,000", True),
        ("June 5th", "the fifth of June", True),
        ("the 21st", "the twenty-first", True),
        ("on the 30th", "the thirtieth", True),
        ("June 6th", "the fifth of June", False),
    ],
)
def test_a_number_is_known_in_its_other_spellings(asked: str, text: str, held: bool) -> None:
    assert holds_identifiers(asked, text) is held


async def test_a_long_item_is_known_by_one_of_its_sentences() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        ada = await memory.remember(ADA)
        await memory.remember("Ada's brother Oleg lives in Eindhoven.")
        assert (await memory.find_same("She works as a nurse")).id == ada.id


async def test_a_correction_leaves_the_rest_of_its_item() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        old = await memory.remember(ADA)
        then = memory.clock()
        new = await memory.correct("She lives in Utrecht", "Ada lives in Ghent.")

        assert new.content == replaced(ADA, parts(ADA), 1, "Ada lives in Ghent.")
        assert await memory.get(old.id or "") is None
        assert [h.text for h in await memory.search("Utrecht", as_of=then)] == [ADA]
        with pytest.raises((NotFound, InvalidInput)):
            await memory.correct("the invoice of the plumber", "It is paid.")


@pytest.mark.parametrize(
    ("subject", "text", "goes"),
    [
        ("Ada Byron", 'Met Ada "Addie" Byron today', True),
        ("Ada Byron", "Met Ada (Addie) Byron today", True),
        ("Prof. Weatherby", "Weatherby's desk is free", True),
        ("Dr Who", "who is it", False),
        ("B-KX 7781", "the van bkx7781 again", True),
        ("B-KX 7781", "the van bkx77810 again", False),
    ],
)
async def test_a_subject_is_known_by_its_name(subject: str, text: str, goes: bool) -> None:
    async with engrammic.open("memory:") as memory:
        await memory.remember(text)
        report = await memory.forget(subject=subject, scan=False)
        assert report.forgotten == goes
