"""SurrealDB: its engine in this process, in memory or in a directory, or a server."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Self, TypeVar

from engrammic.backend import Capabilities, Decide, Reader
from engrammic.backends.surrealdb.connection import Moved
from engrammic.backends.surrealdb.engine import SurrealCollections
from engrammic.backends.surrealdb.opening import Opened, Place, give_back, located, opened
from engrammic.backends.surrealdb.ranges import is_indexed
from engrammic.backends.surrealdb.stamps import Stamps
from engrammic.changes import Change
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import Outcome
from engrammic.emulation.derived import Ranking
from engrammic.emulation.searching import GROWTH
from engrammic.errors import ConnectionFailed, Locked
from engrammic.filters import Filter
from engrammic.keys import Key
from engrammic.types import Schema, Scored

T = TypeVar("T")

__all__ = ["SurrealdbBackend"]

FIRST = 512
"""Ranked records that are looked through first for those that match."""


class SurrealdbBackend(CollectionBackend):
    """`surrealdb:/path` (a directory), `surrealdb::memory:`, or `surrealdb://host:port/ns/db`.

    Vectors are compared exactly in this process; with `?hnsw=1`, chosen when
    a database is new, by the engine's HNSW index. One process at a time has a
    directory open; its handles share the engine. A server's handles share by
    optimistic transactions: each list counts the writes, and one that was
    decided on an older count is decided anew.
    """

    scheme: ClassVar[str] = "surrealdb"
    capabilities: Capabilities = Capabilities(
        atomic=True, checks=True, order=True, durable="commit"
    )
    engine: SurrealCollections
    derived: Stamps

    def __init__(self, place: Place, found: Opened) -> None:
        super().__init__(found.engine, place.name)
        self._place = place
        self._opened = found
        self.turns, self.derived, self.samples = found.turns, found.derived, found.samples
        self._known = found.known
        self.capabilities = replace(
            type(self).capabilities,
            vectors=found.engine.searches,
            processes=place.address is not None,
            durable=place.durable,
        )

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the database, or reach the server. A directory is locked for this process."""
        place = located(url)
        return cls(place, await asyncio.to_thread(opened, place))

    async def _declare(self, schema: Schema) -> None:
        declare = super()._declare
        await self._again(lambda: declare(schema))

    async def _apply(self, changes: Sequence[Change]) -> int:
        apply = super()._apply
        return await self._again(lambda: apply(changes))

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`; on a server decided anew while others come between."""
        self._open()
        reader: Reader = self
        apply = super()._apply

        async def work() -> int:
            return await apply(await decide(reader))

        async with self.turns:
            return await self._again(work)

    async def _again(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives, once nobody has written since it began."""
        end = time.monotonic() + self._place.timeout
        pause = 0.001
        while True:
            try:
                await self.engine.look()
                return await work()
            except Moved as moved:
                if time.monotonic() >= end:
                    raise Locked(
                        f"{self.name}: others kept writing for {self._place.timeout:g} seconds"
                    ) from moved
            finally:
                self.engine.seen = None
            await asyncio.sleep(pause * random.random())  # noqa: S311 - no secret
            pause = min(2 * pause, 0.1)

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        await self.engine.commit([*outcomes, *self.derived.notes(outcomes)])
        for outcome in outcomes:
            self.samples.written(outcome)
            await self.derived.after(outcome)

    async def _page(
        self,
        schema: Schema,
        partition: Any,
        by: Ranking,
        where: Filter | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Scored]:
        """Where an index narrows down, what matches is asked before what ranks high."""
        if where is None or not is_indexed(schema, where):
            return await super()._page(schema, partition, by, where, limit, columns)
        index = await self.derived.index(schema, partition)
        allowed = set(await self._keys_matching(schema, where))
        tried, found = FIRST, list[tuple[Key, float]]()
        while allowed:
            ranked = index.rank(by, tried)
            found = [pair for pair in ranked if pair[0] in allowed]
            if len(found) >= min(limit, len(allowed)) or len(ranked) < tried:
                break
            tried *= GROWTH
        return await self._given(schema, found[:limit], columns)

    async def close(self) -> None:
        """As `Backend.close`; the last handle of a directory lets it go."""
        if self._pid is None:
            return
        mine, self._pid = self._pid == os.getpid(), None
        if mine and give_back(self._opened):
            try:
                with suppress(ConnectionFailed):  # of a lost server: its stamps stay, as in a crash
                    await self.derived.close()
            finally:
                await self.engine.close()
                self._opened.let_go()
