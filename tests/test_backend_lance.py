"""Lance passes the kit; two processes write to it at once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from engines import Engines

from engrammic.backends.lance import LanceBackend
from engrammic.testing.backends import BackendTests


class TestLance(BackendTests):
    EXAMPLES = 3
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[LanceBackend]:
        backend = await LanceBackend.connect(engines.new("lance"))
        yield backend
        await backend.close()
