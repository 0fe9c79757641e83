"""What a text means goes out of search by `release`; what speaks of others stays."""

from __future__ import annotations

from pathlib import Path

import pytest

import engrammic
from engrammic import Message
from engrammic.claims.listings import without
from engrammic.errors import NotFound
from engrammic.likeness import denies
from engrammic.orders import all_about, aspect_of, bare, is_name, names_of_all, record_of

PRIYA = (
    "Priya lives in Leeds.",
    "Tom likes tea and Priya likes coffee.",
    "The team is Priya, Tom and Kim.",
    "Priya joined in May. She works as a nurse. Tom is her friend.",
    "Tom lives in York.",
    "Priyanka lives in Bath.",
)


@pytest.mark.parametrize(
    ("order", "about"),
    [
        ("update my job title, please", "my job title"),
        ("correct Priya's employer", "Priya's employer"),
        ("Could you please fix the entry about my address?", "my address?"),
        ("change what you know of Priya's pets", "Priya's pets"),
        ("release date of version nine", "release date of version nine"),
        ("I no longer work at Halden", "I no longer work at Halden"),
        ("where does she live now?", "where does she live now?"),
    ],
)
def test_an_order_is_about_what_is_left_without_the_words_that_order(
    order: str, about: str
) -> None:
    assert bare(order) == about


@pytest.mark.parametrize(
    ("order", "about"),
    [
        ("everything about Priya", ("Priya", None)),
        ("please forget anything you know about Priya", ("Priya", None)),
        ("all notes regarding the Atlas project", ("the Atlas project", None)),
        ("whatever mentions bob@example.org", ("bob@example.org", None)),
        ("everything related to Rome except the hotel", ("Rome", "the hotel")),
        ("what Priya eats", None),
        ("the note about Priya", None),
    ],
)
def test_everything_about_somebody_is_told_from_one_thing(
    order: str, about: tuple[str, str | None] | None
) -> None:
    assert all_about(order) == about


def test_a_name_is_known_without_the_word_that_says_what_it_is() -> None:
    assert names_of_all("my sister Ada Byron") == ["my sister Ada Byron", "sister Ada Byron",
                                                   "Ada Byron"]  # fmt: skip
    assert "Lisbon" not in names_of_all("my trip to Lisbon")
    assert is_name("Ada Byron")
    assert is_name("JIRA-123")
    assert not is_name("Ada's home")


@pytest.mark.parametrize(
    "order", ["everything about Priya", "forget all about my friend Priya", "Priya"]
)
async def test_all_that_speaks_of_a_person_goes_and_what_speaks_of_others_stays(order: str) -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        for number, text in enumerate(PRIYA):
            if number % 2:
                await memory.messages.add(Message("c", "user", text))
            else:
                await memory.remember(text)
        then = memory.clock()
        tried = await memory.release("everything about Priya", dry_run=True)
        assert len(tried.released) == 4
        assert len(await memory.search("Priya Tom", limit=9)) == 6

        done = await memory.release(order)
        assert sorted(done.released.values()) == sorted(PRIYA[:4])
        left = [h.text for h in await memory.search("Priya Tom Kim lives", limit=9)]
        assert sorted(left) == sorted(
            ["Tom likes tea.", "The team is Tom and Kim.", "Tom is her friend.", *PRIYA[4:]]
        )
        assert not any("Priya " in f"{text} " or "Priya." in text for text in left)
        assert PRIYA[0] in [h.text for h in await memory.search("Priya Leeds", as_of=then)]


async def test_one_thing_goes_alone_and_comes_back_when_that_is_undone() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        note = await memory.remember("Ada lives in Utrecht.")
        await memory.remember("Ada likes green tea.")
        done = await memory.release("please forget where Ada lives in Utrecht")
        assert list(done.released) == [note.id]
        assert not done.shortened
        assert [h.text for h in await memory.search("Ada", limit=5)] == ["Ada likes green tea."]
        assert note.id is not None
        moves = (await memory.why(note.id)).moves
        await memory.undo(moves[-1].move_id)
        assert await memory.get(note.id)
        with pytest.raises(NotFound):
            await memory.release("the invoice of the plumber")
        assert not (await memory.release("everything about Zoltan")).released


async def test_what_is_held_or_canonical_stays_and_is_listed() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        held = await memory.remember("Ada lives in Utrecht.")
        await memory.remember("Ada likes green tea.")
        assert held.id is not None
        await memory.hold(held.id, reason="a court asks for it")
        done = await memory.release("everything about Ada")
        assert done.kept == {held.id: "under legal hold"}
        assert list(done.released.values()) == ["Ada likes green tea."]


