"""The reference passes the kit that it is the reference of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engrammic.backends.memory import MemoryBackend
from engrammic.testing.backends import BackendTests


class TestMemory(BackendTests):
    @pytest.fixture
    async def backend(self) -> AsyncIterator[MemoryBackend]:
        backend = await MemoryBackend.connect("memory:")
        yield backend
        await backend.close()
