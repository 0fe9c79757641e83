"""Chroma passes the kit, in this process and through its own server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.chroma import ChromaBackend
from engrammic.testing.backends import BackendTests


class TestChroma(BackendTests):
    EXAMPLES = 3
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[ChromaBackend]:
        backend = await ChromaBackend.connect(engines.new("chroma"))
        yield backend
        await backend.close()
