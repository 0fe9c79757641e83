"""Qdrant passes the kit, in this process and on a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engines import Engines
from engrammic.backends.qdrant import QdrantBackend
from engrammic.testing.backends import BackendTests


class TestMemory(BackendTests):
    EXAMPLES = 30

    @pytest.fixture
    async def backend(self) -> AsyncIterator[QdrantBackend]:
        backend = await QdrantBackend.connect("qdrant:memory?exact=1")
        yield backend
        await backend.close()
