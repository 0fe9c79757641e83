"""SQLite files for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engrammic.backends.sqlite import SqliteBackend
from engrammic.types import Schema


@asynccontextmanager
async def opened(path: Path, schema: Schema) -> AsyncIterator[SqliteBackend]:
    """A file with one table: that of `path`, or the usual one in that folder."""
    backend = await SqliteBackend.connect(str(path))
    try:
        await backend.ensure_table(schema)
        yield backend
    finally:
        await backend.close()


@asynccontextmanager
async def sound(folder: Path, schema: Schema) -> AsyncIterator[SqliteBackend]:
    """As `opened`, where nothing may be wrong in the end."""
    async with opened(folder, schema) as backend:
        yield backend
        assert await backend.diagnose() == []
