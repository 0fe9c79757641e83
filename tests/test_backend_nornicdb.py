"""NornicDB: a server where one is named, else the stand-in for its wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.nornicdb import NornicdbBackend
from engrammic.testing.backends import BackendTests


class TestNornicdb(BackendTests):
    EXAMPLES = 3
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[NornicdbBackend]:
        backend = await NornicdbBackend.connect(engines.new("nornicdb"))
        yield backend
        await backend.close()
