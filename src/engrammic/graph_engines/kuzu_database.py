"""One open Kuzu database for a path in this process, worked by one thread, locked against others.

Kuzu lives on as LadybugDB (`ladybug`). Files that `kuzu` 0.11 wrote are opened
by `kuzu` itself, where the user has it.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import unquote

import ladybug

from engrammic import errors
from engrammic.checks import is_storable, shown
from engrammic.timeouts import timeout_of

T = TypeVar("T")

log = logging.getLogger(__name__)

SCHEME = "kuzu:"
FILE_NAME = "graph.kuzu"
SUFFIXES = (".kuzu", ".lbug", ".db")
BUFFER_BYTES = 1 << 30
"""The pages that are kept in memory at most; the drivers would take 80 % of the machine's."""
KUZU_MAGIC, LADYBUG_MAGIC = b"KUZU", b"LBUG"
_RETRY = 0.05
_BROKEN = (RuntimeError, MemoryError)
"""What the drivers raise; the latter when a damaged length is believed."""

_open: dict[tuple[int, Path], KuzuDatabase] = {}
_opening = threading.Lock()


class KuzuDatabase:
    """An open database. The drivers do not refuse a second one on the same file: we do."""

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.users = 0
        self._pid = os.getpid()
        self._database = _opened(path, timeout)
        self._connection = self._driver_of(self._database).Connection(self._database)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engrammic-kuzu")

    @staticmethod
    def _driver_of(database: Any) -> ModuleType:
        return importlib.import_module(type(database).__module__.partition(".")[0])

    async def run(self, work: Callable[[Any], T]) -> T:
        """What `work` makes of the connection, in one transaction, on disk when it returns."""
        if self._pid != os.getpid() or not self.users:
            raise errors.Closed(f"{self.path} was closed, or belongs to another process")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transaction, work)

    def _transaction(self, work: Callable[[Any], T]) -> T:
        try:
            self._connection.execute("BEGIN TRANSACTION")
            try:
                result = work(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        except RuntimeError as error:
            raise translated(error, self.path) from error
        return result

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except RuntimeError as error:
            if "No active transaction" not in str(error):  # the engine itself rolled back
                raise

    def give_back(self) -> None:
        """Close it when nobody uses it any more."""
        with _opening:
            self.users -= 1
            if self.users or self._pid != os.getpid():
                return
            self._thread.shutdown()
            self._connection.close()
            self._database.close()
            del _open[self._pid, self.path]

    def leave_behind(self) -> None:
        """After a fork: never destroyed here, since that would write to the parent's file."""
        for held in (self._database, self._connection):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def open_database(url: str) -> KuzuDatabase:
    """The database at `kuzu:path`, opened now or before; `give_back` it once."""
    path, timeout = locate(url)
    with _opening:
        key = os.getpid(), path
        if key not in _open:
            _open[key] = KuzuDatabase(path, timeout)
        _open[key].users += 1
        return _open[key]


def locate(url: str) -> tuple[Path, float]:
    """The file that a URL names, and how long to wait for its lock, in seconds.

    A path that ends in .kuzu, .lbug or .db, or is a file, is the database; any
    other is a directory that holds `graph.kuzu`. `?timeout=` may follow.
    """
    raw, _, query = url[len(SCHEME) :].partition("?")
    text = unquote(raw.removeprefix("//"), errors="surrogateescape")
    if url[: len(SCHEME)].lower() != SCHEME or not text.strip() or not is_storable(text):
        raise errors.InvalidSettings(f"{shown(url)}: no path; write kuzu:///absolute/path")
    timeout = timeout_of("kuzu", query)
    path = Path(text).expanduser()
    if not path.is_file() and path.suffix not in SUFFIXES:
        path = path / FILE_NAME
    return path.resolve(), timeout


def _opened(path: Path, timeout: float) -> Any:
    """The driver's database, made where there is none, waited for while another has it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.ConnectionFailed(f"cannot create {path.parent}: {error.strerror}") from error
    driver, until = _driver(path), time.monotonic() + timeout
    while True:
        try:
            return _database(driver, path)
        except errors.Locked:
            if time.monotonic() >= until:
                raise
        time.sleep(_RETRY)


def _driver(path: Path) -> ModuleType:
    """The driver for the file's format. No other handle of the file may be open here."""
    magic = b""
    if path.is_file():
        with path.open("rb") as file:
            magic = file.read(len(KUZU_MAGIC))
    if magic == KUZU_MAGIC:
        return _old_driver(path)
    if magic not in (b"", LADYBUG_MAGIC):
        raise errors.NotADatabase(f"{path} is no graph database")
    _check_alone("kuzu._kuzu", path)
    return ladybug


def _old_driver(path: Path) -> ModuleType:
    _check_alone("ladybug._lbug", path)
    try:
        return importlib.import_module("kuzu")
    except ModuleNotFoundError as error:
        raise errors.ConnectionFailed(
            f"{path} was written by Kuzu, before it became LadybugDB: "
            "pip install 'kuzu>=0.11,<0.12'"
        ) from error


def _check_alone(other: str, path: Path) -> None:
    """Raise ConnectionFailed where the other driver's extension is loaded: both would crash."""
    if other in sys.modules:
        raise errors.ConnectionFailed(
            f"{path}: Kuzu and LadybugDB cannot both be loaded into one process, and "
            f"{other.partition('.')[0]} is; open this file in another process"
        )


def _database(driver: ModuleType, path: Path) -> Any:
    try:
        return driver.Database(str(path), buffer_pool_size=BUFFER_BYTES)
    except _BROKEN as error:
        known = translated(error, path)
        if driver is ladybug and _wal(path).exists() and not isinstance(known, errors.Locked):
            return _recovered(path, error)
        raise known from error


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _recovered(path: Path, error: Exception) -> Any:
    """The database after a death in mid-write: without the torn end of its log.

    The log as it was stays beside the file, should more than an unfinished
    transaction have been lost.
    """
    wal = _wal(path)
    kept = path.with_name(f"{wal.name}.torn-{time.time_ns()}")
    shutil.copyfile(wal, kept)
    log.warning("%s: %s; opened up to there, the log is kept as %s", path, error, kept.name)
    try:
        database = ladybug.Database(
            str(path), buffer_pool_size=BUFFER_BYTES, throw_on_wal_replay_failure=False
        )
        ladybug.Connection(database).execute("CHECKPOINT")
    except _BROKEN as failure:
        raise translated(failure, path) from failure
    return database


def translated(error: Exception, path: Path) -> errors.EngrammicError:
    """The driver's error as ours."""
    text = str(error)
    if "Could not set lock" in text:
        return errors.Locked(f"another process has {path} open; close it there, or try again")
    if "orrupted" in text or "Checksum" in text or isinstance(error, MemoryError):
        return errors.Corrupt(f"{path}: {text}")
    if "not a valid" in text:
        return errors.NotADatabase(f"{path} is no graph database: {text}")
    return errors.StorageError(f"{path}: {text}")


def _after_fork() -> None:
    global _opening
    _opening = threading.Lock()
    for database in _open.values():
        database.leave_behind()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
