"""Threads that work for event loops: one queue, one short way back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread, current_thread
from typing import Any, NamedTuple, TypeVar

from engrammic.errors import Closed

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Job(NamedTuple):
    work: Callable[[], Any]
    loop: asyncio.AbstractEventLoop | None
    result: asyncio.Future[Any] | None


class Workers:
    """`count` threads that take jobs in the order in which they were given.

    A durable write takes about 0.2 ms: the way there and back, which a thread
    pool's two futures double, counts. `path` is told where a call comes too late.
    """

    def __init__(self, count: int, name: str, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(count)
        ]
        self._started = self._closed = False
        self._guard = Lock()
        self._given = self._done = 0

    @property
    def idle(self) -> bool:
        """Whether every job given so far is done."""
        return self._given == self._done

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread is one of these."""
        return current_thread() in self._threads

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, on one of the threads. Raises Closed after `close`."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        if not self._give(_Job(work, loop, result)):
            raise Closed(f"{self._path}: this handle was closed")
        return await result

    def later(self, work: Callable[[], object]) -> None:
        """Have `work` done without waiting for it, or not at all after `close`.

        What it raises is logged.
        """
        self._give(_Job(work, None, None))

    def close(self, patience: float | None = None) -> None:
        """Return when all jobs given so far are done, but for the one that calls this.

        With `patience`, after so many seconds for each thread at the latest.
        """
        with self._guard:  # no job comes behind the end
            self._closed = True
            for _ in self._threads:
                self._jobs.put(None)
        if self._started:
            for thread in self._threads:
                if thread is not current_thread():
                    thread.join(patience)

    def _give(self, job: _Job) -> bool:
        """Whether the job was taken."""
        with self._guard:
            if self._closed:
                return False
            self._given += 1
            if not self._started:
                self._started = True
                for thread in self._threads:
                    thread.start()
            self._jobs.put(job)
            return True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do(job)
            del job  # what it holds must not outlive it until the next one comes

    def _do(self, job: _Job) -> None:
        value, error = None, None
        try:
            value = job.work()
        except BaseException as raised:  # noqa: BLE001 -- told to the one who waits
            error = raised
        with self._guard:  # before the one who waits learns of it and gives the next
            self._done += 1
        if job.loop is None or job.result is None:
            if error is not None:
                log.error("background work failed", exc_info=error)
            return
        # A loop that was closed meanwhile has nobody left to tell.
        with suppress(RuntimeError):
            job.loop.call_soon_threadsafe(_tell, job.result, value, error)


def _tell(result: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if result.cancelled():
        return
    if error is None:
        result.set_result(value)
    else:
        result.set_exception(error)
