"""SQLite: a scan, and ten rows by their numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from bare import LIMIT, Call, Floats, Scan
from engrammic.backend import Backend
from engrammic.types import Schema


@asynccontextmanager
async def calling(backend: Backend, schema: Schema, url: str) -> AsyncIterator[Call]:
    """On a connection of its own."""
    connection = apsw.Connection(_file(url), flags=apsw.SQLITE_OPEN_READONLY)
    vectors = f'select _row, value from "{schema.name}__vector__vector"'
    rows = [(n, np.frombuffer(blob, np.float32)) for n, blob in connection.execute(vectors)]
    numbers, scan = [n for n, _ in rows], Scan([v for _, v in rows])
    columns = ", ".join(f'"{name}"' for name in schema.stored)
    marks = ", ".join("?" * LIMIT)
    sql = f'select {columns} from "{schema.name}" where _row in ({marks})'

    async def search(vector: Floats) -> Sequence[Any]:
        return connection.execute(sql, [numbers[place] for place in scan.best(vector)]).fetchall()

    try:
        yield search
    finally:
        connection.close()


def _file(url: str) -> str:
    return str(next(Path(url.removeprefix("sqlite:")).glob("*.db")))
