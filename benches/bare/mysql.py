"""MySQL and MariaDB: a scan, and ten rows by their numbers over asyncmy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncmy
import numpy as np

from bare import LIMIT, Call, Floats, Scan
from engrammic.backends.mysql import MysqlBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: MysqlBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On a connection of its own."""
    layout, parts = backend.layout(schema.name), urlsplit(url)
    connection = await asyncmy.connect(
        host=parts.hostname, port=parts.port, user=parts.username,
        password=unquote(parts.password or ""), db=parts.path.strip("/"), charset="utf8mb4",
    )  # fmt: skip

    async def rows(sql: str, values: Sequence[Any] = ()) -> list[Any]:
        async with connection.cursor() as cursor:
            await cursor.execute(sql, tuple(values) or None)
            return list(await cursor.fetchall())

    stored = await rows(f"SELECT row_, v FROM {layout.vectors_of('vector')}")
    numbers, scan = [n for n, _ in stored], Scan([np.frombuffer(v, "<f4") for _, v in stored])
    columns = ", ".join(map(layout.column, schema.stored))
    marks = ", ".join(["%s"] * LIMIT)
    sql = f"SELECT {columns} FROM {layout.table} WHERE row_ IN ({marks})"

    async def search(vector: Floats) -> Sequence[Any]:
        return await rows(sql, [numbers[place] for place in scan.best(vector)])

    try:
        yield search
    finally:
        await connection.ensure_closed()
