"""Pinecone, over the stand-in for its wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.pinecone import PineconeBackend
from engrammic.testing.backends import BackendTests


@pytest.fixture
async def backend(engines: Engines) -> AsyncIterator[PineconeBackend]:
    backend = await PineconeBackend.connect(engines.new("pinecone"))
    yield backend
    await backend.close()


class TestPinecone(BackendTests):
    EXAMPLES = 15
    STEPS = 20
