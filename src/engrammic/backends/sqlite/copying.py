"""Backup and restore by SQLite's own online copy: writers go on, and nothing is ever half there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from engrammic import errors
from engrammic.backends.sqlite.connection import check_format, open_connection
from engrammic.backends.sqlite.tables import NEW_EPOCH
from engrammic.backends.sqlite.translation import full, translated

PAGES = 256
"""Pages in one step of a copy: 1 MiB."""


def back_up(live: Path, timeout: float, path: Path) -> None:
    """Write the database as it is at this moment to `path`, checked and on disk.

    Raises InvalidInput where `path` is there already, Corrupt where the copy
    is not sound; then nothing is left.
    """
    if path.exists():
        raise errors.InvalidInput("path", f"{path} is there already; a backup replaces nothing")
    with _writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _temporary(path) as part:
        with translated(live), _opened(live, timeout) as source:
            source.execute("begin")  # one snapshot: writers go on, and the copy never starts anew
            source.execute("select count(*) from sqlite_master").fetchall()
            _copied(source, part, timeout)
        with translated(part):
            _seal(part)
        _sync(part)
        part.rename(path)
    _sync(path.parent)


def restore(live: Path, timeout: float, backup: Path) -> None:
    """Replace what the live file holds by what a backup holds, as one transaction.

    Who has the file open sees the old contents, then the new ones. Raises
    NotADatabase, NewerFormat or Corrupt for a backup that cannot be used.
    """
    staged = live.with_name(f".{live.name}.restoring.{os.getpid()}")
    with _temporary(staged, staged) as part:
        with translated(backup), _read_only(backup) as source:
            check_format(source, backup)
            _check_ours(source, backup)
            _copied(source, part, timeout)
        with translated(part):
            _seal(part, NEW_EPOCH)
        with translated(live), _opened(live, timeout) as target, _read_only(part) as source:
            _overwrite(target, source, timeout)


def _overwrite(target: apsw.Connection, source: apsw.Connection, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    with target.backup("main", source, "main") as copy:
        while not copy.done:
            try:
                copy.step(PAGES)
            except (apsw.BusyError, apsw.LockedError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def _copied(source: apsw.Connection, part: Path, timeout: float) -> None:
    target = apsw.Connection(str(part))
    try:
        _overwrite(target, source, timeout)
    except apsw.FullError as error:
        raise full(part) from error
    finally:
        target.close()


def _seal(part: Path, *statements: str) -> None:
    """Make a copy one whole file without a log, and check it."""
    connection = apsw.Connection(str(part))
    try:
        connection.pragma("journal_mode", "delete")
        for statement in statements:
            connection.execute(statement)
        found = [line for (line,) in connection.execute("pragma integrity_check(5)")]
    finally:
        connection.close()
    if found != ["ok"]:
        raise errors.Corrupt(
            f"the copy is damaged ({'; '.join(map(str, found))}), so it was not kept: run "
            "`engrammic doctor`"
        )


def _check_ours(source: apsw.Connection, backup: Path) -> None:
    if not source.execute("select 1 from sqlite_master where name = '_meta'").get:
        raise errors.NotADatabase(f"{backup} holds no memory; nothing was changed")


@contextmanager
def _opened(path: Path, timeout: float) -> Iterator[apsw.Connection]:
    connection = open_connection(path, timeout)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _read_only(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _temporary(path: Path, part: Path | None = None) -> Iterator[Path]:
    """A new file beside `path` that only the owner can read, gone at the end."""
    part = part or path.with_name(f".{path.name}.{os.getpid()}.part")
    with _writable(path):
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield part
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Turns what the system refuses into ConnectionFailed, which says where."""
    try:
        yield
    except OSError as error:
        raise errors.ConnectionFailed(f"cannot write to {path}: {error.strerror}") from error


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    with suppress(PermissionError):  # Windows opens no folder
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
