"""Chroma: a directory for each database, and its own server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from uuid import uuid4

from engines import NewDatabase, Unavailable, free_port


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Directories below `folder`."""
    numbers = count()
    yield lambda: f"chroma:{folder / str(next(numbers))}?exact=1"


@contextmanager
def serving(folder: Path) -> Iterator[NewDatabase]:
    """Names on a server in another process."""
    port = free_port()
    command = [Path(sys.executable).with_name("chroma"), "run", "--path", folder / "s"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*map(str, command), "--host", "127.0.0.1", "--port", str(port)],
            stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )  # fmt: skip
        try:
            _wait_for(port, server)
            yield lambda: f"chroma://127.0.0.1:{port}/t{uuid4().hex[:8]}?exact=1"
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise Unavailable("`chroma run` did not start")
