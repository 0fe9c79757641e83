"""Filters of many values on SQLite, whichever way they become parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.filters import Filter, Or, is_in
from engrammic.types import Field, Kind, Schema

PLAIN = Schema("plain", (Field("id", Kind.TEXT, nullable=False),), key=("id",))


@pytest.fixture
async def backend() -> AsyncIterator[SqliteBackend]:
    opened = await SqliteBackend.connect("sqlite:///:memory:")
    await opened.ensure_table(PLAIN)
    await opened.insert("plain", [{"id": f"{n:05}"} for n in range(1000)])
    yield opened
    await opened.close()


def every_second(start: int, count: int) -> Filter:
    return is_in("id", tuple(f"{n:05}" for n in range(start, start + 2 * count, 2)))


@pytest.mark.parametrize("count", [1, 16, 17, 63, 64, 65, 192, 255, 256, 257, 400])
async def test_lists_of_every_length(backend: SqliteBackend, count: int) -> None:
    for _ in range(2):  # the second time the statement is there
        found = await backend.query("plain", every_second(100, count))
        assert [r["id"] for r in found] == [f"{n:05}" for n in range(100, 100 + 2 * count, 2)]


async def test_many_lists_have_room(backend: SqliteBackend) -> None:
    lists = tuple(every_second(1000 + 500 * n, 250) for n in range(150))
    where = Or((*lists, every_second(0, 250)))
    assert await backend.count("plain", where) == 250
