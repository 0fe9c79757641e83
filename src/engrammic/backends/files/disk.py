"""Writing files so that each is there whole or not at all, and on the disk when told."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from engrammic.errors import EngrammicError, StorageError

PART = ".part"
BACKUP = ".backup.json"
_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then try again",
    errno.EDQUOT: "make room within the quota, then try again",
    errno.EACCES: "check the permissions of the folder and of what is in it",
    errno.EPERM: "check the permissions of the folder and of what is in it",
    errno.EROFS: "have the disk writable, then try again",
}


@contextmanager
def told(place: Path) -> Iterator[None]:
    """Turns what the system refuses into a StorageError that says where, why and what helps."""
    try:
        yield
    except EngrammicError:  # some are errors of the system, too
        raise
    except OSError as error:
        what = f"{error.filename or place}: {error.strerror or error}"
        remedy = _REMEDIES.get(error.errno or 0, "nothing that was acknowledged is lost")
        raise StorageError(f"{what}; {remedy}") from error


def write(path: Path, content: bytes) -> None:
    """Replace the file's content: a new file beside it, synced, then renamed over it."""
    part = path.with_name(path.name + PART)
    try:
        _write(part, content)
    except FileNotFoundError:
        make(path.parent)
        _write(part, content)
    os.replace(part, path)


def _write(part: Path, content: bytes) -> None:
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make(folder: Path) -> None:
    """Create a folder with those above it, their entries on the disk."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        with suppress(FileExistsError):
            new.mkdir()
    sync({new.parent for new in missing})


def sync(folders: Iterable[Path]) -> None:
    """Have renames and removals in these folders on the disk."""
    for folder in folders:
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def keep(path: Path, most: int) -> None:
    """Copy the file beside itself under the time, and leave the newest `most` such copies."""
    if most <= 0:
        return
    with suppress(FileNotFoundError):
        content = path.read_bytes()
        stamp = datetime.now(UTC).strftime("%Y%m%d_%H%M%S_%f")
        (path.parent / f"{path.stem}.{stamp}{BACKUP}").write_bytes(content)
        for old in backups(path)[most:]:
            old.unlink(missing_ok=True)


def backups(path: Path) -> list[Path]:
    """The kept copies of a file, the newest first."""
    return sorted(path.parent.glob(f"{path.stem}.*{BACKUP}"), reverse=True)
