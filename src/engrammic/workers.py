"""Threads for a client whose verbs block, which are waited for before the client is closed.

A call that nobody waits for any more runs on in its thread. Were its client
closed meanwhile, it would open a connection anew, or leave one half used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

from engrammic.errors import Closed

T = TypeVar("T")

THREADS = 16
"""Calls that run at once."""

PATIENCE = 3.0
"""Seconds after which a call is held to hang; closing its client is what ends it then."""


class Workers:
    """The threads of one client, whose name is told where a call comes too late."""

    def __init__(self, name: str, threads: int = THREADS) -> None:
        self._name = name
        self._threads = ThreadPoolExecutor(threads, "engrammic-worker")
        self._running: set[Future[Any]] = set()
        self._closed = False

    async def run(self, verb: Callable[..., T], *args: Any, **given: Any) -> T:
        """What the verb gives; if the task is cancelled it runs on. Raises Closed."""
        if self._closed:
            raise Closed(f"{self._name}: this handle was closed")
        call = self._threads.submit(partial(verb, *args, **given))
        self._running.add(call)
        call.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(call)

    async def close(self) -> None:
        """Begin no call any more, and wait for those that run, but not for one that hangs."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(wait, list(self._running), PATIENCE)
