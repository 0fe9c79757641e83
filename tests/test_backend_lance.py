"""Lance passes the kit; its literals, its processes, its housekeeping."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from engines import Engines, free_port
from engrammic.backends import lance
from engrammic.backends.lance import LanceBackend, durable_at, located, syncing, upkeep
from engrammic.backends.lance.literals import literal
from engrammic.changes import Put
from engrammic.errors import ConnectionFailed, InvalidSettings, NotADatabase
from engrammic.filters import Compare, Op, eq
from engrammic.predicate import matches
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import BLOBS, FLOATS, INTS, TEXTS, THINGS, thing, things

MORE_TEXTS = (*TEXTS, "\\'", "''", "\\\\'", "`", "`id`", "x' OR 'x' = 'x", "--'", "/*", "\r\n")


class TestLance(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[LanceBackend]:
        backend = await LanceBackend.connect(engines.new("lance"))
        yield backend
        await backend.close()


@pytest.fixture
def free_endpoint() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
async def backend(engines: Engines) -> AsyncIterator[LanceBackend]:
    backend = await LanceBackend.connect(engines.new("lance"))
    await backend.ensure_table(THINGS)
    yield backend
    await backend.close()


async def test_a_literal_is_read_back_as_the_value(tmp_path: Path) -> None:
    """Each finds itself, and nothing else, in a column of all of them."""
    database = await lancedb.connect_async(tmp_path)
    columns: list[tuple[str, Any, Any]] = [
        ("t", pa.string(), MORE_TEXTS), ("n", pa.int64(), INTS), ("f", pa.float64(), FLOATS),
        ("b", pa.binary(), BLOBS), ("o", pa.bool_(), (True, False)),
    ]  # fmt: skip
    for name, kind, given in columns:
        values = [v for v in given if v is not None]
        table = await database.create_table(name, pa.table({name: pa.array(values, kind)}))
        for value in values:
            query = table.query().where(f"`{name}` = {literal(value)}")
            found = (await query.to_arrow()).column(name).to_pylist()
            assert found == [v for v in values if v == value], repr(value)[:60]
    database.close()


@pytest.mark.parametrize("op", [Op.EQ, Op.NE, Op.LT, Op.LTE, Op.GT, Op.GTE])
@pytest.mark.parametrize("value", [2.5, -0.5, 1e300, -1e300, 2.0**53, -0.0])
async def test_an_int_compares_with_any_number(backend: LanceBackend, op: Op, value: float) -> None:
    await backend.insert("things", things(30))
    for name in ("size", "done", "weight"):
        where = Compare(name, op, value)
        assert backend.engine.is_exact(THINGS, where)
        found = await backend.query("things", where)
        assert found == [r for r in await backend.query("things") if matches(where, r)]


WRITER = """
import asyncio, sys
from engrammic.backends.lance import LanceBackend
from engrammic.testing.things import THINGS, thing

async def main():
    backend = await LanceBackend.connect(sys.argv[1])
    await backend.ensure_table(THINGS)
    first = int(sys.argv[2])
    for i in range(first, first + 50):
        await backend.insert("things", [thing(i) | {"words": f"common w{i}"}, thing(1000)])
    await backend.close()

asyncio.run(main())
"""


async def test_two_processes_write_at_once(engines: Engines) -> None:
    """They declare the table at once, add 50 records each and one that both write."""
    url = engines.new("lance")
    backend = await LanceBackend.connect(url)
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, url, str(100 * i), stderr=subprocess.PIPE
        )
        for i in range(2)
    ]
    for writer in writers:
        _, said = await writer.communicate()
        assert writer.returncode == 0, said.decode()
    assert await backend.count("things") == 101
    assert len(await backend.text_search("things", ["w7", "w149"], limit=9)) == 2
    await backend.close()


async def test_a_new_key_that_three_put_at_once_is_one_record(engines: Engines) -> None:
    url = engines.new("lance")
    handles = [await LanceBackend.connect(url) for _ in range(3)]
    for handle in handles:
        await handle.ensure_table(THINGS)
    for i in range(12):
        await asyncio.gather(*(handle.insert("things", [thing(i)]) for handle in handles))
    assert await handles[0].count("things") == 12
    for handle in handles:
        await handle.close()


async def test_housekeeping_keeps_versions_few(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever writes, even if each process writes once."""
    monkeypatch.setattr(upkeep, "EVERY", 8)
    monkeypatch.setattr(upkeep, "AGE", timedelta(milliseconds=1))
    url = engines.new("lance")
    for i in range(40):
        backend = await LanceBackend.connect(url)
        await backend.ensure_table(THINGS)
        await backend.insert("things", [thing(i)])
        assert (await backend.health())["problems"] == []
        await backend.close()
    folder = Path(url.removeprefix("lance:")) / "things.lance"
    assert len([*(folder / "data").iterdir()]) < 16
    assert len([*(folder / "_versions").glob("*.manifest")]) < 16


