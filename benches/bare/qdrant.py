"""Qdrant: the client's `query_points`, or the query of the engine in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import LIMIT, Call, Floats
from engrammic.backends.qdrant import QdrantBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: QdrantBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the client, or the shard, that has the folder open."""
    driver, name = backend.engine.driver, backend.engine._name(schema)
    near = _by_client if hasattr(driver, "client") else _by_shard
    yield near(driver, name, [*schema.stored])


def _by_client(driver: Any, name: str, columns: list[str]) -> Call:
    async def search(vector: Floats) -> Sequence[Any]:
        found = driver.client.query_points(
            name, query=vector, using="vector", limit=LIMIT, with_payload=columns
        )
        points: Sequence[Any] = found.points
        return points

    return search


def _by_shard(driver: Any, name: str, columns: list[str]) -> Call:
    import qdrant_edge as edge

    shard = driver._shard(name)

    async def search(vector: Floats) -> Sequence[Any]:
        query = edge.Query.Nearest(vector.tolist(), using="vector")
        asked = edge.QueryRequest(limit=LIMIT, query=query, with_payload=columns)
        points: Sequence[Any] = shard.query(asked)
        return points

    return search
