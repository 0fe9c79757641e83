"""Threads for a client whose verbs block, which are waited for before the client is closed.

A call that nobody waits for any more runs on in its thread. Were its client
closed meanwhile, it would open a connection anew, or leave one half used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from threading import Lock
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
        self._answers: set[Future[Any]] = set()
        self._guard = Lock()
        self._closed = False

    async def run(self, verb: Callable[..., T], *args: Any, **given: Any) -> T:
        """What the verb gives; if the task is cancelled it runs on.

        Raises Closed where this is closed before the verb begins, or while it hangs.
        """
        return await asyncio.wrap_future(self._given(partial(verb, *args, **given)))

    def _given(self, verb: Callable[[], T]) -> Future[T]:
        answer: Future[T] = Future()
        with self._guard:  # no call comes between closing and shutting down
            if self._closed:
                raise self._told()
            self._answers.add(answer)
            self._threads.submit(self._do, verb, answer)
        answer.add_done_callback(self._answers.discard)
        return answer

    async def close(self) -> None:
        """Begin no call any more, and wait for those that run, but not for one that hangs."""
        with self._guard:
            self._closed = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            waiting = list(self._answers)
            running = [answer for answer in waiting if answer.running()]
            self._refuse([answer for answer in waiting if not answer.running()])
        await asyncio.to_thread(wait, running, PATIENCE)
        self._refuse(running)

    def _do(self, verb: Callable[[], T], answer: Future[T]) -> None:
        """Answer with what the verb gives or raises, unless nobody waits or it was refused."""
        with self._guard:
            if answer.done() or not answer.set_running_or_notify_cancel():
                return
        try:
            value = verb()
        except BaseException as error:  # noqa: BLE001 -- told to the one who waits
            with suppress(InvalidStateError):
                answer.set_exception(error)
        else:
            with suppress(InvalidStateError):
                answer.set_result(value)

    def _refuse(self, answers: list[Future[Any]]) -> None:
        for answer in answers:
            with suppress(InvalidStateError):  # it was answered meanwhile
                answer.set_exception(self._told())

    def _told(self) -> Closed:
        return Closed(f"{self._name}: this handle was closed")
