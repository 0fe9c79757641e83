"""Weaviate: a server where ENGRAMMIC_TEST_WEAVIATE_URL names one, else the stand-in for its wire.

A prefix of class names is a database. A server's are deleted when a test ends, and those that
are left at the end: making a class takes a server the longer the more classes it has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx

from engines import NewDatabase
from engrammic.testing.fakes.weaviate import WeaviateServer


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """One server for all."""
    numbers = count()
    run = f"Test{uuid4().hex[:8]}"
    if url := os.environ.get("ENGRAMMIC_TEST_WEAVIATE_URL"):
        mark = "&" if "?" in url else "?"
        try:
            yield lambda: f"{url}{mark}prefix={run}N{next(numbers)}"
        finally:
            _delete(url, run)
        return
    with WeaviateServer() as server:
        url = f"weaviate://127.0.0.1:{server.port}?grpc={server.grpc_port}"
        yield lambda: f"{url}&prefix={run}N{next(numbers)}"


def empty(url: str) -> None:
    """Delete the classes of a database."""
    _delete(url, parse_qs(urlsplit(url).query)["prefix"][0] + "_")


def _delete(url: str, start: str) -> None:
    host = urlsplit(url).netloc
    with httpx.Client(base_url=f"http://{host}/v1", timeout=60) as server:
        for class_ in server.get("/schema").json()["classes"]:
            if class_["class"].startswith(start):
                server.delete(f"/schema/{class_['class']}").raise_for_status()
