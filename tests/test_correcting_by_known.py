"""What is stored already takes the place of what is older, and is not stored twice."""

from __future__ import annotations

from itertools import count

import pytest

import engrammic
from engrammic import Memory, Message
from engrammic.claims.depending import depending
from engrammic.claims.parts import parts
from engrammic.errors import NotFound

OLD = "Jonas's 2022 parking space was Bay 12."
NEW = "Jonas's 2023 parking space is Bay 41."


async def texts(memory: Memory) -> list[str]:
    return sorted(note.content for note in (await memory.list("note")).items)  # type: ignore[union-attr]


async def opened() -> Memory:
    ticks = count(1_790_000_000_000, 1_000)
    return await engrammic.open(":memory:", embedder="hashing", clock=lambda: next(ticks))


async def test_a_correction_by_what_is_stored_closes_the_old_and_makes_no_copy() -> None:
    async with await opened() as memory:
        old = await memory.remember(OLD)
        other = await memory.remember("Jonas wrote a letter to his aunt.")
        new = await memory.remember(NEW)
        assert (await memory.correct("Jonas parking space", NEW.upper())).id == new.id
        assert await texts(memory) == sorted([NEW, other.content])

        why = await memory.why(old.id or "")
        assert [v.superseded_by for v in why.versions] == [new.id]
        await memory.undo(why.moves[-1].move_id)
        assert await texts(memory) == sorted([OLD, NEW, other.content])


async def test_a_correction_that_is_given_twice_is_the_same_as_once() -> None:
    async with await opened() as memory:
        await memory.remember("Jonas parks in Bay 12.")
        await memory.remember("Jonas washes his car on Fridays.")
        new = await memory.correct("where Jonas parks", "Jonas parks in Bay 41.")
        before = await texts(memory)
        assert (await memory.correct("where Jonas parks", "Jonas parks in Bay 41.")).id == new.id
        assert await texts(memory) == before
        with pytest.raises(NotFound):
            await memory.correct("the invoice of the plumber", "Jonas parks in Bay 41.")


async def test_every_stage_of_what_is_so_again_goes_and_other_stages_stay() -> None:
    async with await opened() as memory:
        for text in (
            "The Falcon repo used npm as package manager at the start.",
            "The Falcon repo later switched to the package manager pnpm.",
            "The Falcon repo later switched owners.",
            "The Falcon repo has returned to npm as package manager.",
        ):
            await memory.remember(text)
        await memory.correct(
            "Falcon repo package manager", "The Falcon repo has returned to npm as package manager."
        )
        assert await texts(memory) == [
            "The Falcon repo has returned to npm as package manager.",
            "The Falcon repo later switched owners.",
        ]


async def test_what_else_the_old_item_says_stays_by_itself() -> None:
    async with await opened() as memory:
        await memory.remember("Zara's locker is 21 and her badge colour is green.")
        await memory.remember("Zara's locker is 88 now.")
        await memory.correct("Zara's locker", "Zara's locker is 88 now.")
        assert await texts(memory) == ["Zara's badge colour is green.", "Zara's locker is 88 now."]


async def test_to_supersede_by_what_is_stored_makes_no_copy_nor_does_its_own_text() -> None:
    async with await opened() as memory:
        old = await memory.remember(OLD)
        new = await memory.remember(NEW)
        assert (await memory.supersede(new.id or "", NEW)).id == new.id
        assert not (await memory.why(new.id or "")).versions
        assert (await memory.supersede(old.id or "", NEW)).id == new.id
        assert await texts(memory) == [NEW]


async def test_a_message_is_not_superseded_by_one_of_another_conversation() -> None:
    async with await opened() as memory:
        old = await memory.messages.add(Message("c1", "user", "the port is 8080"))
        await memory.messages.add(Message("c2", "user", "the port is 9090"))
        new = await memory.supersede(old.id or "", "the port is 9090")
        assert isinstance(new, Message)
        assert new.conversation_id == "c1"


@pytest.mark.parametrize(
    ("text", "gone", "asked", "content", "too"),
    [
        ("Ola is on a keto diet and sticks to that rigorously.", 0, "Ola's diet",
         "Ola eats everything.", {1}),
        ("Ola is on a keto diet and sticks to that rigorously.", 1, "Ola's diet",
         "Ola eats everything.", {0}),
        ("Birk is engaged and lives with his fiancee in Turku.", 0, "Birk's relationship",
         "Birk broke off the engagement and lives alone.", {1}),
        ("Rut lives in Malmo and works at Ikea.", 0, "Rut's city", "Rut lives in Lund.", set()),
        ("Ansgar lives in Kiel and loves it there.", 0, "Ansgar's city",
         "Ansgar moved to Bremen.", {1}),
        ("Ansgar lives in Kiel and loves it there.", 1, "Ansgar's city",
         "Ansgar hates it in Kiel.", set()),
        ("Ulf does not drink and never will.", 0, "Ulf drinking", "Ulf drinks wine.", {1}),
        ("The app stores data in MySQL, which runs on port 3306.", 0, "the app's database",
         "The app stores data in Postgres.", {1}),
        ("Jens works as a cook and said this year was hard.", 0, "Jens's job",
         "Jens drives a bus.", set()),
        ("Tove's locker is 14 and her shoe size is 39.", 0, "Tove's locker",
         "Tove's locker is 22.", set()),
    ],
)  # fmt: skip
def test_a_clause_that_refers_back_goes_with_what_it_refers_to(
    text: str, gone: int, asked: str, content: str, too: set[int]
) -> None:
    assert depending(parts(text), {gone}, asked, content) == too
