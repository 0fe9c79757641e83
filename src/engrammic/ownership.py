"""A folder that belongs to one process at a time, by a lock of the operating system."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

from engrammic.lockfile import lock

NAME = ".engrammic.lock"

_held: dict[str, tuple[int, BinaryIO]] = {}
_guard = threading.Lock()


class Ownership:
    """The lock on a folder; handles of the same process share it. The file is never removed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._released = False

    @property
    def folder(self) -> Path:
        """The folder, without symbolic links."""
        return Path(self._name)

    @classmethod
    def of(cls, folder: Path) -> Ownership:
        """Take the folder. Raises Locked when another process has it."""
        name = os.path.realpath(folder)
        with _guard:
            count, file = _held.get(name, (0, None))
            if file is None:
                file = lock(Path(name) / NAME, 0)
            _held[name] = count + 1, file
        return cls(name)

    def release(self) -> bool:
        """Give it back; whether this was the process's last handle, which unlocks."""
        with _guard:
            if self._released or self._name not in _held:
                return False
            self._released = True
            count, file = _held[self._name]
            if count > 1:
                _held[self._name] = count - 1, file
                return False
            del _held[self._name]
            file.close()
            return True
