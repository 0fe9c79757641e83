"""NornicDB: a scan, and ten nodes by their ids in one session of Neo4j's driver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bare import Call, Floats, Scan
from engrammic.backends.nornicdb import NornicdbBackend
from engrammic.emulation.payload import point_id
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: NornicdbBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On the backend's own driver."""
    wire = backend.engine.wire
    records = await backend.query(schema.name, columns=[*schema.key, "vector"])
    ids = [point_id(schema, tuple([r[name] for name in schema.key])) for r in records]
    scan = Scan([r["vector"] for r in records])
    load = backend.engine._of(schema).load

    async def search(vector: Floats) -> Sequence[Any]:
        rows: list[Any] = []
        with wire._driver.session(database=wire._database) as session:
            for place in scan.best(vector):
                rows += session.run(load(ids[place]), {"id": ids[place]}).values()
        return rows

    yield search
