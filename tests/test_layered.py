"""Two databases as one: the kit passes, a crash between the two heals."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import engrammic
from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put
from engrammic.cli import app
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidSettings
from engrammic.filters import EVERYTHING, Compare, Op, eq
from engrammic.layering import LayeredBackend, mending
from engrammic.moving import migrate
from engrammic.registry import open_backend
from engrammic.settings import layered_url, load_settings
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, thing, things
from migrating import fill, lines


class TestMemoryOverSqlite(BackendTests):
    EXAMPLES, TREES, STRIDE = 9, 50, 10

    @pytest.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[LayeredBackend]:
        vectors = await SqliteBackend.connect(str(tmp_path / "vectors"))
        backend = LayeredBackend(MemoryBackend(), vectors)
        yield backend
        await backend.close()


class TestSqliteOverSqlite(BackendTests):
    EXAMPLES, TREES, STRIDE = 9, 50, 10

    @pytest.fixture
    async def backend(self, tmp_path: Path) -> AsyncIterator[LayeredBackend]:
        records = await SqliteBackend.connect(str(tmp_path / "records"))
        vectors = await SqliteBackend.connect(str(tmp_path / "vectors"))
        backend = LayeredBackend(records, vectors)
        yield backend
        await backend.close()


class Crash(BaseException):
    """The process ends here."""


class Counted:
    """A backend whose writes are counted; the one that is due crashes, before or behind."""

    def __init__(self, backend: Backend, plan: dict[str, int]) -> None:
        self.backend = backend
        self.plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    async def _step(self, name: str, *given: Any) -> Any:
        self.plan["left"] -= 1
        if self.plan["left"] == 0 and not self.plan["behind"]:
            raise Crash
        result = await getattr(self.backend, name)(*given)
        if self.plan["left"] == 0:
            raise Crash
        return result

    async def transact(self, decide: Any) -> Any:
        return await self._step("transact", decide)

    async def insert(self, table: str, records: Any) -> Any:
        return await self._step("insert", table, records)

    async def delete(self, table: str, where: Any) -> Any:
        return await self._step("delete", table, where)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stray vector is too young to go."""
    monkeypatch.setattr(mending, "YOUNG", -1)


@pytest.mark.parametrize("behind", [0, 1])
@pytest.mark.parametrize("step", [2, 3, 4])
async def test_a_crash_between_the_two_heals(old: None, step: int, behind: int) -> None:
    """The records are the old or the new ones, each with its own vector; repair clears up.

    The steps: it is asked for what vectors there will be, writes them, the records, and last
    deletes the vectors that were replaced.
    """
    records, vectors = MemoryBackend(), MemoryBackend()
    backend = LayeredBackend(records, vectors)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(30))
    before = await lines(backend)
    turned = [r | {"vector": [0, 0, 1, 0], "name": "new"} for r in things(30) if r["vector"]]
    plan = {"left": step, "behind": behind}
    dying: Any = LayeredBackend(Counted(records, plan), Counted(vectors, plan))  # type: ignore[arg-type]
    await dying.tables()
    with pytest.raises(Crash):
        await dying.apply([Put("things", turned)])
    found = LayeredBackend(records, vectors)
    whole = MemoryBackend()
    await whole.ensure_table(THINGS)
    await whole.insert("things", [*things(30), *turned])
    assert await lines(found) in (before, await lines(whole))
    for hit in await found.vector_search("things", "vector", [0, 0, 1, 0], limit=99):
        (record,) = await found.query("things", eq("id", hit.record["id"]), columns=["vector"])
        assert hit.score == pytest.approx(float(record["vector"][2]))
    said = await found.diagnose()
    assert all("stray" in line and "missing" not in line for line in said)
    assert len(await found.repair()) == len(said)
    assert await found.diagnose() == []
    assert await found.repair() == []


async def test_repair_lets_records_wait_whose_vectors_are_gone(old: None) -> None:
    """Missing or damaged on the other side: found by words, and filled in by the next model."""
    records, vectors = MemoryBackend(), MemoryBackend()
    backend = LayeredBackend(records, vectors)
    await fill(backend, 40)
    memory = engrammic.Memory(backend, HashingEmbedder(64))
    assert (await memory.stats())["pending"] == 0
    rows = await vectors.export("messages.vector")
    await vectors.delete("messages.vector", eq("message_id", rows[0]["message_id"]))
    await vectors.insert("messages.vector", [rows[1] | {"engrammic_vector": [1.0] * 64}])
    assert await backend.diagnose() == [
        "messages.vector: 1 vectors missing, 1 vectors damaged; run `engrammic doctor --repair`"
    ]
    assert await backend.repair() == [
        "messages.vector: 2 records wait for their vectors, 1 stray vectors deleted"
    ]
    assert await backend.diagnose() == []
    assert (await memory.stats())["pending"] == 2
    async for _ in memory.fill_in():
        pass
    assert (await memory.stats())["pending"] == 0
    assert len(await vectors.export("messages.vector")) == len(rows)


