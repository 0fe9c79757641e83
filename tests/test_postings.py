"""Postings beside FTS5: whatever changed, and whoever changed it, the ranking is FTS5's own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.derived import inverted
from engrammic.backends.sqlite.derived.inverted import LONGEST, Inverted
from engrammic.backends.sqlite.derived.words import ByPostings
from engrammic.changes import Change, Delete, Put, Update
from engrammic.errors import Corrupt
from engrammic.filters import Compare, eq, is_in
from engrammic.types import Field, Kind, Record, Schema, Scored
from sqlite_files import sound

TURNS = Schema(
    "turns",
    (
        Field("scope", Kind.TEXT, nullable=False),
        Field("id", Kind.TEXT, nullable=False),
        Field("n", Kind.INT),
        Field("t", Kind.TERMS, weight=3.0),
        Field("u", Kind.TERMS, weight=0.7),
    ),
    key=("scope", "id"),
    partition="scope",
)
WORDS = ["everywhere", *[f"w{n}" for n in range(40)], "Upper", "straße", "記憶"]


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with sound(tmp_path, TURNS) as opened:
        yield opened


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each search by words, whether postings answered it."""
    found: list[bool] = []
    asked = Inverted.ranking

    def ranking(self: Inverted, *given: Any) -> ByPostings | None:
        answer = asked(self, *given)
        found.append(answer is not None)
        return answer

    monkeypatch.setattr(Inverted, "ranking", ranking)
    return found


def turn(name: int, dice: random.Random) -> Record:
    words = ["everywhere", *dice.choices(WORDS, k=dice.randint(0, 12))]
    around = " ".join(dice.choices(WORDS, k=dice.randint(1, 200))) if name % 3 else None
    return {"scope": "a", "id": f"i{name}", "n": name % 7, "t": words, "u": around}


async def found(backend: SqliteBackend, *words: str, **given: Any) -> list[Scored]:
    return await backend.text_search(
        "turns", words, **{"limit": 10, "where": eq("scope", "a"), **given}
    )


def same(one: list[Scored], other: list[Scored]) -> bool:
    """The same records in the same order, their scores equal to the last bits but a few."""
    pairs = zip(one, other, strict=True)
    return all(a.record == b.record and abs(a.score - b.score) < 1e-12 for a, b in pairs)


