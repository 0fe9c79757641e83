"""Opening the file safely: pragmas, format check, threads."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import apsw

from engrammic import errors
from engrammic.backends.sqlite.layout import APPLICATION_ID, FORMAT, OLDEST
from engrammic.backends.sqlite.own import Own
from engrammic.backends.sqlite.translation import translated
from engrammic.backends.sqlite.workers import Workers

T = TypeVar("T")

LONG_LOG = 1000
"""Pages. So many more in the write-ahead log are copied into the file, while others write on."""
LONGEST_LOG = 4000
"""Pages. A longer log is copied in turn with the writes: it begins anew only where all of it was
copied and none came behind. Its own index has one table for the first 4,062 pages."""
READERS = 2
WRITING_CACHE = 8192
"""KiB."""
PATIENCE = 3.0
"""Seconds that reads under way have left when their handle is closed; then they are interrupted."""


class Connections:
    """The connections to one file, and who uses which when.

    To read, each thread has a connection of its own, `with here() as connection`. To
    write there is one for all threads, `writing()`, and it belongs to whoever holds
    `turn`: the writer's thread for the length of a job (`write`, `later`), or the
    calling thread for a short write in place (`takes_turn`), which never overtakes a job.
    A thread more copies the log into the file, beside whoever writes.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.busy = int(timeout * 1000)
        self.pid = os.getpid()
        self._mine = threading.local()
        self._owns: list[Own] = []
        self._guard = threading.Lock()
        self._closing = threading.RLock()
        self._writer = Workers(1, "engrammic-write", path)
        self._readers = Workers(READERS, "engrammic-read", path)
        self._copier = Workers(1, "engrammic-checkpoint", path)
        self._log_pages = self._copied_pages = 0
        self._writing: apsw.Connection | None = None
        self._file: os.stat_result | None = None
        """What the path named when the first connection was opened."""
        self.turn = threading.RLock()
        """Held by the thread that uses the connection for writing."""
        self.copying = threading.Lock()
        """Held by who copies the log into the file: the engine refuses a second one at once."""
        self.closed = False
        """Whether whoever comes is refused."""
        self.finished = False
        """Whether nothing is left to be closed."""

    async def write(self, work: Callable[[], T]) -> T:
        """Run `work` on the writer thread, after all writes before it."""
        self.ensure_open()
        return await self._writer.call(self._in_turn(work))

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work` on a reader thread."""
        self.ensure_open()
        return await self._readers.call(work)

    def later(self, work: Callable[[], object]) -> None:
        """Queue `work` on the writer thread without waiting for it."""
        self._writer.later(self._in_turn(work))

    def takes_turn(self) -> bool:
        """Whether the calling thread may write now: no write waits, and `turn` is taken for it."""
        return self._writer.idle and self.turn.acquire(blocking=False)

    def _in_turn(self, work: Callable[[], T]) -> Callable[[], T]:
        def turned() -> T:
            with self.turn:
                return work()

        return turned

    def writing(self) -> apsw.Connection:
        """The connection for writing, opened on first use: whoever has the turn uses it.

        It is one for all threads, since another's commit empties a connection's cache.
        """
        self.ensure_open()
        self.ensure_there()
        if self._writing is None:
            self._writing = self._opened()
            _lift_format(self._writing)
            # A commit behind which pages were rebalanced walks the whole table of the cache.
            self._writing.execute(f"pragma cache_size=-{WRITING_CACHE}").fetchall()
        return self._writing

    def here(self) -> Own:
        """The calling thread's connection for reading, opened on first use."""
        own: Own | None = getattr(self._mine, "own", None)
        if own is None or self.closed or os.getpid() != self.pid:
            self.ensure_open()
            own = Own(self._opened())
            self._keep(own)
            self._mine.own = own
        return own

    def _keep(self, own: Own) -> None:
        """Have it closed when this is, or when its thread is over and another comes."""
        with self._guard:
            over = [each for each in self._owns if not each.thread.is_alive()]
            self._owns = [each for each in self._owns if each not in over]
            (over if self.closed else self._owns).append(own)
        for each in over:
            each.end(0)
        self.ensure_open()

    def _opened(self) -> apsw.Connection:
        self.ensure_there()
        connection = open_connection(self.path, self.timeout)
        connection.set_wal_hook(self._note_log)
        if self._file is None:
            self._file = os.stat(self.path)
        return connection

    def ensure_there(self) -> None:
        """Raise StorageError where what is written to the file would be found by nobody."""
        if self._file is None:
            return
        try:
            there = os.path.samestat(self._file, os.stat(self.path))
        except (FileNotFoundError, NotADirectoryError):
            there = False
        if not there:
            raise errors.StorageError(
                f"{self.path} was deleted, moved or replaced while it was open; put it back, or "
                "open it again"
            )

    def shorten_log(self) -> None:
        """Have the write-ahead log copied into the file where the last commit left it long."""
        if self._log_pages < self._copied_pages:
            self._copied_pages = 0  # it began anew
        if self._log_pages > LONGEST_LOG:
            self.later(lambda: self._copy_log(self.writing()))
        elif self._log_pages - self._copied_pages > LONG_LOG and self._copier.idle:
            self._copied_pages = self._log_pages
            self._copier.later(self._copy_beside)

    def _copy_beside(self) -> None:
        with self.here() as connection, suppress(apsw.InterruptError):  # by who closes it
            self._copy_log(connection)

    def _copy_log(self, connection: apsw.Connection) -> None:
        with self.copying:
            passive_checkpoint(connection)

    def _note_log(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def ensure_open(self) -> None:
        """Raise Closed for a handle that was closed or that a fork copied."""
        if self.closed:
            raise errors.Closed(f"{self.path}: this handle was closed")
        if os.getpid() != self.pid:
            raise errors.Closed(f"{self.path} was opened before a fork; open it again")

    def close(self) -> None:
        """Finish the queued writes, wait for the reads under way, close every connection.

        From any thread, and as often as wanted: who comes second waits for the first.
        """
        if os.getpid() != self.pid:
            self.closed = self.finished = True
            return
        # A job of this handle does not wait for who closes it: he waits for the job.
        if not self._closing.acquire(blocking=not (self._writer.is_mine or self._readers.is_mine)):
            return
        try:
            if not self.finished:
                self._close()
        finally:
            self.finished = True
            self._closing.release()

    def _close(self) -> None:
        self._writer.close()
        until = time.monotonic() + PATIENCE
        self._copier.close(PATIENCE)
        self._readers.close(PATIENCE)
        with ExitStack() as closing:  # what comes first in it is done last
            closing.enter_context(self.turn)
            with self._guard:
                self.closed = True
                owns, self._owns = self._owns, []
            if self._writing is not None:
                closing.callback(self._writing.close)
            for own in owns:
                closing.callback(own.end, until)


def open_connection(path: Path, timeout: float) -> apsw.Connection:
    """A connection set up for durability; the format is checked before anything is written."""
    with translated(path):
        connection = apsw.Connection(str(path))
        try:
            set_up(connection, path, timeout)
        except BaseException:
            connection.close()  # else its log would stay beside a file that was refused
            raise
        return connection


def set_up(connection: apsw.Connection, path: Path, timeout: float) -> None:
    """Check the format, then make every commit durable."""
    connection.set_busy_timeout(int(timeout * 1000))
    # Else a statement that sorts or has a limit is compiled anew whenever it is given other values.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    check_format(connection, path)
    _enter_wal(connection, timeout)
    connection.execute(
        "pragma synchronous=full; pragma foreign_keys=on; pragma cache_size=-65536;"
        "pragma temp_store=memory; pragma mmap_size=0"
    ).fetchall()
    if sys.platform == "darwin":
        connection.execute("pragma fullfsync=1")
    connection.wal_autocheckpoint(0)


def check_format(connection: apsw.Connection, path: Path) -> None:
    """Refuse a file of another program or of a later release, untouched."""
    with connection:  # one snapshot: another process may be laying the foundation
        application = connection.pragma("application_id")
        version = connection.pragma("user_version")
        objects = connection.execute("select count(*) from sqlite_master").get
    if application not in (0, APPLICATION_ID) or (application == 0 and objects):
        raise errors.NotADatabase(f"{path} is another program's database; it was left as it is")
    if version > FORMAT:
        raise errors.NewerFormat(
            f"{path} has format {version}, this release reads up to {FORMAT}: upgrade engrammic"
        )
    if application and version < OLDEST:
        raise errors.StorageError(
            f"{path} has format {version}, from before the first release: `engrammic export` it "
            "with the version that wrote it, and import that into a new file"
        )


def _lift_format(connection: apsw.Connection) -> None:
    """Write the format's number before anything else: an earlier release must not write then."""
    if OLDEST <= connection.pragma("user_version") < FORMAT:
        connection.pragma("user_version", FORMAT)


def _enter_wal(connection: apsw.Connection, timeout: float) -> None:
    # Switching to WAL needs the file for itself and does not wait for it.
    deadline = time.monotonic() + timeout
    while True:
        try:
            if connection.pragma("journal_mode") == "wal":
                return
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def snapshot(connection: apsw.Connection) -> Iterator[None]:
    """Everything read inside is of one moment, whatever others write or restore meanwhile."""
    connection.execute("begin")
    try:
        yield
    finally:
        connection.execute("commit")


def passive_checkpoint(connection: apsw.Connection) -> Any:
    """Copy the log into the file as far as no reader stands in the way."""
    try:
        return connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.BusyError:
        return None
