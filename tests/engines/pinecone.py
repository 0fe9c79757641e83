"""Pinecone: the stand-in for its wire, a prefix of index names for each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engines import NewDatabase
from engrammic.testing.fakes.pinecone import API_KEY, PineconeServer


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """One server for all."""
    numbers = count()
    with PineconeServer() as server:
        yield lambda: f"pinecone:t{next(numbers)}?host={server.url}&api_key={API_KEY}"
