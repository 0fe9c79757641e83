"""Real databases for the tests: started once on a free port, stopped at the end.

Each module `engines.<scheme>` has `running(folder)`, a context manager that
starts the engine with its data in `folder` and gives a function: each call of
it returns the URL of a new, empty database. Where the engine cannot be had,
`running` raises Unavailable with the reason: such a target is skipped whole,
or fails when ENGRAMMIC_TEST_STRICT is 1.
"""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Self, TypeAlias

import pytest

NewDatabase: TypeAlias = Callable[[], str]

SCHEMES = (
    "memory", "sqlite", "files", "lance", "postgres", "mysql", "surrealdb", "qdrant", "milvus",
    "chroma", "pinecone", "weaviate", "nornicdb",
)  # fmt: skip


class Unavailable(Exception):
    """The engine is not on this machine; the text says what is missing."""


class Engines:
    """The engines of one test session, each started when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: dict[str, NewDatabase | Unavailable] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def new(self, scheme: str) -> str:
        """The URL of a new, empty database of that scheme."""
        if scheme not in self._started:
            self._started[scheme] = self._start(scheme)
        found = self._started[scheme]
        if isinstance(found, Unavailable):
            strict = os.environ.get("ENGRAMMIC_TEST_STRICT") == "1"
            (pytest.fail if strict else pytest.skip)(f"{scheme}: {found}")
        return found()

    def _start(self, scheme: str) -> NewDatabase | Unavailable:
        folder = self.folder / scheme
        folder.mkdir()
        running: AbstractContextManager[NewDatabase] = importlib.import_module(
            f"engines.{scheme}"
        ).running(folder)
        try:
            return self._stack.enter_context(running)
        except Unavailable as missing:
            return missing


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
