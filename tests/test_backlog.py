"""Rows that wait for the text index: every search finds them, whatever became of them meanwhile."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite import waiting as waiting_rows
from engrammic.backends.sqlite.backlog import BATCH, LONG, LONGEST
from engrammic.backends.sqlite.diagnosis import terms_tables
from engrammic.changes import Delete, Put, Update
from engrammic.filters import eq, is_in
from engrammic.types import Field, Kind, Record, Schema
from sqlite_files import sound

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
SOON = 10.0
WORDS = [f"w{n}" for n in range(12)]


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with sound(tmp_path, TURNS) as opened:
        yield opened


def turn(name: str, *terms: str, scope: str = "a", around: str | None = None) -> Record:
    return {"scope": scope, "id": name, "t": terms, "u": around}


def waiting(backend: SqliteBackend) -> int:
    """How many rows no index holds."""
    connection, held = backend._connections.here().connection, set()
    for table in terms_tables(connection, backend._tables.layout("turns")):
        sizes = table.rstrip('"') + '_docsize"'
        held |= {row for (row,) in connection.execute(f"select id from {sizes}")}
    return len({row for (row,) in connection.execute("select _row from turns")} - held)


def indexed(backend: SqliteBackend) -> int:
    return int(
        backend._connections.here().connection.execute("select sum(indexed) from _tables").get
    )


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
    assert waiting(backend) == 1
    assert await names(backend, "apple") == ["one"]
    assert waiting(backend) == 0


async def test_a_search_leaves_alone_what_waits_in_other_partitions(
    backend: SqliteBackend,
) -> None:
    await backend.insert("turns", [turn(f"n{n}", "pear") for n in range(BATCH)])
    for number in range(BATCH):
        await backend.insert("turns", [turn("one", "apple", scope=f"s{number}")])
    before = backend._connections.writing().total_changes()
    assert len(await names(backend, "pear")) == BATCH
    assert backend._connections.writing().total_changes() == before
    assert waiting(backend) == BATCH
    for number in reversed(range(BATCH)):
        assert await names(backend, "apple", scope=f"s{number}") == ["one"]
        assert waiting(backend) == number


async def test_what_a_search_had_indexed_before_its_turn_may_change_and_go(
    backend: SqliteBackend,
) -> None:
    await backend.insert("turns", [turn("first", "old", scope="b")])
    await backend.insert("turns", [turn(name, "old") for name in ("a", "b", "c")])
    assert len(await names(backend, "old")) == 3
    assert indexed(backend) == 0
    await backend.apply([Update("turns", [{"scope": "a", "id": "a", "t": ["new"]}])])
    await backend.insert("turns", [turn("b", "other")])
    await backend.apply([Delete("turns", eq("id", "c"))])
    assert [await names(backend, w) for w in ("old", "new", "other")] == [[], ["a"], ["b"]]
    assert waiting(backend) == 1
    assert await names(backend, "old", scope="b") == ["first"]
    assert waiting(backend) == 0


@pytest.mark.parametrize("way", ["put", "changed", "updated"])
async def test_a_long_text_leaves_nothing_waiting(backend: SqliteBackend, way: str) -> None:
    long = ["pear"] * (LONG // 5)
    await backend.insert("turns", [turn("short", "apple"), turn("long", *long)])
    assert waiting(backend) == 2
    name = "new" if way == "put" else "long"
    change: Any = Put("turns", [turn(name, *long, "pear")])
    if way == "updated":
        change = Update("turns", [{"scope": "a", "id": name, "t": [*long, "pear"]}])
    await backend.apply([change])
    assert waiting(backend) == 0
    assert name in await names(backend, "pear")


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
    monkeypatch.setattr(waiting_rows, "IMPATIENT", 0.01)
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
    while waiting(backend) == 2:
        await found(backend, "w1")
    assert while_locked == [await found(backend, "w1", "w4"), await found(backend, "apple")]
    assert waiting(backend) == 1
    assert while_locked[1][0][0] == "late"


async def test_a_search_does_not_wait_behind_long_work_of_its_own_handle(
    backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_rows, "IMPATIENT", 0.01)
    await backend.insert("turns", [turn("one", "apple")])
    go_on = threading.Event()
    backend._connections.later(lambda: go_on.wait(SOON))
    async with asyncio.timeout(SOON / 2):
        assert await names(backend, "apple") == ["one"]
        assert waiting(backend) == 1
    go_on.set()
    while waiting(backend):
        assert await names(backend, "apple") == ["one"]


async def test_who_waited_in_vain_has_others_go_on_at_once(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn("one", "apple"), turn("two", "pear", scope="b")])
    locking = apsw.Connection(str(backend.path))
    locking.execute("begin immediate")
    assert await names(backend, "apple") == ["one"]
    began = time.monotonic()
    for _ in range(10):
        assert await names(backend, "pear", scope="b") == ["two"]
    assert time.monotonic() - began < waiting_rows.IMPATIENT
    locking.close()


async def test_a_search_indexes_as_soon_as_the_file_is_free(backend: SqliteBackend) -> None:
    await backend.insert("turns", [turn("one", "apple")])
    locking = apsw.Connection(str(backend.path))
    locking.execute("begin immediate")
    searching = asyncio.create_task(found(backend, "apple"))
    await asyncio.sleep(0.05)
    locking.close()
    assert [name for name, _ in await searching] == ["one"]
    assert waiting(backend) == 0


async def test_searches_among_the_writes_of_other_processes_never_fail(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    stop, written = threading.Event(), [0]

    def write() -> None:
        other = apsw.Connection(str(backend.path))
        other.set_busy_timeout(10_000)
        while not stop.is_set():
            other.execute("begin immediate")
            other.execute("update _meta set value = value where key = 'lowest_seq'")
            other.execute("commit")
            written[0] += 1
        other.close()

    others = [asyncio.create_task(asyncio.to_thread(write)) for _ in range(2)]
    try:
        for number in range(100):
            await backend.insert("turns", [turn(f"n{number:03}", "apple")])
            assert len(await names(backend, "apple")) == min(number + 1, 50)
    finally:
        stop.set()
        await asyncio.gather(*others)
    assert written[0] > 10


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