async def test_late_housekeeping_is_told(
    backend: LanceBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write is done all the same."""

    async def failing(*_: Any) -> None:
        raise RuntimeError("no space")

    monkeypatch.setattr(upkeep, "EVERY", 1)
    monkeypatch.setattr(upkeep, "_merged", failing)
    assert await backend.insert("things", things(3)) == 3
    health = await backend.health()
    assert health["status"] == "degraded"
    assert "no space" in health["problems"][0]
    monkeypatch.undo()
    await backend.optimize()
    assert (await backend.health())["problems"] == []


async def test_vectors_are_indexed_when_there_are_enough(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index may overlook some; `exact=1` does not, and both give true cosines."""
    monkeypatch.setattr(upkeep, "NEAR_FROM", 500)
    monkeypatch.setattr(upkeep, "KEYED_FROM", 500)
    url = engines.new("lance")
    quick, exact = [await LanceBackend.connect(url + end) for end in ("", "?exact=1")]
    await quick.ensure_table(THINGS)
    await quick.optimize()
    vectors = np.random.default_rng(1).normal(size=(1000, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    await quick.insert("things", [thing(i) | {"vector": v} for i, v in enumerate(vectors)])
    await quick.optimize()
    table = await quick.engine._table(THINGS)  # type: ignore[attr-defined]
    assert {c for i in await table.list_indices() for c in i.columns} == {"_id", "vector"}
    await quick.insert("things", [thing(5000) | {"vector": vectors[0]}])
    for backend in (quick, exact):
        hits = await backend.vector_search("things", "vector", vectors[0], limit=5)
        ids = [h.record["id"] for h in hits]
        assert ids[:2] == ["t00000", "t05000"]
        for hit in hits[2:]:
            cosine = vectors[int(hit.record["id"][1:])] @ vectors[0]
            assert hit.score == pytest.approx(cosine, abs=1e-5)
        stored = await backend.query("things", eq("id", "t00001"), columns=("vector",))
        assert stored[0]["vector"].tobytes() == vectors[1].tobytes()
        await backend.close()


async def test_a_strangers_table_is_left_as_it_is(engines: Engines) -> None:
    url = engines.new("lance")
    database = await lancedb.connect_async(url.removeprefix("lance:"))
    table = await database.create_table("things", pa.table({"mine": [1]}))
    backend = await LanceBackend.connect(url)
    with pytest.raises(NotADatabase, match="things"):
        await backend.ensure_table(THINGS)
    assert (await table.schema()).names == ["mine"]
    await backend.close()
    database.close()


async def test_names_that_differ_in_case_are_two_tables(backend: LanceBackend) -> None:
    """Their folders are two on any disk."""
    second = replace(THINGS, name="Things")
    await backend.ensure_table(second)
    await backend.apply([Put("things", things(3)), Put("Things", things(2))])
    assert (await backend.count("things"), await backend.count("Things")) == (3, 2)
    folders = [name.lower() for name in os.listdir(backend.name.removeprefix("lance:"))]
    assert len(set(folders)) == len(folders) == 3


async def test_flush_syncs_each_file_once(
    backend: LanceBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lance itself syncs nothing."""
    synced: list[str] = []
    monkeypatch.setattr(syncing, "_sync", synced.append)
    await backend.insert("things", things(3))
    await backend.flush()
    assert any(path.endswith(".manifest") for path in synced)
    assert len(synced) == len(set(synced))
    synced.clear()
    await backend.flush()
    assert not [path for path in synced if path.endswith((".manifest", ".txn"))]


@pytest.mark.parametrize("place", ["/proc/nowhere", __file__])
async def test_a_place_that_cannot_be_opened_is_named(place: str) -> None:
    with pytest.raises(ConnectionFailed, match=place):
        await LanceBackend.connect(f"lance:{place}")


async def test_a_store_that_does_not_answer_fails_in_time(
    monkeypatch: pytest.MonkeyPatch, free_endpoint: str
) -> None:
    """Its driver would go on trying for minutes."""
    monkeypatch.setattr(lance, "PATIENCE", 0.5)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_ENDPOINT", free_endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with pytest.raises(ConnectionFailed, match="s3://bucket/dir"):
        await LanceBackend.connect("lance:s3://bucket/dir")


async def test_what_is_durable_depends_on_the_place(backend: LanceBackend) -> None:
    """Disks when flushed, object storage at once, memory never."""
    assert backend.capabilities.durable == "flush"
    assert durable_at("s3://bucket/dir") == "commit"
    passing = await LanceBackend.connect("lance:memory://")
    assert passing.capabilities.durable == "never"
    await passing.ensure_table(THINGS)
    await passing.insert("things", things(3))
    await passing.flush()
    assert await passing.count("things") == 3
    await passing.close()


def test_urls() -> None:
    """A path, or what LanceDB opens."""
    assert located("lance:/a/b%20c?exact=1") == ("/a/b c", True)
    assert located("lance:///a/b") == ("/a/b", False)
    assert located("lance:a") == (str(Path("a").absolute()), False)
    assert located("lance:file:///a/b") == ("/a/b", False)
    assert located("lance:s3://bucket/dir?exact=0") == ("s3://bucket/dir", False)
    for wrong in ("lance:", "lance:///", "lance:/a?exakt=1"):
        with pytest.raises(InvalidSettings):
            located(wrong)


async def test_unlike_one_or_unlike_another_is_not_true_of_null(tmp_path: Path) -> None:
    backend = await LanceBackend.connect(f"lance:{tmp_path}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": "a", "at": 1}, {"id": "b", "at": 1, "name": "x"}])
    where = Compare("name", Op.NE, "x") | Compare("name", Op.NOT_IN, ("y",))
    assert [r["id"] for r in await backend.query("things", where)] == ["b"]
    assert await backend.count("things", where) == 1
    await backend.close()
