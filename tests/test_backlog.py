"""Rows that wait for the text index: every search finds them, whatever became of them meanwhile."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend, ranked
from engrammic.backends.sqlite.backlog import BATCH, LONGEST
from engrammic.changes import Delete, Put, Update
from engrammic.filters import eq, is_in
from engrammic.types import Field, Kind, Record, Schema

TURNS = Schema(
    "turns",
    (
        Field("scope", Kind.TEXT, nullable=False),
        Field("id", Kind.TEXT, nullable=False),
        Field("t", Kind.TERMS, weight=3.0),
        Field("u", Kind.TERMS),
    ),
    key=("scope", "id"),
    partition="scope",
)
WORDS = [f"w{n}" for n in range(12)]


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(TURNS)
    yield backend
    assert await backend.diagnose() == []
    await backend.close()


def turn(name: str, *terms: str, scope: str = "a", around: str | None = None) -> Record:
    return {"scope": scope, "id": name, "t": terms, "u": around}


def waiting(backend: SqliteBackend) -> int:
    sql = "select max(_row) - (select indexed from _tables where name = 'turns') from turns"
    return int(backend._connections.here().execute(sql).get)


def indexed(backend: SqliteBackend) -> int:
    return int(backend._connections.here().execute("select sum(indexed) from _tables").get)


async def found(backend: Backend, *words: str, scope: str = "a") -> list[tuple[str, float]]:
    hits = await backend.text_search("turns", words, limit=50, where=eq("scope", scope))
    return [(hit.record["id"], round(hit.score, 9)) for hit in hits]


async def names(backend: Backend, *words: str, scope: str = "a") -> list[str]:
    return [name for name, _ in await found(backend, *words, scope=scope)]


async def test_a_row_added_alone_waits_and_the_next_search_finds_it(
    backend: SqliteBackend,
) -> None:
    await backend.insert("turns", [turn("one", "apple")])
    assert waiting(backend) == 1
    assert await names(backend, "apple") == ["one"]
    assert waiting(backend) == 0


async def test_a_batch_leaves_nothing_waiting(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn("one", "apple")])
    await backend.insert("turns", [turn(f"n{n}", "pear") for n in range(BATCH)])
    assert waiting(backend) == 0
    assert await names(backend, "apple") == ["one"]


async def test_no_more_than_so_many_wait(backend: SqliteBackend) -> None:
    for number in range(2 * LONGEST):
        await backend.insert("turns", [turn(f"n{number:03}", "pear")])
        assert waiting(backend) < LONGEST
    assert len(await names(backend, "pear")) == 50


async def test_what_waits_may_change_and_go(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn(name, "old") for name in ("a", "b", "c")])
    await backend.apply([Update("turns", [{"scope": "a", "id": "a", "t": ["new"]}])])
    await backend.insert("turns", [turn("b", "other")])
    await backend.apply([Delete("turns", eq("id", "c"))])
    assert indexed(backend) == 0
    assert [await names(backend, w) for w in ("old", "new", "other")] == [[], ["a"], ["b"]]


async def test_one_list_may_change_what_is_indexed_and_what_waits(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn("a", "old")])
    assert await names(backend, "old") == ["a"]
    await backend.apply(
        [
            Put("turns", [turn("b", "old")]),
            Update("turns", [{"scope": "a", "id": n, "u": "near"} for n in ("a", "b")]),
            Put("turns", [turn("c", "old")]),
            Delete("turns", is_in("id", ["b"])),
        ]
    )
    assert await names(backend, "old") == ["a", "c"] or await names(backend, "old") == ["c", "a"]
    assert await names(backend, "near") == ["a"]


async def test_each_partition_gets_its_own(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn("one", "apple"), turn("two", "apple", scope="b")])
    assert await names(backend, "apple", scope="b") == ["two"]
    assert waiting(backend) == 0
    assert await names(backend, "apple") == ["one"]


async def test_another_handle_finds_what_waits(backend: SqliteBackend, tmp_path: Path) -> None:
    other = await SqliteBackend.connect(str(tmp_path))
    await other.ensure_table(TURNS)
    for number in range(5):
        await backend.insert("turns", [turn(f"n{number}", "apple")])
        assert len(await names(other, "apple")) == number + 1
    await other.close()


async def test_where_nothing_can_be_written_a_search_reads_on(
    backend: SqliteBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked, "PATIENCE", 0.01)
    texts = [turn(f"n{n}", *WORDS[n % 5 : n % 7 + 3], around=WORDS[n % 3]) for n in range(20)]
    await backend.insert("turns", texts)
    late = [turn("late", "w1", "apple"), turn("else", "w1", scope="b")]
    await backend.insert("turns", late)
    locking = apsw.Connection(str(backend.path))
    locking.execute("begin immediate")
    while_locked = [await found(backend, "w1", "w4"), await found(backend, "apple")]
    assert waiting(backend) == 2
    locking.execute("rollback")
    locking.close()
    assert while_locked == [await found(backend, "w1", "w4"), await found(backend, "apple")]
    assert waiting(backend) == 0
    assert while_locked[1][0][0] == "late"


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_to_rows_searches_agree_with_the_reference(
    backend: SqliteBackend, seed: int
) -> None:
    reference = await MemoryBackend.connect("memory:")
    await reference.ensure_table(TURNS)
    chance = random.Random(seed)
    for _ in range(150):
        change: Any = drawn(chance)
        for each in (backend, reference):
            await each.apply([change])
        if chance.random() < 0.2:
            word, scope = chance.sample(WORDS, 2), chance.choice("ab")
            mine = await found(backend, *word, scope=scope)
            assert mine == await found(reference, *word, scope=scope)
    await reference.close()


def drawn(chance: random.Random) -> Any:
    """A change of a few rows, now and then of more than wait."""
    many = chance.choice((1, 1, 1, 2, BATCH, 40))
    ids = [f"i{chance.randrange(90)}" for _ in range(many)]
    scope = chance.choice("ab")
    if chance.random() < 0.15:
        return Delete("turns", is_in("id", ids[:5]))
    if chance.random() < 0.3:
        rows = [{"scope": scope, "id": i, "u": " ".join(chance.choices(WORDS, k=3))} for i in ids]
        return Update("turns", rows)
    return Put("turns", [turn(i, *chance.choices(WORDS, k=4), scope=scope) for i in ids])