async def test_what_was_released_does_not_come_back_by_an_import(tmp_path: Path) -> None:
    page = tmp_path / "notes.md"
    page.write_text("# One\n\nAda lives in Utrecht.\n\n# Two\n\nOleg lives in Bonn.\n")
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        await memory.import_files([page])
        assert (await memory.release("everything about Ada")).released
        await memory.import_files([page])
        assert "Ada" not in " ".join(h.text for h in await memory.search("Ada Oleg lives", limit=9))
        assert await memory.search("Oleg", limit=1)


@pytest.mark.parametrize(
    ("text", "record", "aspect"),
    [
        ("Hedda profile information", ("Hedda", "profile information"), None),
        ("delete all of Hedda's personal data", ("Hedda", "personal data"), None),
        ("the saved details of Hedda", ("Hedda", "saved details"), None),
        ("Hedda's languages", None, ("Hedda", "languages")),
        ("the budget of Atlas Bridge", None, ("Atlas Bridge", "budget")),
        ("Hedda's contact details", None, ("Hedda", "contact details")),
        ("my trip to Lisbon", None, None),
    ],
)
def test_words_for_the_record_are_told_from_an_aspect(
    text: str, record: tuple[str, str] | None, aspect: tuple[str, str] | None
) -> None:
    assert record_of(text) == record
    assert record or aspect_of(text) == aspect


async def test_the_record_of_somebody_is_everything_about_her_unless_it_is_one_thing() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        for text in ("Hedda is 31.", "Hedda works at a mill.", "Hilda works at a mill."):
            await memory.remember(text)
        assert len((await memory.release("Hedda's data", dry_run=True)).released) == 2
        notes = await memory.remember("Hedda's notes are in the blue folder.")
        assert list((await memory.release("Hedda's notes")).released) == [notes.id]


async def test_an_aspect_of_somebody_goes_and_the_rest_of_her_stays() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        for text in (
            "Bente speaks Danish and owns a sled.",
            "Bente works as a gardener.",
            "Carlo speaks Danish and Italian.",
        ):
            await memory.remember(text)
        done = await memory.release("everything about Bente's languages")
        assert list(done.released.values()) == ["Bente speaks Danish and owns a sled."]
        left = [h.text for h in await memory.search("Bente Carlo", limit=9)]
        assert sorted(left) == [
            "Bente owns a sled.", "Bente works as a gardener.", "Carlo speaks Danish and Italian.",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "asked", "left"),
    [
        ("Runa and Tor both support the Fjord line.", "Runa", "Tor supports the Fjord line."),
        ("Runa and Tor are nurses.", "Tor", "Runa is a nurse."),
        ("Runa, Tor and Odd live in Voss.", "Tor", "Runa and Odd live in Voss."),
        ("Runa and Tor are married.", "Tor", ""),
        ("Runa and Tor live in Voss.", "Voss", ""),
    ],
)
def test_of_two_who_do_the_same_one_may_go(text: str, asked: str, left: str) -> None:
    assert without(text, asked) == left


def test_a_denial_is_not_what_an_order_in_its_words_means() -> None:
    denial = "Selma does not have root access to the build server."
    assert denies("Selma root access", denial)
    assert not denies("Selma's access", denial)
    assert not denies("what root access Selma has", denial)
    assert not denies("Selma does not have root access", denial)
    assert not denies("code 7741", "Code 7741 must not be shared.")


async def test_a_denial_stays_when_what_it_denies_is_released() -> None:
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        await memory.remember("Selma does not have root access.")
        with pytest.raises(NotFound, match="denies"):
            await memory.release("Selma root access")
        assert (await memory.release("Selma does not have root access")).released


async def test_a_letter_tells_one_of_several() -> None:
    texts = ("Hall A has skylights.", "Hall B has a stage and a bar.", "The hall is closed today.")
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        for text in texts:
            await memory.remember(text)
        report = await memory.release("everything about Hall A")
        assert list(report.released.values()) == [texts[0]]


async def test_information_about_somebody_of_whom_more_is_said_is_all_about_them() -> None:
    texts = ("Noor runs the bakery.", "Noor drives a van.", "Ruth bakes bread.")
    async with engrammic.open(":memory:", embedder="hashing") as memory:
        for text in texts:
            await memory.remember(text)
        report = await memory.release("the information about Noor the baker")
        assert set(report.released.values()) == set(texts[:2])
