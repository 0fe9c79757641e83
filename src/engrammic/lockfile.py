"""A file that one process at a time holds locked; the system frees it when the process dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

from engrammic.errors import ConnectionFailed, Locked

WAIT = 0.05
"""Seconds between two tries."""

if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: BinaryIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(path: Path, timeout: float) -> BinaryIO:
    """The lock, held until the file is closed; made where it is missing, and never deleted.

    It holds the owner's process id, for people to read. Raises Locked when
    another holds it for longer than `timeout` seconds, ConnectionFailed where
    the file cannot be made.
    """
    try:
        file = path.open("a+b")
    except OSError as error:
        raise ConnectionFailed(f"cannot lock {path}: {error.strerror}") from error
    try:
        _wait(file, path, timeout)
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def _wait(file: BinaryIO, path: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        try:
            _take(file)
        except OSError as error:
            if time.monotonic() >= end:
                raise Locked(
                    f"another process has {path.parent} open; close it there, or wait"
                ) from error
            time.sleep(WAIT)
        else:
            return
