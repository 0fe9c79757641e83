"""Milvus Lite: in this process, and its own server over gRPC."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from engines import NewDatabase, Unavailable, free_port


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """Folders below `folder`."""
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
        _wait_for(port, server)
        yield lambda: f"milvus://127.0.0.1:{port}/t{uuid4().hex[:8]}?exact=1"
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise Unavailable("milvus-lite server did not start")
