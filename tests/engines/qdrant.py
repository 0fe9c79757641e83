"""Qdrant: a server where ENGRAMMIC_TEST_QDRANT_URL names one, else the client's local mode."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from engines import NewDatabase

SERVER = os.environ.get("ENGRAMMIC_TEST_QDRANT_URL")
"""Such as http://127.0.0.1:6333 or qdrant://127.0.0.1:6333?grpc=6334."""


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Folders; on a server, names."""
    if SERVER is None:
        numbers = count()
        with swift_folder() as root:
            yield lambda: f"qdrant:{root / str(next(numbers))}"
        return
    parts = urlsplit(SERVER)
    options = "&".join(filter(None, ("exact=1", parts.query)))
    yield lambda: f"qdrant://{parts.netloc}/t{uuid4().hex[:12]}?{options}"


@contextmanager
def swift_folder() -> Iterator[Path]:
    """A folder in memory where there is one: local mode waits for the disk at every point."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="engrammic-", dir=place) as name:
        yield Path(name)
