"""Threads that are closed: who comes late, or still waits, is told so and never hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engrammic import workers
from engrammic.backends.sqlite.workers import Workers as Queue
from engrammic.errors import Closed
from engrammic.workers import Workers

SOON = 10.0


async def closed(waiting: asyncio.Task[object]) -> str:
    """What a waiting call is told."""
    async with asyncio.timeout(SOON):
        with pytest.raises(Closed) as caught:
            await waiting
    return str(caught.value)


async def blocked(
    threads: Workers, times: int, go_on: threading.Event
) -> list[asyncio.Task[object]]:
    """Calls that wait for `go_on`, of which the first has begun."""
    begun = threading.Event()

    def verb() -> bool:
        begun.set()
        return go_on.wait(SOON)

    calls = [asyncio.create_task(threads.run(verb)) for _ in range(times)]
    assert await asyncio.to_thread(begun.wait, SOON)
    return [*calls]


async def test_a_call_that_comes_late_is_told(tmp_path: Path) -> None:
    threads, queue = Workers("the shelf"), Queue(1, "late", tmp_path)
    await threads.close()
    queue.close()
    with pytest.raises(Closed, match="the shelf"):
        await threads.run(int)
    async with asyncio.timeout(SOON):
        with pytest.raises(Closed, match=str(tmp_path)):
            await queue.call(int)
    queue.later(int)


async def test_a_call_that_has_not_begun_when_its_client_closes_is_told() -> None:
    threads, go_on = Workers("the shelf", threads=1), threading.Event()
    running, waiting = await blocked(threads, 2, go_on)
    closing = asyncio.create_task(threads.close())
    assert "the shelf" in await closed(waiting)
    go_on.set()
    assert await running is True
    await closing


async def test_a_call_that_hangs_is_told_when_its_client_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.05)
    threads, go_on = Workers("the shelf"), threading.Event()
    (hanging,) = await blocked(threads, 1, go_on)
    async with asyncio.timeout(SOON):
        await threads.close()
    assert "the shelf" in await closed(hanging)
    go_on.set()


async def test_a_cancelled_task_is_cancelled_while_its_client_closes() -> None:
    threads, go_on = Workers("the shelf", threads=1), threading.Event()
    running, waiting = await blocked(threads, 2, go_on)
    for task in (running, waiting):
        task.cancel()
    closing = asyncio.create_task(threads.close())
    for task in (running, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
    go_on.set()
    await closing


@pytest.mark.parametrize("kind", ["threads", "queue"])
async def test_whoever_calls_while_others_close_gets_an_answer_or_is_told(
    tmp_path: Path, kind: str
) -> None:
    for _ in range(50):
        threads, queue = Workers("the shelf", threads=2), Queue(2, "late", tmp_path)
        run, began = threads.run if kind == "threads" else queue.call, threading.Event()
        asking = [
            asyncio.create_task(asyncio.to_thread(asyncio.run, ask(run, began))) for _ in range(3)
        ]
        await asyncio.to_thread(began.wait, SOON)
        await threads.close()
        await asyncio.to_thread(queue.close)
        for each in asking:
            await closed(each)


async def ask(run: Callable[..., Awaitable[object]], began: threading.Event) -> object:
    while True:
        await run(began.set)
