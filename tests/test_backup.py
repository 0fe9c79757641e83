"""Backups are whole while others write, and a restore is seen by everybody at once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

import engrammic
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import (
    Corrupt,
    InvalidInput,
    NewerFormat,
    NotADatabase,
    StorageError,
    Unsupported,
)
from engrammic.filters import eq
from engrammic.scope import Scope, Scoped
from engrammic.testing.things import THINGS, thing, things
from migrating import fill, lines, lines_at
from other_process import processes

COMMAND = [sys.executable, "-c", "from engrammic.cli import main; main()"]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    backend = await SqliteBackend.connect(str(tmp_path / "home"))
    yield backend
    await backend.close()


async def test_a_backup_holds_everything(live: SqliteBackend, tmp_path: Path) -> None:
    await fill(live, 300)
    path = tmp_path / "backups" / "one.db"
    await live.backup(path)
    assert await lines_at(str(path)) == await lines(live)
    assert [p.name for p in path.parent.iterdir()] == ["one.db"]
    assert os.stat(path).st_mode & 0o077 == 0
    with pytest.raises(InvalidInput, match="already"):
        await live.backup(path)


async def test_a_backup_is_of_one_moment_while_others_write(
    live: SqliteBackend, tmp_path: Path
) -> None:
    """Two tables are written in step; no copy has them apart, and the writer is not held up."""
    await live.ensure_table(THINGS)
    other = engrammic.types.Schema("others", THINGS.fields)
    await live.ensure_table(other)
    for start in range(0, 3000, 500):
        big = [thing(i) | {"raw": bytes(2000)} for i in range(start, start + 500)]
        await live.apply([Put("things", big), Put("others", big)])
    stop, written = threading.Event(), []

    async def write() -> None:
        number = 3000
        while not stop.is_set():
            await live.apply([Put(t, [thing(number)]) for t in ("things", "others")])
            written.append(number)
            number += 1

    writer = asyncio.create_task(write())
    for number in range(3):
        await live.backup(tmp_path / f"{number}.db")
    stop.set()
    await writer
    assert len(written) > 10
    counts = []
    for number in range(3):
        copy = await SqliteBackend.connect(str(tmp_path / f"{number}.db"))
        counts.append((await copy.count("things"), await copy.count("others")))
        assert await copy.diagnose() == []
        await copy.close()
    assert all(a == b for a, b in counts)
    assert counts == sorted(counts)


async def test_a_restore_brings_the_backup_back(live: SqliteBackend, tmp_path: Path) -> None:
    """Searches of the same handle see it, by vector and by words."""
    await live.ensure_table(THINGS)
    await live.insert("things", things(40))
    before = await lines(live)
    await live.backup(tmp_path / "one.db")
    await live.vector_search("things", "vector", [1, 0, 0, 0], limit=5)
    await live.delete("things", eq("at", 7))
    await live.insert("things", [{"id": "new", "at": 1, "words": "new", "vector": [1, 0, 0, 0]}])
    assert await lines(live) != before
    await live.restore(tmp_path / "one.db")
    assert await lines(live) == before
    assert await live.text_search("things", ["new"], limit=5) == []
    hits = await live.vector_search("things", "vector", [1, 0, 0, 0], limit=99)
    assert "new" not in {h.record["id"] for h in hits}
    assert await live.diagnose() == []
    await live.insert("things", things(50))
    assert await live.count("things") == 50


async def test_other_handles_never_mix_scopes_after_a_restore(
    live: SqliteBackend, tmp_path: Path
) -> None:
    """The partition that had a number before has another one in the backup."""

    async def put(backend: SqliteBackend, scope: str) -> None:
        scoped = Scoped(backend, Scope(scope))
        await scoped.ensure_table(THINGS)
        own = [{"id": scope, "at": 1, "words": "word", "name": scope, "vector": [1, 0, 0, 0]}]
        await scoped.apply([Put("things", own)])

    other = await SqliteBackend.connect(str(tmp_path / "other"))
    for scope in ("b", "c", "a"):
        await put(other, scope)
    await other.backup(tmp_path / "one.db")
    await other.close()
    for scope in ("a", "b"):
        await put(live, scope)
    second = await SqliteBackend.connect(str(tmp_path / "home"))
    await second.tables()

    async def seen(scope: str) -> list[str]:
        scoped = Scoped(second, Scope(scope))
        hits = await scoped.vector_search("things", "vector", [1, 0, 0, 0], limit=9)
        hits += await scoped.text_search("things", ["word"], limit=9)
        return [h.record["name"] for h in hits]

    assert [await seen(s) for s in "abc"] == [["a", "a"], ["b", "b"], []]
    await live.restore(tmp_path / "one.db")
    assert [await seen(s) for s in "abc"] == [["a", "a"], ["b", "b"], ["c", "c"]]
    await put(second, "d")
    assert [await seen(s) for s in "abcd"] == [[s, s] for s in "abcd"]
    await second.close()


async def test_a_table_that_the_backup_lacks_is_told_of(
    live: SqliteBackend, tmp_path: Path
) -> None:
    """To a handle that knows it; opened again it can declare it anew."""
    await live.backup(tmp_path / "one.db")
    await live.ensure_table(THINGS)
    await live.insert("things", things(5))
    second = await SqliteBackend.connect(str(tmp_path / "home"))
    assert await second.count("things") == 5
    await live.restore(tmp_path / "one.db")
    with pytest.raises(StorageError, match="restored"):
        await second.count("things")
    await second.close()
    assert await live.tables() == []
    await live.ensure_table(THINGS)
    assert await live.count("things") == 0


async def test_another_process_sees_the_restored_memory(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    async with engrammic.open(home, embedder=HashingEmbedder(64)) as memory:
        await memory.remember("the harbour at dawn", id="old")
        await memory.backend.backup(tmp_path / "one.db")
        await memory.remember("the harbour at night", id="new")
        with processes(1) as (process,):
            process.ask("open", home)
            assert {"old", "new"} <= set(process.ask("find", "harbour", "hybrid"))
            await memory.backend.restore(tmp_path / "one.db")
            assert process.ask("find", "harbour", "hybrid") == ["old"]


async def test_what_is_no_backup_is_refused(live: SqliteBackend, tmp_path: Path) -> None:
    """Text, another program's database, a later format, a damaged copy: nothing is changed."""
    await live.ensure_table(THINGS)
    await live.insert("things", things(200))
    before = await lines(live)
    await live.backup(tmp_path / "good.db")
    data = (tmp_path / "good.db").read_bytes()
    (tmp_path / "text.db").write_text("no database at all " * 100)
    (tmp_path / "damaged.db").write_bytes(data[:40_000] + bytes(30_000) + data[70_000:])
    (tmp_path / "empty.db").write_bytes(b"")
    for name, sql in (("later", "pragma user_version=99"), ("foreign", "pragma application_id=5")):
        (tmp_path / f"{name}.db").write_bytes(data)
        connection = apsw.Connection(str(tmp_path / f"{name}.db"))
        connection.execute(sql)
        connection.close()
    wrong = {"text": NotADatabase, "damaged": Corrupt, "later": NewerFormat,
             "foreign": NotADatabase, "empty": NotADatabase}  # fmt: skip
    for name, error in wrong.items():
        with pytest.raises(error):
            await live.restore(tmp_path / f"{name}.db")
        assert await lines(live) == before
    assert not [p for p in live.path.parent.iterdir() if "restoring" in p.name]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_restore_that_is_killed_has_not_happened(tmp_path: Path, share: float) -> None:
    """At any page: the file holds what it held, and is sound."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(share)], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    connection = apsw.Connection(str(tmp_path / "home" / "engrammic.db"))
    assert connection.execute("pragma integrity_check").get == "ok"
    assert connection.execute("select count(*) from things").get == 90
    connection.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import apsw
from engrammic.backends.sqlite import SqliteBackend, copying
from engrammic.testing.things import THINGS, things

folder, share = Path(sys.argv[1]), float(sys.argv[2])

async def main():
    backend = await SqliteBackend.connect(str(folder / "home"))
    await backend.ensure_table(THINGS)
    await backend.insert("things", [t | {"raw": bytes(2000)} for t in things(80)])
    await backend.backup(folder / "one.db")
    await backend.insert("things", things(90))
    overwrite = copying._overwrite

    def dying(target, source, timeout):
        if not target.filename.endswith("engrammic.db"):
            return overwrite(target, source, timeout)
        with target.backup("main", source, "main") as copy:
            copy.step(1)
            while copy.remaining > (1 - share) * copy.page_count:
                copy.step(1)
            os.kill(os.getpid(), signal.SIGKILL)

    copying._overwrite = dying
    await backend.restore(folder / "one.db")

asyncio.run(main())
"""


