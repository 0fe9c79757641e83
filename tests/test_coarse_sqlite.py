"""A SQLite backend's pages with a copy in eight bits are those without, whatever is written."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.derived import coarse, matrix, products, scan
from engrammic.backends.sqlite.derived.coarse import Coarse
from engrammic.backends.sqlite.filling import Page
from engrammic.backends.sqlite.reading import told_by_index
from engrammic.changes import Put
from engrammic.filters import And, Compare, Filter, Or, eq
from engrammic.types import Field, Index, Kind, Record, Schema
from sqlite_files import sound

DIMENSION = 24
SCHEMA = Schema(
    "notes",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("owner", Kind.TEXT),
        Field("talk", Kind.TEXT),
        Field("hundredth", Kind.INT),
        Field("v", Kind.VECTOR, dimension=DIMENSION),
    ),
    key=("owner", "id"),
    indexes=(Index(("owner", "talk", "hundredth")), Index(("owner", "hundredth"))),
    partition="owner",
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that let small matrices have a copy of several blocks, however slow it is."""
    for name, value in (("LEAST", 64), ("STEP", 16), ("WIDTH", 96)):
        monkeypatch.setattr(coarse, name, value)
    loaded = products._loaded()
    monkeypatch.setattr(coarse, "product", lambda: loaded)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with sound(tmp_path, SCHEMA) as opened:
        yield opened


def notes(numbers: Any, seed: int = 0) -> list[Record]:
    """Notes around seven centres, some right upon them; a few have no vector."""
    rng = np.random.default_rng([seed, len(numbers)])
    centres = np.random.default_rng(1).normal(size=(7, DIMENSION))

    def vector(n: int) -> Any:
        far = 0.0 if n % 11 == 0 else 0.3
        return None if n % 41 == 0 else centres[n % 7] + far * rng.normal(size=DIMENSION)

    return [
        {"id": f"n{n}", "owner": "ann", "talk": f"t{n % 5}", "hundredth": n % 100, "v": vector(n)}
        for n in numbers
    ]


def wheres(rng: random.Random) -> list[Filter]:
    talk, hundredth = eq("talk", f"t{rng.randrange(5)}"), eq("hundredth", rng.randrange(100))
    ranges = Compare("hundredth", "lt", rng.randrange(100))
    return [talk, hundredth, And((talk, hundredth)), ranges, Or((ranges, talk)), eq("id", "n7")]


