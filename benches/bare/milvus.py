"""Milvus: the client's `search`, with the same index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import LIMIT, Call, Floats
from engrammic.backends.milvus import MilvusBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: MilvusBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the client that has the folder open."""
    client, name = backend.engine.client, backend.engine._name(schema, "vector")
    tuning = {"metric_type": "IP", "params": {"ef": 64}}

    async def search(vector: Floats) -> Sequence[Any]:
        found: Sequence[Any] = client.search(
            name, data=[vector.tolist()], limit=LIMIT, output_fields=["payload", "pieces"],
            search_params=tuning,
        )[0]  # fmt: skip
        return found

    yield search