async def test_the_first_search_is_left_to_fts5_and_the_next_ones_are_not(
    backend: SqliteBackend, ways: list[bool]
) -> None:
    dice = random.Random(1)
    await backend.apply([Put("turns", [turn(n, dice) for n in range(300)])])
    first = await found(backend, "w1", "w2", "everywhere")
    assert same(await found(backend, "w1", "w2", "everywhere"), first)
    assert same(await found(backend, "w1", "w2", "everywhere"), first)
    assert ways == [False, True, True]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_written_the_ranking_is_that_of_fts5(
    backend: SqliteBackend, tmp_path: Path, seed: int, ways: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Two handles write in turn; one that never searched, and the reference, say what is right."""
    monkeypatch.setattr(inverted, "WAIT", 1)
    if seed % 2:
        monkeypatch.setattr(inverted, "JOURNAL", 12)
        monkeypatch.setattr(inverted, "LETTERS", 20_000)
        monkeypatch.setattr(inverted, "TERM_BYTES", 4_000)
    dice = random.Random(seed)
    other, reference = await SqliteBackend.connect(str(tmp_path)), MemoryBackend()
    await reference.ensure_table(TURNS)
    try:
        for _ in range(60):
            changes = written(dice)
            await dice.choice((backend, other)).apply(changes)
            await reference.apply(changes)
            words = dice.sample(WORDS, dice.randint(1, 5))
            given: dict[str, Any] = {"limit": dice.choice((1, 5, 40))}
            if dice.random() < 0.4:
                pick = dice.choice((eq("n", 3), is_in("id", [f"i{n}" for n in range(20)])))
                given["where"] = eq("scope", "a") & pick
            mine = await found(backend, *words, **given)
            right = await reference.text_search(
                "turns", words, **{"where": eq("scope", "a"), **given}
            )
            assert same(mine, right)
            fresh = await SqliteBackend.connect(str(tmp_path))
            assert same(mine, await found(fresh, *words, **given))
            await fresh.close()
    finally:
        await other.close()
        await reference.close()
    assert ways.count(True) > 30


def written(dice: random.Random) -> list[Change]:
    """A change list: mostly a few rows, at times many."""
    kind = dice.random()
    if kind < 0.1:
        return [Put("turns", [turn(n, dice) for n in dice.sample(range(900), 280)])]
    if kind < 0.5:
        return [Put("turns", [turn(dice.randrange(400), dice) for _ in range(dice.randint(1, 9))])]
    if kind < 0.7:
        row = turn(dice.randrange(400), dice)
        return [Update("turns", [{name: row[name] for name in ("scope", "id", "u")}])]
    if kind < 0.9:
        return [Delete("turns", is_in("id", [f"i{dice.randrange(400)}" for _ in range(4)]))]
    return [Delete("turns", Compare("n", "eq", dice.randrange(7)))]


async def test_what_goes_from_the_end_again_and_again_is_no_great_change(
    backend: SqliteBackend, ways: list[bool]
) -> None:
    dice = random.Random(3)
    await backend.apply([Put("turns", [turn(n, dice) for n in range(400)])])
    await found(backend, "w1")
    for n in reversed(range(100, 400)):
        await backend.apply([Delete("turns", eq("id", f"i{n}"))])
        if n % 10 == 0:
            assert {hit.record["id"] for hit in await found(backend, "everywhere", limit=500)} == {
                f"i{m}" for m in range(n)
            }
    assert ways.count(False) <= 3


async def test_much_written_at_once_is_left_to_fts5_until_it_is_quiet(
    backend: SqliteBackend, ways: list[bool]
) -> None:
    dice = random.Random(4)
    for start in range(0, 1200, 300):
        await backend.apply([Put("turns", [turn(n, dice) for n in range(start, start + 300)])])
        assert len(await found(backend, "everywhere", limit=2000)) == start + 300
    for _ in range(inverted.WAIT):
        await backend.apply([Put("turns", [turn(7, dice)])])
        assert len(await found(backend, "everywhere", limit=2000)) == 1200
    assert ways == [False] * (4 + inverted.WAIT)
    assert len(await found(backend, "everywhere", limit=2000)) == 1200
    assert ways[-1]


async def test_a_scope_knows_nothing_of_the_words_of_another(backend: SqliteBackend) -> None:
    dice = random.Random(5)
    mine = [turn(n, dice) for n in range(50)]
    await backend.apply([Put("turns", mine)])
    alone = [await found(backend, "w1", "everywhere") for _ in range(3)][-1]
    await backend.apply([Put("turns", [{**record, "scope": "b"} for record in mine[:30]])])
    for _ in range(3):
        assert same(await found(backend, "w1", "everywhere"), alone)
        theirs = await found(backend, "everywhere", where=eq("scope", "b"), limit=99)
        assert [hit.record["scope"] for hit in theirs] == ["b"] * 30


async def test_a_table_that_was_made_anew_starts_anew(backend: SqliteBackend) -> None:
    dice = random.Random(6)
    await backend.apply([Put("turns", [turn(n, dice) for n in range(50)])])
    assert [len(await found(backend, "everywhere", limit=99)) for _ in range(3)] == [50] * 3
    await backend.drop_table("turns")
    await backend.ensure_table(TURNS)
    await backend.apply([Put("turns", [turn(n, dice) for n in range(20)])])
    assert [len(await found(backend, "everywhere", limit=99)) for _ in range(3)] == [20] * 3


async def test_searches_while_others_write_never_mix_two_states(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    """Each write replaces every turn's word at once: no search sees two words."""
    other = await SqliteBackend.connect(str(tmp_path))
    rows = [{"scope": "a", "id": f"i{n}", "n": n, "t": ["v0"], "u": None} for n in range(20)]
    await backend.apply([Put("turns", rows)])

    async def write() -> None:
        for version in range(1, 30):
            new = [{**row, "t": [f"v{version}", f"u{version % 3}"]} for row in rows]
            await other.apply([Put("turns", new)])

    async def search() -> None:
        while not writing.done():
            hits = await found(backend, *[f"v{n}" for n in range(30)], limit=50)
            assert len(hits) == 20
            assert len({round(hit.score, 9) for hit in hits}) == 1
            await asyncio.sleep(0)

    writing = asyncio.ensure_future(write())
    await asyncio.gather(writing, *[search() for _ in range(3)])
    await other.close()


async def test_a_field_without_weight_is_left_to_fts5(tmp_path: Path, ways: list[bool]) -> None:
    schema = Schema(
        "plain",
        (
            Field("id", Kind.TEXT, nullable=False),
            Field("t", Kind.TERMS),
            Field("u", Kind.TERMS, weight=0.0),
        ),
        key=("id",),
    )
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(schema)
    rows = [{"id": f"i{n}", "t": ["a"] * (n % 2), "u": ["b"]} for n in range(9)]
    await backend.apply([Put("plain", rows)])
    for _ in range(3):
        assert len(await backend.text_search("plain", ["b"], limit=20)) == 9
    assert ways == [False] * 3
    await backend.close()


async def test_a_damaged_index_is_told(backend: SqliteBackend, tmp_path: Path) -> None:
    dice = random.Random(8)
    await backend.apply([Put("turns", [turn(n, dice) for n in range(40)])])
    with apsw.Connection(str(backend.path)) as raw:
        raw.execute("delete from turns__terms__1_docsize where id = 30")
    await found(backend, "w1")
    with pytest.raises(Corrupt, match="doctor"):
        await found(backend, "everywhere")
    assert await backend.repair()


async def test_terms_that_fts5_cuts_off_are_left_to_it(backend: SqliteBackend) -> None:
    whole, longer = "x" * LONGEST, "x" * (LONGEST + 9)
    rows = [{"scope": "a", "id": f"i{n}", "t": t} for n, t in enumerate(["w", whole, longer])]
    await backend.apply([Put("turns", rows[:2])])
    for _ in range(2):
        assert len(await found(backend, whole)) == 1
    await backend.apply([Put("turns", rows[2:])])
    for word in (whole, longer):
        assert [len(await found(backend, word)) for _ in range(2)] == [2, 2]


@pytest.mark.parametrize("weights", [[0.0], [-1.0, 2.0], range(1, 131)])
async def test_every_search_says_the_same_whatever_the_fields_weigh(
    tmp_path: Path, weights: Sequence[float]
) -> None:
    names = [f"t{n}" for n in range(len(weights))]
    fields = [Field(n, Kind.TERMS, weight=w) for n, w in zip(names, weights, strict=True)]
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(Schema("turns", (Field("id", Kind.TEXT), *fields)))
    rows = [{"id": f"i{n}", names[n % len(names)]: ["a", "b"]} for n in range(200)]
    await backend.apply([Put("turns", rows)])
    first, *others = [await found(backend, "a", where=None) for _ in range(3)]
    assert len(first) == 10
    assert all(same(each, first) for each in others)
    await backend.close()
