"""A thread's own connection for reading, which another thread may close all the same."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import apsw

GRACE = 0.5
"""Seconds that a read has to end in once it was interrupted."""


class Own:
    """The connection with which one thread reads: `with own as connection`.

    The driver fails the one or the other where a connection is closed in the
    middle of a read. So who closes waits until nobody reads, and where that takes
    too long it is the reader who closes, at the end of the read.
    """

    __slots__ = ("_ended", "_in_use", "connection", "thread")

    def __init__(self, connection: apsw.Connection) -> None:
        self.thread = threading.current_thread()
        self.connection = connection
        self._in_use = threading.RLock()  # a thread may close what it is reading with
        self._ended = False

    def __enter__(self) -> apsw.Connection:
        self._in_use.acquire()
        return self.connection

    def __exit__(self, *_: object) -> None:
        self._in_use.release()
        if self._ended:
            self._close_within(0)

    def end(self, until: float) -> None:
        """Close the connection, from any thread and as often as wanted.

        A read under way is interrupted where it goes on at `until`, of the monotonic clock.
        """
        self._ended = True
        if self._close_within(max(0.0, until - time.monotonic())):
            return
        with suppress(apsw.ConnectionClosedError):  # it came to its end just now
            self.connection.interrupt()
        self._close_within(GRACE)

    def _close_within(self, seconds: float) -> bool:
        """Whether the connection is closed; it is not while another thread reads with it."""
        if not self._in_use.acquire(timeout=seconds):
            return False
        try:
            self.connection.close()
        finally:
            self._in_use.release()
        return True
