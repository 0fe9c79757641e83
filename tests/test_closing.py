"""A SQLite handle is closed from any thread while others use it: nobody hangs or gets lost."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import engrammic
import engrammic.sync
from engrammic.backend import Reader
from engrammic.backends.sqlite import SqliteBackend, connection
from engrammic.changes import Change, Put
from engrammic.errors import Closed
from engrammic.filters import Compare, Op, eq
from engrammic.types import Field, Kind, Schema

SOON = 20.0
OPEN = Path("/proc/self/fd")
NOTES = Schema(
    "notes",
    (Field("id", Kind.TEXT, nullable=False), Field("text", Kind.TEXT, nullable=False)),
)
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


async def opened(path: Path, count: int = 50) -> SqliteBackend:
    backend = await SqliteBackend.connect(str(path))
    await backend.ensure_table(NOTES)
    await backend.insert("notes", [{"id": f"n{n:05}", "text": "x" * 50} for n in range(count)])
    return backend


async def soon(waited_for: Any) -> Any:
    async with asyncio.timeout(SOON):
        return await waited_for


def on_thread(work: Callable[[], Any]) -> asyncio.Task[Any]:
    """What a coroutine function gives on a loop and a thread of its own."""
    return asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(work())))


def descriptors(path: Path) -> int:
    """How many of this process' files lie in a folder; 0 where the system does not tell."""
    found = 0
    for name in os.listdir(OPEN) if OPEN.exists() else ():
        try:
            found += os.readlink(OPEN / name).startswith(str(path))
        except FileNotFoundError:  # the listing's own
            continue
    return found


async def reading(backend: SqliteBackend, begun: threading.Event) -> str:
    """Read in every way without a pause; what says that it is over."""
    rest = Compare("text", Op.CONTAINS, "x")
    try:
        while True:
            assert await backend.get("notes", ("n00007",))
            assert len(await backend.query("notes", eq("id", "n00001"), limit=1)) == 1
            assert await backend.count("notes", rest) == 50
            begun.set()
    except Closed as error:
        return str(error)


async def test_a_handle_is_closed_while_others_read(tmp_path: Path) -> None:
    for n in range(15):
        place = tmp_path / str(n)
        backend = await opened(place)
        began = [threading.Event() for _ in range(4)]
        readers = [on_thread(lambda b=b, begun=e: reading(b, begun)) for b, e in
                   zip([backend] * 4, began, strict=True)]  # fmt: skip
        for begun in began:
            assert await asyncio.to_thread(begun.wait, SOON)
        await soon(backend.close())
        for told in await soon(asyncio.gather(*readers)):
            assert str(place) in told
        assert descriptors(place) == 0
        assert sorted(os.listdir(place)) == ["engrammic.db"]


async def test_a_handle_is_closed_once_another_thread_has_read(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    go_on, has_read = threading.Event(), threading.Event()

    async def reads_and_stays() -> str:
        await backend.get("notes", ("n00001",))
        has_read.set()
        go_on.wait(SOON)
        with pytest.raises(Closed) as caught:
            await backend.get("notes", ("n00001",))
        return str(caught.value)

    reader = on_thread(reads_and_stays)
    assert await asyncio.to_thread(has_read.wait, SOON)
    await soon(backend.close())
    await soon(backend.close())
    go_on.set()
    assert str(tmp_path) in await soon(reader)


async def test_all_who_close_at_once_return_when_it_is_closed(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    long = asyncio.create_task(
        backend.insert("notes", [{"id": f"m{n}", "text": "y"} for n in range(5000)])
    )
    await asyncio.sleep(0)

    async def closing() -> int:
        await backend.close()
        return descriptors(tmp_path)

    closers = [on_thread(closing) for _ in range(4)]
    assert await soon(asyncio.gather(closing(), closing(), *closers)) == [0] * 6
    assert await long == 5000
    again = await SqliteBackend.connect(str(tmp_path))
    assert await again.count("notes") == 5050
    await again.close()


async def test_a_read_that_goes_on_and_on_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.1)
    for here in (True, False):
        backend = await opened(tmp_path)
        begun = threading.Event()

        async def endless(backend: SqliteBackend, begun: threading.Event, here: bool) -> object:
            def work(connection: Any) -> object:
                begun.set()
                return connection.execute(ENDLESS).get

            return await backend._read(work, here=here)

        reader = on_thread(lambda a=(backend, begun, here): endless(*a))
        assert await asyncio.to_thread(begun.wait, SOON)
        await soon(backend.close())
        with pytest.raises(Closed, match=str(tmp_path)):
            await soon(reader)
        assert descriptors(tmp_path) == 0


async def test_who_reads_when_nobody_waits_any_more_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.1)
    backend = await opened(tmp_path)
    begun, go_on = threading.Event(), threading.Event()

    def held() -> int:
        with backend._connections.here() as own:
            begun.set()
            go_on.wait(SOON)
            return int(own.execute("select count(*) from notes").get)

    reader = asyncio.create_task(asyncio.to_thread(held))
    assert await asyncio.to_thread(begun.wait, SOON)
    await soon(backend.close())
    go_on.set()
    assert await soon(reader) == 50
    assert descriptors(tmp_path) == 0


async def test_a_thread_closes_what_it_reads_and_writes_with(tmp_path: Path) -> None:
    def close(backend: SqliteBackend) -> Callable[..., object]:
        return lambda *_: backend._connections.close()

    backend = await opened(tmp_path)
    with pytest.raises(Closed):
        await soon(
            backend._read(lambda c: (close(backend)(), c.execute("select 1").get), here=True)
        )
    for thread in ("_write", "_read"):
        backend = await opened(tmp_path)
        await soon(getattr(backend._connections, thread[1:])(close(backend)))
        await soon(backend.close())
        assert descriptors(tmp_path) == 0
    backend = await opened(tmp_path)

    async def closes(_: Reader) -> Sequence[Change]:
        backend._connections.close()
        return [Put("notes", [{"id": "lost", "text": ""}])]

    with pytest.raises(Closed):
        await soon(backend.transact(closes))
    await soon(backend.close())
    assert descriptors(tmp_path) == 0


async def test_threads_that_are_over_leave_no_connection(tmp_path: Path) -> None:
    backend = await opened(tmp_path)

    async def read() -> None:
        await backend.get("notes", ("n00001",))

    for _ in range(20):
        thread = threading.Thread(target=lambda: asyncio.run(read()))
        thread.start()
        thread.join()
    assert len(backend._connections._owns) <= 3
    await backend.close()


def test_a_blocking_memory_is_closed_while_others_read(tmp_path: Path) -> None:
    with engrammic.sync.open(tmp_path, embedder="none") as memory:
        note = memory.remember("the door of the shed is blue")
        begun, told = threading.Event(), []

        def read() -> None:
            try:
                while True:
                    memory.get(note.id)
                    memory.search("shed")
                    begun.set()
            except Closed as error:
                told.append(str(error))

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert begun.wait(SOON)
    for thread in threads:
        thread.join(SOON)
    assert len(told) == 3
    assert all(str(tmp_path) in each for each in told)
