"""SQLite files for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engrammic.backends.sqlite import SqliteBackend
from engrammic.types import Schema


@asynccontextmanager
async def sound(folder: Path, schema: Schema) -> AsyncIterator[SqliteBackend]:
    """A file with one table, in which nothing may be wrong in the end."""
    backend = await SqliteBackend.connect(str(folder))
    try:
        await backend.ensure_table(schema)
        yield backend
        assert await backend.diagnose() == []
    finally:
        await backend.close()