async def test_a_server_says_what_to_do_instead(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="engrammic migrate"):
        await MemoryBackend().backup(tmp_path / "x")
    with pytest.raises(Unsupported, match="engrammic migrate"):
        await MemoryBackend().restore(tmp_path / "x")


def test_the_commands(tmp_path: Path) -> None:
    """Timestamps in the names, --keep, and what a restore keeps aside."""
    home = {"ENGRAMMIC_HOME": str(tmp_path / "home"), "ENGRAMMIC_EMBEDDER": "none"}

    def run(*words: object, code: int = 0) -> str:
        ran = subprocess.run([*COMMAND, *map(str, words)], env={**os.environ, **home}, text=True,
                             capture_output=True, timeout=60, check=False)  # fmt: skip
        assert ran.returncode == code, ran.stderr
        return ran.stdout

    run("backup", code=1)
    run("add", "one")
    first = json.loads(run("backup", "--json"))
    assert Path(first["path"]).parent == tmp_path / "home" / "backups"
    assert first["bytes"] == Path(first["path"]).stat().st_size
    run("add", "two")
    for _ in range(3):
        last = json.loads(run("backup", tmp_path / "there", "--keep", "2", "--json"))
    assert len(last["deleted"]) == 1
    assert len(list((tmp_path / "there").iterdir())) == 2
    restored = json.loads(run("restore", first["path"], "--json"))
    assert len(json.loads(run("list", "--json"))["items"]) == 1
    kept = Path(restored["kept"])
    assert kept.exists()
    run("restore", tmp_path / "there")
    assert len(json.loads(run("list", "--json"))["items"]) == 2
    run("restore", tmp_path / "nowhere", code=1)
