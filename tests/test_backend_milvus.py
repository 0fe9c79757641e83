"""Milvus Lite passes the kit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from engines import Engines

from engrammic.backends.milvus import MilvusBackend
from engrammic.testing.backends import BackendTests


class TestMilvus(BackendTests):
    EXAMPLES = 3
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[MilvusBackend]:
        backend = await MilvusBackend.connect(engines.new("milvus"))
        yield backend
        await backend.close()
