"""Memory: a scan, and ten dictionaries copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import Call, Floats, Scan
from engrammic.backend import Backend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: Backend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """Over records that were read before."""
    records = await backend.query(schema.name, columns=[*schema.stored, "vector"])
    scan = Scan([r.pop("vector") for r in records])

    async def search(vector: Floats) -> Sequence[Any]:
        return [dict(records[place]) for place in scan.best(vector)]

    yield search
