"""When a write under way has no more need of the interpreter, so that the next one be prepared.

Two threads take turns at the interpreter, and who waits for it may wait five
milliseconds, at every row that is written. So who has more to write better waits
until what is left is the engine's alone, in one call: the commit, in which the text
index is written as well.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from threading import Lock
from typing import TypeAlias

HEAD_START = 0.0002
"""Seconds. Who wakes another thread gives up the interpreter at that, and needs it once more to
hand the work to the engine: without a start it would wait for it as at each row. A timer of the
event loop takes a millisecond at least, so who was woken sleeps."""

_Waiter: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]


class Occupied:
    """Whether the writes of a handle need the interpreter, and who waits until they do not."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun = False
        self._waiting: list[_Waiter] = []

    def begin(self) -> None:
        """A write begins."""
        with self._lock:
            self._begun = True

    def end(self) -> None:
        """What is left of it is the engine's, or nothing. From any thread, as often as wanted."""
        with self._lock:
            self._begun = False
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            with suppress(RuntimeError):  # a loop that was closed has nobody left to tell
                loop.call_soon_threadsafe(_tell, future)

    async def over(self) -> None:
        """Return when no write needs the interpreter."""
        with self._lock:
            if not self._begun:
                return
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append((loop, future))
        await future
        time.sleep(HEAD_START)  # noqa: ASYNC251 -- shorter than a turn of the loop


def _tell(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
