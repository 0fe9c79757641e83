"""The rows of a search's page are read as they lie, however much they hold."""

from __future__ import annotations

from pathlib import Path

import apsw
import numpy as np

from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.pages import along, listing, shape
from engrammic.changes import Put
from engrammic.types import Field, Kind, Schema

TEXTS = ['\x01\x1f\x7f"\\/', "\uffff\ufdd0\u2028", "\U0010ffff😀", "", "1e3", "null", "a\r\n"]
NOTES = Schema(
    "notes",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("text", Kind.TEXT),
        Field("n", Kind.INT),
        Field("metadata", Kind.JSON),
        Field("v", Kind.VECTOR, dimension=1),
    ),
)
LONGEST = 20_000
"""Bytes of a value, for these tests; SQLite allows 10**9."""


async def test_a_page_longer_than_a_value_may_be_is_read_row_by_row(tmp_path: Path) -> None:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(NOTES)
    rows = [
        {"id": f"i{n:03}", "text": (text + "\x02") * 50, "v": [1.0],
         "n": (None, 2**53, -(2**53))[n % 3], "metadata": {"k": [text, 1.5, 2**53, None]}}
        for n, text in enumerate(TEXTS * 10)
    ]  # fmt: skip
    await backend.apply([Put("notes", rows)])
    page = shape(backend._tables.layout("notes"), NOTES.stored)
    with backend._connections.here() as connection:
        whole = listing(page, "1")(connection, ())
        usual = connection.limit(apsw.SQLITE_LIMIT_LENGTH)
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST)
        again = listing(page, "1")(connection, ())
        places = apsw.carray(np.array([row[0] for row in whole]))
        ranked = along(page, "1")(connection, (places,))
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, usual)
    assert len(whole) == len(rows)
    assert [*map(tuple, again)] == [*map(tuple, whole)]
    assert [row[1:] for row in ranked] == [row[1:] for row in again]
    found = page.records(whole)
    assert found == [{k: v for k, v in row.items() if k != "v"} for row in rows]
    await backend.close()
