"""PostgreSQL passes the kit, over TCP, and keeps what it promises of a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.postgres import PostgresBackend
from engrammic.testing.backends import BackendTests


class TestPostgres(BackendTests):
    EXAMPLES = 12
    STEPS = 25
    STRIDE = 6

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PostgresBackend]:
        backend = await PostgresBackend.connect(engines.new("postgres"))
        yield backend
        await backend.close()
