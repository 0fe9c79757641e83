"""Files of a directory on disk, for an engine that leaves that to the operating system."""

from __future__ import annotations

import os
from pathlib import Path

from engrammic.errors import StorageError


class Unsynced:
    """The files below a folder that were not synced yet. They are never changed, only added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._done: set[str] = set()

    def sync(self) -> None:
        """Return when all of them are on disk, and the folders that name them."""
        seen: set[str] = set()
        try:
            for folder, _, names in os.walk(self.folder):
                paths = {os.path.join(folder, name) for name in names}
                for path in paths - self._done:
                    _sync(path)
                if not paths <= self._done or not names:
                    _sync(folder)
                seen |= paths
        except OSError as error:
            raise StorageError(f"lance: cannot sync {self.folder}: {error}") from error
        self._done = seen


def _sync(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # merged into another meanwhile
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
