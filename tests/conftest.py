"""Fixtures that many tests share."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import engrammic
from engines import Engines
from engrammic import Memory
from engrammic.embed.hashing import HashingEmbedder

NOON = 1_760_000_000_000
"""A time to start from: 9 October 2025."""


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, moment: int = NOON) -> None:
        self.moment = moment

    def __call__(self) -> int:
        return self.moment

    def forward(self, milliseconds: int) -> None:
        self.moment += milliseconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What a file of tests leaves to the collector unclosed fails there, not in a later one."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Databases of every kind: `engines.new("postgres")` is the URL of an empty one."""
    with Engines(tmp_path_factory.mktemp("engines")) as found:
        yield found


@pytest.fixture(params=["memory", "sqlite"])
async def memory(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> AsyncIterator[Memory]:
    """An open memory on each embedded engine, with the hashing embedder and a hand clock."""
    url = ":memory:" if request.param == "memory" else str(tmp_path / "home")
    async with engrammic.open(url, embedder=HashingEmbedder(), clock=clock) as opened:
        yield opened
