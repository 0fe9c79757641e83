"""Equal scores at the edge of a page, and searches that others overtake."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.connection import snapshot
from engrammic.backends.sqlite.derived.matrix import Behind, Matrix, View
from engrammic.changes import Delete, Put
from engrammic.errors import Corrupt
from engrammic.filters import Compare, Filter, Op, eq
from engrammic.types import Field, Index, Kind, Record, Schema
from sqlite_files import opened

THINGS = Schema(
    "things",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("size", Kind.INT),
        Field("kind", Kind.INT),
        Field("words", Kind.TERMS),
        Field("v", Kind.VECTOR, dimension=4),
    ),
    indexes=(Index(("kind",)),),
)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with opened(tmp_path, THINGS) as backend:
        yield backend


def record(number: int, size: int, words: str, v: Any) -> Record:
    return {"id": f"k{number:05d}", "size": size, "kind": size, "words": words, "v": v}


async def filled(backend: SqliteBackend, records: list[Record]) -> MemoryBackend:
    """The reference with the same records, which come in a mixed order."""
    reference = MemoryBackend()
    await reference.ensure_table(THINGS)
    mixed = random.Random(1).sample(records, len(records))
    for target in (backend, reference):
        await target.insert("things", mixed)
    return reference


@pytest.mark.parametrize("count", [300, 5000])
@pytest.mark.parametrize("ties", [60, 120, 200])
async def test_equal_cosines_are_ordered_by_key(
    backend: SqliteBackend, ties: int, count: int
) -> None:
    near, far = [1.0, 0, 0, 0], np.random.default_rng(1).normal(size=(count, 4))
    far[:, 0] /= 10
    records = [record(n, n % 10, "x", near if n < ties else far[n]) for n in range(count)]
    reference = await filled(backend, records)
    for where in (None, Compare("size", Op.LT, 9), Compare("size", Op.LT, 2)):
        for limit in (1, 10) * 3:  # what is kept and copied comes in from the second time on
            found = [
                await b.vector_search("things", "v", near, limit=limit, where=where)
                for b in (backend, reference)
            ]
            mine, theirs = ([hit.record["id"] for hit in hits] for hits in found)
            assert mine == theirs, (where, limit)


@pytest.mark.parametrize(
    "where", [None, eq("size", 1), eq("kind", 1), Compare("size", Op.GT, 0)], ids=repr
)
async def test_equal_scores_by_words_are_ordered_by_key(
    backend: SqliteBackend, where: Filter | None
) -> None:
    records = [record(n, 0, "fox fox fox", [1, 0, 0, 0]) for n in range(64)]
    records += [record(n, 1, "fox dog cat", None) for n in range(100, 300)]
    records += [record(n, 0, "cow cow", None) for n in range(300, 700)]
    reference = await filled(backend, records)
    for limit in (1, 5, 70) * 3:
        found = [
            await b.text_search("things", ["fox"], limit=limit, where=where)
            for b in (backend, reference)
        ]
        mine, theirs = ([hit.record["id"] for hit in hits] for hits in found)
        assert mine == theirs, limit


async def test_a_snapshot_that_others_have_overtaken_is_taken_anew(backend: SqliteBackend) -> None:
    records = [record(n, 0, "x", np.eye(4)[n % 4]) for n in range(20)]
    await backend.insert("things", records)
    layout = backend._tables.layout("things")
    with backend._connections.here() as connection, snapshot(connection):
        matrix = backend._derived.matrix(layout, "v", 0)
        assert matrix.view(connection).count == 20
        await backend.apply([Delete("things", eq("id", "k00003")), Put("things", records[:2])])
        other = apsw.Connection(str(backend.path))
        try:
            assert matrix.view(other).count == 19
            with pytest.raises(Behind):
                matrix.view(connection)
        finally:
            other.close()


async def test_a_search_that_is_overtaken_gives_a_full_page(
    backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [record(n, 0, "x", np.eye(4)[n % 4]) for n in range(20)]
    await backend.insert("things", records)
    view, left = Matrix.view, 0

    def behind(self: Matrix, connection: apsw.Connection) -> View:
        nonlocal left
        left -= 1
        if left >= 0:
            raise Behind
        return view(self, connection)

    monkeypatch.setattr(Matrix, "view", behind)
    for times in (0, 1, 5):
        left = times
        assert len(await backend.vector_search("things", "v", [1, 0, 0, 0], limit=20)) == 20
        left = times
        await backend.prefetch("things", "v")
    left = 1000
    with pytest.raises(Corrupt, match="backwards"):
        await backend.vector_search("things", "v", [1, 0, 0, 0], limit=20)
