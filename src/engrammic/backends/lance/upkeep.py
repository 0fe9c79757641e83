"""Housekeeping of one Lance table: small files merged, old versions removed, indexes made.

Each commit leaves a version and a few small files, which every read has to
look at. Whoever makes a version whose number is a multiple of the pace tidies
up, so that many short-lived processes do it as well as a long-lived one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pyarrow as pa
from lancedb.index import BTree, IvfSq

from engrammic.backends.lance.columns import ID
from engrammic.backends.lance.commits import committed
from engrammic.errors import StorageError

EVERY = 64
"""Versions between two rounds, at least: a search looks at about as many files."""

ROWS_PER_VERSION = 200
"""Large tables are tidied less often, since merging copies the rows."""

AGE = timedelta(minutes=5)
"""A version that somebody may still be reading is younger than this."""

NOW = timedelta(milliseconds=1)
"""The least age of a version: the driver warns of none at all."""

KEYED_FROM = 20_000
"""Rows from which the ids are indexed."""

NEAR_FROM = 20_000
"""Rows from which `optimize` indexes a vector column: below it, comparing all is about as quick."""


async def tidy(name: str, table: Any, version: int, late: dict[str, str]) -> None:
    """One round if it is due; what fails is noted in `late`, since the write itself is done."""
    try:
        rows = await committed(table.count_rows)
        pace = EVERY
        while pace * ROWS_PER_VERSION < rows:
            pace *= 2
        if version % pace == 0:
            await committed(lambda: _merged(table, rows))
    except StorageError as error:
        late[name] = f"housekeeping is late, run `optimize`: {error}"
        return
    late.pop(name, None)


async def optimized(table: Any) -> None:
    """Merge, clean up, and index what has become large enough; never an empty table."""
    rows = await table.count_rows()
    if rows >= NEAR_FROM:
        indexed = {column for index in await table.list_indices() for column in index.columns}
        for column in await table.schema():
            if pa.types.is_fixed_size_list(column.type) and column.name not in indexed:
                await _index_vectors(table, column.name)
    await _merged(table, rows)


async def scrubbed(table: Any) -> None:
    """Write the rows that are left into new files, and remove every older version now."""
    await table.optimize(cleanup_older_than=NOW, delete_unverified=True)
    await asyncio.sleep(2 * NOW.total_seconds())
    await table.optimize(cleanup_older_than=NOW, delete_unverified=True)


async def _index_vectors(table: Any, name: str) -> None:
    if await table.count_rows(f"`{name}` IS NOT NULL") >= NEAR_FROM:
        await table.create_index(name, config=IvfSq(distance_type="cosine"))


async def _merged(table: Any, rows: int) -> None:
    if rows >= KEYED_FROM:
        indexed = {column for index in await table.list_indices() for column in index.columns}
        if ID not in indexed:
            await table.create_index(ID, config=BTree())
    await table.optimize(cleanup_older_than=AGE)
