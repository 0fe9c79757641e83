"""SurrealDB: the engine in this process, a directory for each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engines import NewDatabase


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Directories below `folder`."""
    numbers = count()
    yield lambda: f"surrealdb:{folder / str(next(numbers))}?exact=1"
