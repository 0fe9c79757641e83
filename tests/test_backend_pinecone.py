"""Pinecone, over the stand-in for its wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from engines import Engines

from engrammic.backends.pinecone import PineconeBackend
from engrammic.testing.backends import BackendTests
from engrammic.testing.searching import SearchTests
from engrammic.testing.tables import TableTests
from engrammic.testing.walls import WallTests


class TestPineconeAlone(BackendTests):
    """The whole kit, where no other process writes: half as many requests."""

    EXAMPLES = 15
    STEPS = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PineconeBackend]:
        backend = await PineconeBackend.connect(engines.new("pinecone") + "&alone=1")
        yield backend
        await backend.close()


class TestPinecone(SearchTests, TableTests, WallTests):
    """What is derived in this process is right where others may write, too."""

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PineconeBackend]:
        backend = await PineconeBackend.connect(engines.new("pinecone"))
        yield backend
        await backend.close()
