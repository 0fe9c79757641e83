"""Milvus Lite's own server, over gRPC; a new name for each database."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from engines import NewDatabase, free_port


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Names on one folder in this process."""
    yield lambda: f"milvus:{folder / uuid4().hex[:8]}?exact=1"


@contextmanager
def serving(folder: Path) -> Iterator[NewDatabase]:
    """Names on a server in another process."""
    port = free_port()
    command = [Path(sys.executable).with_name("milvus-lite"), "server", "--data-dir", folder / "s"]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [*map(str, command), "--host", "127.0.0.1", "--port", str(port)],
        stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        time.sleep(2)
        yield lambda: f"milvus://127.0.0.1:{port}/t{uuid4().hex[:8]}?exact=1"
    finally:
        server.terminate()
        server.wait(10)
        log.close()
