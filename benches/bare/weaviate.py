"""Weaviate: the collection's `near_vector`, against the stand-in or a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from weaviate.classes.query import MetadataQuery

from bare import LIMIT, Call, Floats
from engrammic.backends.weaviate import WeaviateBackend, objects
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: WeaviateBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the backend's own client."""
    class_ = await backend.engine._class(schema)
    columns = objects.wanted(schema, schema.stored)

    async def search(vector: Floats) -> Sequence[Any]:
        found = await class_.query.near_vector(
            vector.tolist(), target_vector=objects.vector_of("vector"), limit=LIMIT,
            return_metadata=MetadataQuery(distance=True), return_properties=columns,
        )  # fmt: skip
        rows: Sequence[Any] = found.objects
        return rows

    yield search
