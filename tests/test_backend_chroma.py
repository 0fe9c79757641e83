"""Chroma passes the kit in this process; its own server gives the same answers."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from engines import Engines, NewDatabase, free_port
from engines.chroma import serving
from engrammic.backends.chroma import ChromaBackend
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.testing.backends import BackendTests
from engrammic.testing.searching import SearchTests
from engrammic.types import Field, Kind, Schema


class TestChroma(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[ChromaBackend]:
        backend = await ChromaBackend.connect(engines.new("chroma"))
        yield backend
        await backend.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    with serving(tmp_path_factory.mktemp("chroma")) as new:
        yield new


class TestServer(SearchTests):
    @pytest.fixture
    async def backend(self, server: NewDatabase) -> AsyncIterator[ChromaBackend]:
        backend = await ChromaBackend.connect(server())
        yield backend
        await backend.close()
        with warnings.catch_warnings():  # its client leaves its connections to the collector
            warnings.simplefilter("ignore", ResourceWarning)
            del backend
            gc.collect()


async def test_the_index_finds_what_an_exact_search_finds(tmp_path: Path) -> None:
    schema = Schema("v", (Field("id", Kind.TEXT), Field("vector", Kind.VECTOR, dimension=64)))
    drawn = np.random.default_rng(5).normal(size=(2000, 64)).astype(np.float32)
    found = []
    for options in ("", "?exact=1"):
        backend = await ChromaBackend.connect(f"chroma:{tmp_path}{options}")
        await backend.ensure_table(schema)
        if not options:
            await backend.insert("v", [{"id": str(n), "vector": v} for n, v in enumerate(drawn)])
        pages = [await backend.vector_search("v", "vector", q, limit=10) for q in drawn[:20]]
        found.append([{h.record["id"] for h in page} for page in pages])
        await backend.close()
    shared = [len(a & b) for a, b in zip(*found, strict=True)]
    assert sum(shared) >= 190
    assert all(len(page) == 10 for page in found[0])


async def test_nobody_listening_is_told() -> None:
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
        await ChromaBackend.connect(f"chroma://127.0.0.1:{free_port()}/x")


async def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="nothing"):
        await ChromaBackend.connect(f"chroma:{tmp_path}?nothing=1")
