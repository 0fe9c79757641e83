"""What is read ahead while a query is being embedded."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

import engrammic
from engrammic import Message
from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put
from engrammic.embed.base import Vectors
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, InvalidSchema
from engrammic.filters import eq
from engrammic.types import Field, Kind, Schema
from sqlite_files import opened

NOTES = Schema(
    "notes",
    (
        Field("owner", Kind.TEXT, nullable=False),
        Field("id", Kind.TEXT, nullable=False),
        Field("v", Kind.VECTOR, dimension=4),
    ),
    key=("owner", "id"),
    partition="owner",
)
PATIENCE = 20.0


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with opened(tmp_path, NOTES) as backend:
        yield backend


def is_current(backend: SqliteBackend, table: str, field: str, owner: str) -> bool:
    """Whether a search by vector would have nothing to read."""
    layout = backend._tables.layout(table)
    with backend._connections.here() as connection:
        part = backend._partitions.known(connection, owner)
        assert part is not None
        return backend._derived.matrix(layout, field, part.number).is_current(connection)


async def test_a_search_has_nothing_left_to_read(backend: SqliteBackend) -> None:
    rows = [{"owner": "ann", "id": str(n), "v": np.eye(4)[n % 4]} for n in range(600)]
    await backend.apply([Put("notes", rows)])
    assert not is_current(backend, "notes", "v", "ann")
    await backend.prefetch("notes", "v", where=eq("owner", "ann"))
    assert is_current(backend, "notes", "v", "ann")
    await backend.apply([Put("notes", rows[:1])])
    assert not is_current(backend, "notes", "v", "ann")
    await backend.prefetch("notes", "v", where=eq("owner", "ann"))
    hits = await backend.vector_search(
        "notes", "v", [0, 1, 0, 0], limit=150, where=eq("owner", "ann")
    )
    assert {hit.record["id"] for hit in hits} == {str(n) for n in range(1, 600, 4)}


async def test_where_there_is_nothing_it_is_fine(backend: SqliteBackend) -> None:
    await backend.prefetch("notes", "v", where=eq("owner", "nobody"))
    with pytest.raises(InvalidSchema, match="nowhere"):
        await backend.prefetch("nowhere", "v", where=eq("owner", "ann"))
    with pytest.raises(InvalidInput, match="id"):
        await backend.prefetch("notes", "id", where=eq("owner", "ann"))


class Waiting(HashingEmbedder):
    """Embeds a query when the vectors it is compared with were read, or when that takes long."""

    memory: engrammic.Memory
    waits = False
    saw_it_read = False

    def embed(self, text: str) -> Vectors:
        until = time.monotonic() + (PATIENCE if self.waits else 0)
        backend = self.memory.messages.backend.backend
        assert isinstance(backend, SqliteBackend)
        while self.waits and not self.saw_it_read and time.monotonic() < until:
            self.saw_it_read = is_current(backend, "messages", "vector", str(self.memory.scope))
            time.sleep(0.001)
        return super().embed(text)


async def test_vectors_are_read_while_the_query_is_embedded(tmp_path: Path) -> None:
    embedder = Waiting(8)
    async with engrammic.open(tmp_path / "home", embedder=embedder) as memory:
        embedder.memory = memory
        await memory.messages.add(Message("c", "user", "We chose RS256 for the tokens"))
        embedder.waits = True
        hits = await memory.search("which tokens?")
    assert [hit.text for hit in hits] == ["We chose RS256 for the tokens"]
    assert embedder.saw_it_read
