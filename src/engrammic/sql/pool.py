"""Connections to a server, kept for each event loop that asks for them."""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engrammic.errors import Closed, ConnectionFailed

C = TypeVar("C")

MOST = 8
"""Connections that one loop opens."""


@dataclass(slots=True)
class _Loop(Generic[C]):
    places: asyncio.Semaphore
    idle: list[C] = field(default_factory=list)


class Pool(ABC, Generic[C]):
    """Connections are opened when they are needed, in the loop that needs them."""

    def __init__(self, name: str, timeout: float) -> None:
        self.name = name
        self.timeout = timeout
        self._loops: dict[asyncio.AbstractEventLoop, _Loop[C]] = {}
        self._guard = threading.Lock()
        self._pid: int | None = os.getpid()

    @abstractmethod
    async def open(self) -> C:
        """A new connection. Raises ConnectionFailed."""

    @abstractmethod
    async def end(self, connection: C) -> None:
        """Close a connection in its own loop."""

    @abstractmethod
    def abandon(self, connection: C) -> None:
        """Close a connection whose loop has ended or which is broken, without waiting."""

    @abstractmethod
    def is_usable(self, connection: C) -> bool:
        """Whether the connection is open, with no transaction."""

    def ensure_open(self) -> None:
        """Raises Closed after `close`, and in another process than the one that opened it."""
        if self._pid is None:
            raise Closed(f"{self.name}: this handle was closed")
        if self._pid != os.getpid():
            raise Closed(f"{self.name} was opened before a fork; open it again")

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._pid is None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[C]:
        """A connection of the running loop, for a while."""
        self.ensure_open()
        here = self._here()
        async with here.places:
            found = here.idle.pop() if here.idle else await self.open()
            try:
                async with self._answering(found):
                    yield found
            finally:
                if self.is_usable(found) and self._pid == os.getpid():
                    here.idle.append(found)
                else:
                    self.abandon(found)

    @asynccontextmanager
    async def _answering(self, connection: C) -> AsyncIterator[None]:
        """Ends with ConnectionFailed what waits for a server that is silent, not for a busy one."""
        loop = asyncio.get_running_loop()
        asking: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(None) as limit:

                def ask() -> None:
                    asking.append(loop.create_task(self._ask(connection, limit)))

                later = loop.call_later(self.timeout, ask)
                try:
                    yield
                finally:
                    later.cancel()
                    for task in asking:
                        task.cancel()
        except TimeoutError as error:
            if not limit.expired():
                raise
            told = f"{self.name}: no answer within {self.timeout:g} s"
            raise ConnectionFailed(told) from error

    async def _ask(self, connection: C, limit: asyncio.Timeout) -> None:
        """Whether the server talks to a second connection, again and again."""
        while True:
            try:
                await self.end(await self.open())
            except ConnectionFailed as error:
                if isinstance(error.__cause__, TimeoutError):
                    self.abandon(connection)  # a driver may wait for it even when cancelled
                    self.forget()
                    limit.reschedule(asyncio.get_running_loop().time())
                    return
            await asyncio.sleep(self.timeout)

    def forget(self) -> None:
        """Abandon what is idle in the running loop: the server has gone away meanwhile."""
        here = self._here()
        while here.idle:
            self.abandon(here.idle.pop())

    async def close(self) -> None:
        """Close what is idle; what is lent goes when it comes back."""
        mine, self._pid = self._pid == os.getpid(), None
        running = asyncio.get_running_loop()
        with self._guard:
            loops, self._loops = self._loops, {}
        for loop, kept in loops.items() if mine else ():
            while kept.idle:
                connection = kept.idle.pop()
                if loop is running:
                    await self.end(connection)
                else:
                    self.abandon(connection)

    def _here(self) -> _Loop[C]:
        running = asyncio.get_running_loop()
        with self._guard:
            for loop in [known for known in self._loops if known.is_closed()]:
                for connection in self._loops.pop(loop).idle:
                    self.abandon(connection)
            return self._loops.setdefault(running, _Loop(asyncio.Semaphore(MOST)))
