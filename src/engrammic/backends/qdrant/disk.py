"""Waiting for the disk where the engine does not."""

from __future__ import annotations

import os
from pathlib import Path


def sync(place: Path) -> None:
    """Return when a file or folder is on the disk; where it is absent, at once."""
    if os.name == "nt" and place.is_dir():
        return
    try:
        handle = os.open(place, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:  # the engine takes away files of its own while it works
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(place: Path) -> None:
    """The same for a folder with all that is in it."""
    for folder, _, files in os.walk(place):
        for file in files:
            sync(Path(folder, file))
        sync(Path(folder))
