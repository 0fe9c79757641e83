"""A short write runs where it is called, and keeps every promise that one on the thread keeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from engrammic.backend import Reader
from engrammic.backends.sqlite import SqliteBackend, transactions
from engrammic.backends.sqlite.transactions import FEW, SHORT_TEXT
from engrammic.changes import Change, Check, Delete, Put
from engrammic.errors import Closed, Conflict, InvalidInput
from engrammic.filters import EVERYTHING, eq
from engrammic.types import Field, Kind, Record, Schema

QUICK = 3600.0
NOTES = Schema(
    "notes",
    (Field("id", Kind.TEXT, nullable=False), Field("text", Kind.TEXT, nullable=False)),
)
TURNS = Schema("turns", (Field("id", Kind.TEXT, nullable=False), Field("t", Kind.TERMS)))


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk under load must not decide where a test's writes run."""
    monkeypatch.setattr(transactions, "QUICK", QUICK)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(NOTES)
    await backend.insert("notes", [note("first")])
    yield backend
    await backend.close()


def note(name: str, text: str = "x") -> Record:
    return {"id": name, "text": text}


async def places(backend: SqliteBackend, changes: Sequence[Change], read: Any = None) -> list[bool]:
    """Whether each call of a decision that gives `changes` was on the calling thread."""
    mine, found = threading.get_ident(), []

    async def decide(reader: Reader) -> Sequence[Change]:
        found.append(threading.get_ident() == mine)
        if read is not None:
            await read(reader)
        return changes

    await backend.transact(decide)
    return found


async def test_a_short_write_runs_where_it_is_called(backend: SqliteBackend) -> None:
    check = Check("notes", eq("id", "a"), 0)
    read = lambda reader: reader.get("notes", ("a",))  # noqa: E731
    assert await places(backend, [check, Put("notes", [note("a")])], read) == [True]
    assert await backend.get("notes", ("a",)) == note("a")


@pytest.mark.parametrize(
    "changes",
    [
        [Put("notes", [note(f"n{n}") for n in range(FEW + 1)])],
        [Put("notes", [note("n", "x" * (SHORT_TEXT + 1))])],
        [Delete("notes", EVERYTHING)],
        [Check("notes", eq("text", "gone"), 0)],
    ],
    ids=["many records", "a long text", "a deletion", "a check without an index"],
)
async def test_a_write_that_proves_long_begins_anew_on_the_thread(
    backend: SqliteBackend, changes: list[Change]
) -> None:
    assert await places(backend, changes) == [True, False]


async def test_a_read_that_may_be_long_moves_the_write_to_the_thread(
    backend: SqliteBackend,
) -> None:
    changes = [Put("notes", [note("a")])]
    for read in (
        lambda reader: reader.count("notes"),
        lambda reader: reader.query("notes", eq("text", "x")),
    ):
        assert await places(backend, changes, read) == [True, False]
    assert await backend.count("notes") == 2


async def test_after_a_slow_transaction_writes_leave_the_loop_alone(
    backend: SqliteBackend,
) -> None:
    backend._transactions._last = 2 * QUICK
    changes = [Put("notes", [note("a")])]
    assert await places(backend, changes) == [False]
    backend._transactions._last = 0.0
    assert await places(backend, changes) == [True]


async def test_a_locked_file_is_waited_for_on_the_thread(backend: SqliteBackend) -> None:
    other = apsw.Connection(str(backend.path))
    other.execute("begin immediate")
    writing = asyncio.create_task(backend.insert("notes", [note("a")]))
    for _ in range(5):
        await asyncio.sleep(0.01)  # the loop runs on
    assert not writing.done()
    other.execute("commit")
    assert await writing == 1
    other.close()


async def test_a_task_that_writes_without_a_pause_lets_others_run(backend: SqliteBackend) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    for n in range(200):
        await backend.insert("notes", [note(f"n{n}")])
    task.cancel()
    assert turns > 2


async def test_a_short_write_stays_behind_a_long_one_given_before(backend: SqliteBackend) -> None:
    long = [note(f"n{n}") for n in range(500)]
    first = asyncio.create_task(backend.insert("notes", [*long, note("a", "long")]))
    await asyncio.sleep(0)
    await backend.insert("notes", [note("a", "short")])
    assert first.done()
    assert await backend.get("notes", ("a",)) == note("a", "short")


async def test_what_fails_in_place_leaves_nothing_behind(backend: SqliteBackend) -> None:
    with pytest.raises(Conflict):
        await places(backend, [Put("notes", [note("a")]), Check("notes", eq("id", "first"), 0)])
    with pytest.raises(InvalidInput):
        await places(backend, [Put("notes", [note("a")]), Put("notes", [{"id": "b", "text": 1}])])
    assert await backend.count("notes") == 1
    assert await places(backend, [Put("notes", [note("a")])]) == [True]


async def test_another_handle_makes_the_table_anew_between_two_writes_in_place(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    other = await SqliteBackend.connect(str(tmp_path))
    await other.drop_table("notes")
    vector = Field("vector", Kind.VECTOR, dimension=2)
    await other.ensure_table(Schema("notes", (*NOTES.fields, vector)))
    assert await places(backend, [Put("notes", [note("a")])]) == [True]
    await other.insert("notes", [{**note("b"), "vector": [1.0, 0.0]}])
    assert await backend.insert("notes", [note("b")]) == 1
    assert await other.vector_search("notes", "vector", [1.0, 0.0], limit=2) == []
    assert await other.diagnose() == []
    await other.close()


async def test_loops_of_several_threads_write_in_turns(backend: SqliteBackend) -> None:
    async def some(name: int) -> None:
        for n in range(50):
            await backend.insert("notes", [note(f"{name}-{n}")])

    await asyncio.gather(*[asyncio.to_thread(asyncio.run, some(n)) for n in range(4)], some(4))
    assert await backend.count("notes") == 251


async def test_no_write_in_place_after_close(tmp_path: Path) -> None:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(NOTES)
    await backend.close()
    with pytest.raises(Closed):
        await backend.insert("notes", [note("a")])


async def test_a_change_list_fills_one_segment_of_the_word_index(tmp_path: Path) -> None:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(TURNS)
    await backend.insert("turns", [{"id": "a", "t": ["one"]}, {"id": "b", "t": ["one"]}])
    await backend.optimize()
    await backend.apply(
        [Put("turns", [{"id": "a", "t": ["two"]}]), Put("turns", [{"id": "b", "t": ["three"]}])]
    )
    segments = "select count(distinct segid) from turns__terms__0_idx"
    assert backend._connections.here().connection.execute(segments).get == 2
    assert await backend.diagnose() == []
    await backend.close()


async def test_a_statement_stays_compiled_when_its_values_change(backend: SqliteBackend) -> None:
    for connection in (backend._connections.here().connection, backend._connections.writing()):
        assert connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1