async def pages(backend: SqliteBackend, rng: random.Random) -> list[Any]:
    """Pages of one query under several filters and limits, with what a survey samples."""
    query = np.random.default_rng(rng.randrange(2**32)).normal(size=DIMENSION)
    query += 3 * np.random.default_rng(1).normal(size=(7, DIMENSION))[rng.randrange(7)]
    found: list[Any] = []
    for where in (eq("owner", "ann"), *(And((eq("owner", "ann"), w)) for w in wheres(rng))):
        for limit in (1, 10, 60):
            page = await backend.vector_search(
                "notes", "v", query, limit=limit, where=where, columns=["id"]
            )
            found.append([(hit.record["id"], hit.score) for hit in page])
        survey = await backend.survey(
            "notes", "v", query, limit=5, where=where, sample=20, columns=["id"]
        )
        found.append(([record["id"] for record in survey.records], survey.sample.tolist()))
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_pages_are_the_same_with_a_copy_and_without(
    seed: int, backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEWER", random.Random(seed).choice([2, 4, 32]))
    rng = random.Random(seed)
    await backend.insert("notes", notes(range(900)))
    for turn in range(8):
        state = rng.getstate()
        with_copy = await pages(backend, rng)
        with monkeypatch.context() as without:
            without.setattr(Coarse, "bounds", lambda *_: None)
            rng.setstate(state)
            assert await pages(backend, rng) == with_copy
        await backend.apply([Put("notes", notes(rng.sample(range(1100), 40), turn))])
        await backend.delete("notes", Compare("hundredth", "eq", rng.randrange(100)))
    held = [m for m in backend._derived._matrices._held.values() if m._coarse.size > 300]
    assert held
    assert held[0].nbytes > held[0]._vectors.nbytes + held[0]._rows.nbytes


async def test_many_that_tie_are_ordered_by_key_under_a_filter(
    backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEWER", 2)
    same = [{**n, "v": [1.0] * DIMENSION} for n in notes(range(400))]
    await backend.insert("notes", [*notes(range(400, 900)), *reversed(same)])
    where = And((eq("owner", "ann"), Compare("hundredth", "lt", 50)))
    wanted = sorted(n["id"] for n in same if n["hundredth"] < 50)[:10]
    for _ in range(20):
        page = await backend.vector_search(
            "notes", "v", [1.0] * DIMENSION, limit=10, where=where, columns=["id"]
        )
        assert [hit.record["id"] for hit in page] == wanted


async def test_a_matrix_that_is_read_anew_begins_a_new_copy(
    backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEWER", 2)
    await backend.insert("notes", notes(range(500)))
    for _ in range(4):
        await pages(backend, random.Random(1))
    [held] = backend._derived._matrices._held.values()
    before = held._coarse
    assert before.size > 200
    held._reset(0)
    assert held._coarse is not before
    assert held._coarse.size == 0


async def threads(backend: SqliteBackend, where: Filter, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the second search under a filter runs on the calling thread."""
    found: list[int] = []
    passed = Page._passed

    def noted(self: Page, *given: Any) -> Any:
        found.append(threading.get_ident())
        return passed(self, *given)

    monkeypatch.setattr(Page, "_passed", noted)
    for _ in range(2):
        found.clear()
        whole = And((eq("owner", "ann"), where))
        await backend.vector_search("notes", "v", [1.0] * DIMENSION, limit=10, where=whole)
    return found == [threading.get_ident()]


async def test_few_rows_that_an_index_finds_are_ranked_where_they_are_asked_for(
    backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "QUICK", 190)
    await backend.insert("notes", notes(range(900)))
    assert await threads(backend, eq("hundredth", 7), monkeypatch)
    await backend.insert("notes", [{**n, "hundredth": 7} for n in notes(range(1000, 1300))])
    assert not await threads(backend, eq("hundredth", 7), monkeypatch)
    assert await threads(backend, eq("hundredth", 8), monkeypatch)


def test_an_index_alone_tells_what_passes_equalities_with_its_first_fields() -> None:
    talk, hundredth, name = eq("talk", "t1"), eq("hundredth", 1), eq("id", "n1")
    schema = replace(SCHEMA, indexes=SCHEMA.indexes[:1])
    told = [talk, And((talk, hundredth)), And((hundredth, talk))]
    assert all(told_by_index(schema, where) for where in told)
    others = [
        None, hundredth, And((talk, name)), Or((talk, talk)), And((talk, Or((hundredth, name)))),
        And((talk, Compare("hundredth", "lt", 3))), Compare("talk", "ne", "t1"), And(()),
    ]  # fmt: skip
    assert not any(told_by_index(schema, where) for where in others)


ONCE = """
import asyncio, sys
import numpy as np
from engrammic.backends.sqlite import SqliteBackend
from engrammic.types import Field, Kind, Schema

async def main():
    backend = await SqliteBackend.connect(sys.argv[1])
    fields = Field("id", Kind.TEXT, nullable=False), Field("v", Kind.VECTOR, dimension=4)
    await backend.ensure_table(Schema("notes", fields))
    vectors = np.random.default_rng(0).normal(size=(5000, 4))
    await backend.insert("notes", [{"id": str(n), "v": v} for n, v in enumerate(vectors)])
    for _ in range(2):
        assert len(await backend.vector_search("notes", "v", vectors[0], limit=3)) == 3
        print("onnxruntime" in sys.modules)
    await backend.close()

asyncio.run(main())
"""


def test_who_searches_once_does_not_load_onnxruntime(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONCE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
