"""Pinecone: the index's `query`, against the stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import LIMIT, Call, Floats
from engrammic.backends.pinecone import PineconeBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: PineconeBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the backend's own client."""
    space = await backend.engine._home(schema)

    async def search(vector: Floats) -> Sequence[Any]:
        found = space.index.query(
            vector=vector.tolist(), top_k=LIMIT, namespace=space.namespace, include_metadata=True
        )
        rows: Sequence[Any] = found.matches
        return rows

    yield search
