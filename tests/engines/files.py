"""Files: a folder for each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engines import NewDatabase


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Folders below `folder`."""
    numbers = count()
    yield lambda: f"files:{folder / str(next(numbers))}?backups=0"
