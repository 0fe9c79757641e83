"""SurrealDB: a scan, and ten records by their ids; on the client that has the folder open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import Call, Floats, Scan
from engrammic.backends.surrealdb import SurrealdbBackend
from engrammic.backends.surrealdb.rows import listed, row_id
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: SurrealdbBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """Without HNSW, which is what a database has unless its URL says otherwise."""
    driver = backend.engine.connection._driver
    records = await backend.query(schema.name, columns=[*schema.key, "vector"])
    ids = [row_id(schema, tuple([r[name] for name in schema.key])) for r in records]
    scan = Scan([r["vector"] for r in records])
    text = f"SELECT {listed(schema.stored)} FROM $ids"

    async def search(vector: Floats) -> Sequence[Any]:
        found = driver.query_raw(text, {"ids": [ids[place] for place in scan.best(vector)]})
        rows: Sequence[Any] = found["result"][0]["result"]
        return rows

    yield search
