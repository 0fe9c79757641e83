"""LanceDB: its own query, on a connection of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import lancedb

from bare import LIMIT, Call, Floats
from engrammic.backends.lance import LanceBackend, located
from engrammic.backends.lance.collections import table_name
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: LanceBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """With the client's defaults."""
    database = await lancedb.connect_async(located(url)[0])
    table = await database.open_table(table_name(schema))
    chosen = [*schema.stored, "_distance"]

    async def search(vector: Floats) -> Sequence[Any]:
        near = table.query().nearest_to(vector).column("vector").distance_type("cosine")
        return (await near.limit(LIMIT).select(chosen).to_arrow()).to_pylist()

    yield search
    database.close()
