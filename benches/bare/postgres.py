"""PostgreSQL: pgvector's operator, over psycopg."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg

from bare import LIMIT, Call, Floats
from engrammic.backends.postgres import PostgresBackend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: PostgresBackend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On a connection of its own."""
    layout, parts = backend.layout(schema.name), urlsplit(url)
    columns = ", ".join(f"t.{layout.column(name)}" for name in schema.stored)
    near = (
        f"SELECT row_, v <=> %s::vector AS away FROM {layout.vectors_of('vector')} "
        f"ORDER BY away LIMIT {LIMIT}"
    )
    sql = f"SELECT {columns}, away FROM ({near}) s JOIN {layout.table} t USING (row_) ORDER BY away"
    connection = await psycopg.AsyncConnection.connect(
        f"{parts.scheme}://{parts.netloc}{parts.path}", autocommit=True
    )

    async def search(vector: Floats) -> Sequence[Any]:
        literal = "[" + ",".join(map(str, vector.tolist())) + "]"
        return await (await connection.execute(sql.encode(), [literal])).fetchall()

    try:
        path = f'"{parse_qs(parts.query)["schema"][0]}", public'
        await connection.execute(f"SET search_path TO {path}".encode())
        yield search
    finally:
        await connection.close()
