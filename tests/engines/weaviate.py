"""Weaviate: a server where ENGRAMMIC_TEST_WEAVIATE_URL names one, else the stand-in for its wire.

A prefix of class names is a database; a server's are deleted at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from engines import NewDatabase
from engrammic.testing.fakes.weaviate import WeaviateServer


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """One server for all."""
    numbers = count()
    run = f"Test{uuid4().hex[:8]}"
    if url := os.environ.get("ENGRAMMIC_TEST_WEAVIATE_URL"):
        mark = "&" if "?" in url else "?"
        yield lambda: f"{url}{mark}prefix={run}N{next(numbers)}"
        return
    with WeaviateServer() as server:
        url = f"weaviate://127.0.0.1:{server.port}?grpc={server.grpc_port}"
        yield lambda: f"{url}&prefix={run}N{next(numbers)}"
