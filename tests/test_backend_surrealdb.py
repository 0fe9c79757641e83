"""SurrealDB passes the kit, in a directory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.surrealdb import SurrealdbBackend
from engrammic.testing.backends import BackendTests


class TestSurrealdb(BackendTests):
    EXAMPLES = 27
    TREES = 100
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[SurrealdbBackend]:
        backend = await SurrealdbBackend.connect(engines.new("surrealdb"))
        yield backend
        await backend.close()
