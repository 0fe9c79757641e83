"""MySQL (here MariaDB) passes the kit, over TCP, and keeps what it promises of a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engrammic.backends.mysql import MysqlBackend
from engrammic.testing.backends import BackendTests


class TestMysql(BackendTests):
    EXAMPLES = 12
    STEPS = 25
    STRIDE = 6

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[MysqlBackend]:
        backend = await MysqlBackend.connect(engines.new("mysql"))
        yield backend
        await backend.close()
