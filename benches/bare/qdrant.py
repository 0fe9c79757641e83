"""Qdrant: the client's `query_points`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import LIMIT, Call, Floats
from engrammic.backends.qdrant import QdrantBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: QdrantBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the client that has the folder open."""
    client, name = backend.engine.driver.client, backend.engine._name(schema)
    columns = [*schema.stored]

    async def search(vector: Floats) -> Sequence[Any]:
        found = client.query_points(
            name, query=vector, using="vector", limit=LIMIT, with_payload=columns
        )
        points: Sequence[Any] = found.points
        return points

    yield search