async def test_a_vector_whose_record_may_be_about_to_come_stays() -> None:
    records, vectors = MemoryBackend(), MemoryBackend()
    backend = LayeredBackend(records, vectors)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(5))
    await records.delete("things", EVERYTHING)
    assert await backend.repair() == []
    assert await vectors.count("things.vector") == 4


async def test_a_vector_that_no_record_names_is_never_found() -> None:
    records, vectors = MemoryBackend(), MemoryBackend()
    backend = LayeredBackend(records, vectors)
    await backend.ensure_table(THINGS)
    await backend.insert("things", [thing(i) | {"vector": [1, 0, 0, i]} for i in range(400)])
    await records.delete("things", Compare("id", Op.LT, "t00390"))
    hits = await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=5)
    assert [h.record["id"] for h in hits] == [f"t{i:05d}" for i in range(390, 395)]


async def test_writers_at_once_lose_no_vector(old: None, tmp_path: Path) -> None:
    """Two handles turn the same vectors; whatever wins, each record has the one it names."""
    records = await SqliteBackend.connect(str(tmp_path / "records"))
    vectors = await SqliteBackend.connect(str(tmp_path / "vectors"))
    handles = [LayeredBackend(records, vectors) for _ in range(2)]
    await handles[0].ensure_table(THINGS)

    async def turn(handle: LayeredBackend, angle: int) -> None:
        for number in range(10):
            some = [thing(i) | {"vector": [1, angle, number, i]} for i in range(20)]
            await handle.apply([Put("things", some)])

    await asyncio.gather(*(turn(h, n) for n, h in enumerate(handles)))
    assert await handles[0].diagnose() == []
    assert await vectors.count("things.vector") == 20
    await handles[0].close()


async def test_a_layered_memory_moves_like_any_other() -> None:
    source, target = MemoryBackend(), LayeredBackend(MemoryBackend(), MemoryBackend())
    await fill(source, 60)
    assert (await migrate(source, target)).is_verified
    assert await lines(target) == await lines(source)
    back = MemoryBackend()
    assert (await migrate(target, back)).is_verified
    assert await lines(back) == await lines(source)


async def test_the_settings_name_two_databases(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    records, vectors = f"sqlite:{tmp_path / 'a b'}", f"sqlite:{tmp_path / 'v'}?timeout=5"
    (home / "engrammic.toml").write_text(f'records = "{records}"\nvectors = "{vectors}"\n')
    environment = {"ENGRAMMIC_HOME": str(home)}
    url = load_settings(environment=environment).url
    assert url == layered_url(records, vectors)
    async with engrammic.open(url, embedder=HashingEmbedder(64)) as memory:
        await memory.remember("the harbour at dawn")
        assert [h.item.content for h in await memory.search("harbour", mode="vector")]
        assert sorted(os.listdir(tmp_path)) == ["a b", "home", "v"]
    pair = {"ENGRAMMIC_RECORDS": "memory:", "ENGRAMMIC_VECTORS": "sqlite:x"}
    assert load_settings(environment=environment | pair).url == layered_url("memory:", "sqlite:x")
    for wrong in ({"ENGRAMMIC_RECORDS": "memory:"}, pair | {"ENGRAMMIC_URL": "memory:"}):
        with pytest.raises(InvalidSettings, match="together"):
            load_settings(environment=environment | wrong)


@pytest.mark.parametrize("url", ["layered:", "layered:?records=memory:", "layered:?a=b",
                                 "layered:?records=sqlite:x&vectors=sqlite:x"])  # fmt: skip
async def test_a_url_of_less_than_two_databases_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="two databases"):
        await open_backend(url)


async def test_doctor_repairs(old: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is wrong, and mends it when asked."""
    url = layered_url(f"sqlite:{tmp_path / 'r'}", f"sqlite:{tmp_path / 'v'}")
    async with engrammic.open(url, embedder=HashingEmbedder(64)) as memory:
        await memory.remember("the harbour at dawn", id="n")
        backend: Any = memory.backend
        await backend.vectors.delete("notes.vector", EVERYTHING)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        done = CliRunner().invoke(app, ["doctor", "--json", "--url", url, *words])
        return done.exit_code, json.loads(done.stdout)

    monkeypatch.setenv("ENGRAMMIC_EMBEDDER", "none")
    code, told = await asyncio.to_thread(run)
    assert (code, told["status"]) == (3, "problem")
    code, told = await asyncio.to_thread(run, "--repair")
    assert (code, len(told["repaired"])) == (0, 1)
    code, told = await asyncio.to_thread(run)
    assert (code, told["repaired"]) == (0, [])
