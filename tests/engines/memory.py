"""The reference: nothing to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines import NewDatabase


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """A new database for each handle."""
    yield lambda: "memory:"
