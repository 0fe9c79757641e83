"""Blocking verbs run for tasks: on other threads, and one at a time where it has to be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from engrammic.uncut import uncut

P = ParamSpec("P")
T = TypeVar("T")


class Work:
    """Runs verbs. `alone` is for an engine that bears one caller at a time."""

    def __init__(self, alone: bool) -> None:
        self._alone = alone
        self._guard = threading.Lock()

    async def read(self, here: bool, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the verb gives; `here` runs it at once where nobody else is at it."""
        if not self._alone:
            return await asyncio.to_thread(verb, *args, **kwargs)
        if here and self._guard.acquire(blocking=False):
            try:
                return verb(*args, **kwargs)
            finally:
                self._guard.release()
        return await asyncio.to_thread(self._guarded, partial(verb, *args, **kwargs))

    async def write(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the verb gives. When cancelled it ends with the verb, which nothing can stop."""
        work = partial(verb, *args, **kwargs)
        run = asyncio.to_thread(self._guarded, work) if self._alone else asyncio.to_thread(work)
        return await uncut(run)

    def _guarded(self, work: Callable[[], T]) -> T:
        with self._guard:
            return work()
