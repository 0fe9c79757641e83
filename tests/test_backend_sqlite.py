"""SQLite passes the kit, and keeps what it promises of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.testing.backends import BackendTests


class TestSqlite(BackendTests):
    @pytest.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[SqliteBackend]:
        backend = await SqliteBackend.connect(str(tmp_path))
        yield backend
        await backend.close()
