"""Write transactions: one after another, on the writer's thread or, if short, in place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import apsw

from engrammic.backends.sqlite.connection import Connections
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.occupied import Occupied
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import is_short
from engrammic.backends.sqlite.tables import Tables
from engrammic.changes import Change, Delete, Put, Update
from engrammic.types import Record

T = TypeVar("T")

QUICK = 0.002
"""Seconds. Where the last transaction took longer, because the disk is slow, none runs in place."""

TURN = 0.002
"""Seconds for which writes in place may keep an event loop from its other tasks."""

FEW = 8
"""Records that a short write holds at most."""

SHORT_TEXT = 16_384
"""Characters or bytes of each value in it, at most."""


_WRITES = (Put, Update)
_LONG = (str, bytes)


class TooLong(Exception):
    """A write that began in place and is too long for that: it begins anew on the thread."""


class Transactions:
    """The write transactions of one handle.

    A hop to another thread and back costs as much as a fsync of a good disk.
    So a short write runs on the thread that calls it, if no other write of
    this handle is waiting or under way, nobody else has the file locked, and
    the disk has been quick. A task that writes without a pause hands the event
    loop on every TURN.
    """

    def __init__(self, connections: Connections, partitions: Partitions, tables: Tables) -> None:
        self._connections = connections
        self._partitions = partitions
        self._tables = tables
        self.occupied = Occupied()
        self._last = 0.0
        self._held = 0.0
        self._seen: int | None = None
        """The file's version when epoch and schema were last looked at; None: they must be."""

    async def run(
        self,
        work: Callable[[apsw.Connection, bool], T],
        *,
        brief: bool = False,
    ) -> T:
        """What `work` returns. It is told whether it runs in place; then it may raise TooLong.

        `brief` allows that. It may be called twice, but only one call's changes stay.
        """
        if brief and self._last <= QUICK:
            if self._held > TURN:
                self._held = 0.0
                await asyncio.sleep(0)
            self._connections.ensure_open()
            if self._connections.takes_turn():
                try:
                    return self._in_place(work)
                except (TooLong, apsw.BusyError):
                    pass  # the thread has the time
                finally:
                    self._connections.turn.release()
        self.occupied.begin()
        try:
            return await self._connections.write(lambda: self.on_thread(work))
        finally:
            self.occupied.end()

    def in_place(self, work: Callable[[apsw.Connection], object]) -> bool:
        """Whether `work` was done here and now, as `run` would do what is brief."""
        self._connections.ensure_open()
        if self._last > QUICK or not self._connections.takes_turn():
            return False
        try:
            self._in_place(lambda connection, _here: work(connection))
        except apsw.BusyError:
            return False
        finally:
            self._connections.turn.release()
        return True

    def _in_place(self, work: Callable[[apsw.Connection, bool], T]) -> T:
        result = self._finished(self._begun(0), work, True)
        self._held += self._last
        return result

    def on_thread(
        self, work: Callable[[apsw.Connection, bool], T], patience: float | None = None
    ) -> T:
        """What `work` returns; for who has the turn and the time.

        `patience` is how many seconds a lock is waited for, the handle's own if None.
        """
        return self._finished(self._begun(patience), work, False)

    def _begun(self, patience: float | None) -> apsw.Connection:
        """The connection for writing, in a transaction."""
        connection, whole = self._connections.writing(), self._connections.busy
        if patience is None:
            connection.execute("begin immediate")
            return connection
        connection.set_busy_timeout(min(int(patience * 1000), whole))
        try:
            connection.execute("begin immediate")
        finally:
            connection.set_busy_timeout(whole)
        return connection

    def _finished(
        self, connection: apsw.Connection, work: Callable[[apsw.Connection, bool], T], here: bool
    ) -> T:
        began = time.perf_counter()
        try:
            self._renew(connection)
            result = work(connection, here)
            self.occupied.end()
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            self._partitions.rollback()
            self._tables.rollback()
            raise
        self._last = time.perf_counter() - began
        self._partitions.commit()
        self._tables.commit()
        self._connections.shorten_log()
        return result

    def _renew(self, connection: apsw.Connection) -> None:
        """Learn what another connection changed of epoch and schema, if one wrote at all."""
        version: int = connection.execute("pragma data_version").get
        if version != self._seen:
            self._partitions.renew(connection)
            self._tables.renew(connection)
            self._seen = version

    def forget(self) -> None:
        """Have epoch and schema looked at again: this connection itself changes them."""
        self._seen = None


def is_brief(changes: Sequence[Change], layouts: Callable[[str], Layout]) -> bool:
    """Whether a change list takes little time, whatever is stored already."""
    few = 0
    for change in changes:
        if isinstance(change, _WRITES):
            few += len(change.records)
            if few > FEW or not all(map(_is_small, change.records)):
                return False
        elif isinstance(change, Delete) or not is_short(
            layouts(change.table), change.where, None, None
        ):
            return False
    return True


def _is_small(record: Record) -> bool:
    if type(record) is not dict:
        return False  # the thread has the time to look what it is
    for value in record.values():  # noqa: SIM110 -- twice as fast as all(), and each write pays it
        if type(value) in _LONG and len(value) > SHORT_TEXT:
            return False
    return True
