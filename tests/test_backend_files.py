"""Files pass the kit, and keep what is promised of documents that people look at."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from engines import Engines

from engrammic.backends.files import FilesBackend
from engrammic.testing.backends import BackendTests


class TestFiles(BackendTests):
    EXAMPLES = 5
    STRIDE = 25

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[FilesBackend]:
        backend = await FilesBackend.connect(engines.new("files"))
        yield backend
        await backend.close()
