"""Before a search: the rows of its partition that wait for the text index come in first."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TypeAlias

import apsw

from engrammic.backends.sqlite import backlog
from engrammic.backends.sqlite.connection import Connections
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.transactions import Transactions

_Place: TypeAlias = tuple[str, str | None]
"""A table and the value of a partition."""

log = logging.getLogger(__name__)

UNWRITABLE = (
    apsw.BusyError, apsw.CantOpenError, apsw.FullError, apsw.IOError, apsw.LockedError,
    apsw.PermissionsError, apsw.ProtocolError, apsw.ReadOnlyError,
)  # fmt: skip
PATIENCE = 1.0
"""Seconds for which the writer's thread waits for the file when a search has it index rows."""
IMPATIENT = 1.0
"""Seconds after which a search goes on without the index."""
RESPITE = 5.0
"""Seconds after that for which others go on at once."""
PAUSE = 0.002
"""Seconds between two looks."""


class Waiting:
    """The rows that wait in one file, and who has them indexed.

    A search has it done in place, as a short write is. Where the file or its
    writer is busy, the writer's thread is asked to, once for a partition, and
    the search looks again and again whether it is done. It never waits behind
    other writes for longer than IMPATIENT.
    """

    def __init__(
        self, connections: Connections, transactions: Transactions, partitions: Partitions
    ) -> None:
        self._connections = connections
        self._transactions = transactions
        self._partitions = partitions
        self._asked: set[_Place] = set()
        self._failed: dict[_Place, apsw.Error] = {}
        self._respite = 0.0

    async def none_waits(self, layout: Layout, value: str | None) -> bool:
        """Have no row of a partition wait; False where that cannot be done now."""
        began = time.monotonic()
        while self._waits(layout, value):
            try:
                if self._transactions.in_place(lambda c: self._index(c, layout, value)):
                    return True
                self._ask(layout, value)
            except UNWRITABLE as error:
                log.warning("%s: a search reads every record: %s", self._connections.path, error)
                return False
            now = time.monotonic()
            if now < self._respite or now - began > IMPATIENT:
                self._respite = max(self._respite, now + RESPITE)
                return False
            await asyncio.sleep(PAUSE)
        self._respite = 0.0
        return True

    def _waits(self, layout: Layout, value: str | None) -> bool:
        with self._connections.here() as connection:
            part = self._partitions.known(connection, value)
            if part is None:
                return False
            there = self._partitions.has_terms(connection, layout, part)
            return backlog.waits(connection, layout, part.number, value, has_index=there)

    def _index(self, connection: apsw.Connection, layout: Layout, value: str | None) -> None:
        backlog.index_one(connection, self._partitions, layout, value)

    def _ask(self, layout: Layout, value: str | None) -> None:
        """Have the writer's thread do it, or raise why it could not."""
        place = layout.schema.name, value
        failed = self._failed.pop(place, None)
        if failed is not None:
            raise failed
        if place in self._asked:
            return
        self._asked.add(place)

        def job() -> None:
            try:
                self._transactions.on_thread(lambda c, _: self._index(c, layout, value), PATIENCE)
            except apsw.Error as error:
                self._failed[place] = error
            finally:
                self._asked.discard(place)

        self._connections.later(job)
