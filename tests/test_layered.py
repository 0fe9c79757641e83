"""Two databases as one: the kit passes, a crash between the two heals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidSettings
from engrammic.filters import EVERYTHING, Compare, Op, eq
from engrammic.layering import LayeredBackend, mending
from engrammic.layering.backend import layered_url
from engrammic.moving import migrate
from engrammic.registry import open_backend
from engrammic.settings import load_settings
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, thing, things
from migrating import fill, lines


class TestMemoryOverSqlite(BackendTests):
    EXAMPLES, STEPS = 20, 20

    @pytest.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[LayeredBackend]:
        vectors = await SqliteBackend.connect(str(tmp_path / "vectors"))
        backend = LayeredBackend(MemoryBackend(), vectors)
        yield backend
        await backend.close()


class TestSqliteOverSqlite(BackendTests):
    EXAMPLES, STEPS = 20, 20

    @pytest.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[LayeredBackend]:
        records = await SqliteBackend.connect(str(tmp_path / "records"))
        vectors = await SqliteBackend.connect(str(tmp_path / "vectors"))
        backend = LayeredBackend(records, vectors)
        yield backend
        await backend.close()
