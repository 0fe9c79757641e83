"""One event loop on a thread of its own, on which blocking callers have coroutines run."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from engrammic.errors import Unsupported

T = TypeVar("T")

WAKING = 0.5
"""Seconds after which a caller who waits looks whether he was interrupted."""


class _Thread:
    """The loop and its thread, made when the first call comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop. Raises Unsupported on the loop's own thread."""
        if self._thread is threading.current_thread():
            raise Unsupported(
                "engrammic.sync was called from within its own event loop, which would wait for "
                "itself for ever; await the methods of engrammic.Memory there"
            )
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="engrammic", daemon=True
                )
                self._thread.start()
            return self._loop

    def stop(self) -> None:
        """End the thread; the next call starts another."""
        with self._lock:
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(timeout=5)
                if not self._thread.is_alive():
                    self._loop.close()
            self._loop = self._thread = None


_thread = _Thread()
_left_behind: list[_Thread] = []
atexit.register(lambda: _thread.stop())


def _start_over() -> None:
    """After a fork: the thread stayed behind, and its lock may have been held."""
    global _thread
    _left_behind.append(_thread)  # kept, since a running loop complains when it is collected
    _thread = _Thread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)


def call(awaited: Awaitable[T]) -> T:
    """The result of what is awaited, run on the loop's thread; its error is raised here.

    An interrupt (Ctrl-C) cancels what runs, waits until it has cleaned up, and
    is raised on. Works while the caller's own thread runs an event loop.
    """
    try:
        loop = _thread.loop()
    except Unsupported:
        if asyncio.iscoroutine(awaited):
            awaited.close()
        raise
    done = threading.Event()
    future = asyncio.run_coroutine_threadsafe(_awaited(awaited, done), loop)
    try:
        return _waited_for(future)
    except BaseException:
        if not future.done():
            future.cancel()
            done.wait(timeout=30)
        raise


def _waited_for(future: Future[T]) -> T:
    """The result. Wakes up now and then: an interrupt that another thread got is seen only then."""
    while True:
        try:
            return future.result(timeout=WAKING)
        except TimeoutError:
            if future.done():  # the call's own
                return future.result()


async def _awaited(awaited: Awaitable[T], done: threading.Event) -> T:
    try:
        return await awaited
    finally:
        done.set()


def each(iterator: AsyncIterator[T]) -> Iterator[T]:
    """What an async iterator yields, one by one; it is closed when the caller stops early."""
    try:
        while True:
            try:
                yield call(anext(iterator))
            except StopAsyncIteration:
                return
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            call(close())
