"""The three graph stores: one kit for all, and what each promises for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from engines import Engines
from engrammic.backends.memory import MemoryBackend
from engrammic.graph_engines.kuzu import KuzuGraphStore
from engrammic.registry import open_backend
from engrammic.scope import Scope, Scoped
from engrammic.stores.graph import SimpleGraphStore
from engrammic.testing.graphs import GraphOf, GraphTests
from engrammic.triples import GraphStore


class TestMinimalGraph(GraphTests):
    EXAMPLES = 150

    @pytest_asyncio.fixture
    async def graph_of(self) -> AsyncIterator[GraphOf]:
        backend = MemoryBackend()

        async def made(scope: Scope) -> GraphStore:
            return SimpleGraphStore(Scoped(backend, scope))

        yield made
        await backend.close()


class TestSimpleGraph(GraphTests):
    EXAMPLES = 60

    @pytest_asyncio.fixture
    async def graph_of(self, engines: Engines) -> AsyncIterator[GraphOf]:
        backend = await open_backend(engines.new("sqlite"))

        async def made(scope: Scope) -> GraphStore:
            return SimpleGraphStore(Scoped(backend, scope))

        yield made
        await backend.close()


class TestKuzuGraph(GraphTests):
    EXAMPLES = 25

    @pytest_asyncio.fixture
    async def graph_of(self, tmp_path: Path) -> AsyncIterator[GraphOf]:
        opened: list[KuzuGraphStore] = []

        async def made(scope: Scope) -> GraphStore:
            opened.append(await KuzuGraphStore.connect(f"kuzu:{tmp_path}", scope))
            return opened[-1]

        yield made
        for store in opened:
            await store.close()
