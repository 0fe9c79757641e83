"""One after the other, first come first served, whichever event loop a task runs on."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import NamedTuple


class _Waiting(NamedTuple):
    loop: asyncio.AbstractEventLoop
    turn: asyncio.Future[None]


class Turns:
    """`async with turns:` holds the turn. An `asyncio.Lock` would bind to one loop."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._held = False

    async def __aenter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            loop = asyncio.get_running_loop()
            mine = _Waiting(loop, loop.create_future())
            self._waiting.append(mine)
        try:
            await mine.turn
        except asyncio.CancelledError:
            if mine.turn.done() and not mine.turn.cancelled():
                self._pass_on()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._held = False
                    return
                following = self._waiting.popleft()
            try:
                following.loop.call_soon_threadsafe(self._grant, following.turn)
            except RuntimeError:  # its loop was closed: nobody waits there any more
                continue
            return

    def _grant(self, turn: asyncio.Future[None]) -> None:
        if turn.done():  # cancelled while it waited
            self._pass_on()
        else:
            turn.set_result(None)
