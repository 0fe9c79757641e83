"""Chroma: the collection's `query`, over the same index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import LIMIT, Call, Floats
from engrammic.backends.chroma import ChromaBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: ChromaBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the client that has the folder open."""
    name = backend.engine._name(schema, "vector")
    collection = backend.engine.client.get_collection(name, embedding_function=None)

    async def search(vector: Floats) -> Sequence[Any]:
        found = collection.query(
            query_embeddings=[vector], n_results=LIMIT, include=["metadatas", "distances"]
        )
        rows: Sequence[Any] = found["metadatas"][0]
        return rows

    yield search
