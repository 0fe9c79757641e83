"""A connection that runs statements with parameters, whatever carries them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from engrammic.errors import ConnectionFailed
from engrammic.workers import Workers

Given: TypeAlias = Mapping[str, str]
Run: TypeAlias = tuple[str, Given]
"""A statement and its parameters."""

Rows: TypeAlias = list[list[Any]]

AT_ONCE = 100
"""Runs that share a timeout."""


class Wire(ABC):
    """One server and one database of it; `name` is its URL without the password."""

    def __init__(self, name: str, timeout: float) -> None:
        self.name = name
        self.timeout = timeout
        self._workers = Workers(name)

    @abstractmethod
    def ask(self, runs: Sequence[Run]) -> list[Rows]:
        """The rows of each run, one after the other.

        Called on worker threads. Raises ConnectionFailed, StorageError.
        """

    @abstractmethod
    def hang_up(self) -> None:
        """Give the connections back."""

    async def close(self) -> None:
        """Hang up once the calls that were given up have ended."""
        await self._workers.close()
        self.hang_up()

    async def said(self, statement: str, given: Sequence[Given] = ({},)) -> Rows:
        """The rows of the statement, run once for each set of parameters."""
        found = await self.told([(statement, parameters) for parameters in given])
        return [row for rows in found for row in rows]

    async def told(self, runs: Sequence[Run]) -> list[Rows]:
        """As `ask`, each hundred within the timeout."""
        found: list[Rows] = []
        for start in range(0, len(runs), AT_ONCE):
            some = runs[start : start + AT_ONCE]
            try:
                async with asyncio.timeout(self.timeout):
                    found += await self._workers.run(self.ask, some)
            except TimeoutError as error:
                told = f"{self.name} does not answer within {self.timeout:g} s"
                raise ConnectionFailed(told) from error
        return found
