"""Files that are refused, locked, forbidden or damaged: the right error, and nothing made worse."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import engrammic
from damage import DAMAGE, VECTORS, change
from engrammic import Message, Note
from engrammic.backends.sqlite.layout import FORMAT, OLDEST
from engrammic.errors import (
    ConnectionFailed,
    Locked,
    NewerFormat,
    NotADatabase,
    StorageError,
)
from other_process import opened, processes

MESSAGES = 40


def digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file()
    }  # fmt: skip


async def refused(path: Path, error: type[Exception]) -> str:
    """The error's message; every file in the folder must keep its bytes."""
    before = digest(path.parent)
    with pytest.raises(error) as caught:
        await opened(str(path))
    assert digest(path.parent) == before
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """The file of a sound memory, closed."""
    home = tmp_path / "home"
    async with await opened(str(home)) as memory:
        said = [Message("c", "user", f"turn {n} by the harbour", f"m{n}") for n in range(MESSAGES)]
        await memory.messages.add_batch(said)
        await memory.notes.add(Note("a note on lanterns", "n0"))
        assert await memory.backend.diagnose() == []
    return home / "engrammic.db"


async def test_a_file_of_a_later_release_is_refused_untouched(path: Path) -> None:
    change(path, f"pragma user_version = {FORMAT + 1}")
    assert "upgrade engrammic" in await refused(path, NewerFormat)


async def test_a_file_from_before_the_first_release_is_refused(path: Path) -> None:
    change(path, "pragma user_version = 1")
    assert "engrammic export" in await refused(path, StorageError)


async def test_a_file_of_the_format_before_is_lifted_by_the_first_write(
    path: Path,
) -> None:
    change(path, f"pragma user_version = {OLDEST}")
    async with await opened(str(path.parent)) as memory:
        assert await memory.search("harbour", mode="keyword")
        await memory.messages.add(Message("c", "user", "said later", "later"))
        assert (await memory.backend.health())["format"] == FORMAT
        assert await memory.backend.diagnose() == []


@pytest.mark.parametrize("size", [2, 100, 5_000])
async def test_a_text_file_is_refused_untouched(tmp_path: Path, size: int) -> None:
    path = tmp_path / "diary.db"
    path.write_text(("Dear diary, " * size)[:size])
    await refused(path, NotADatabase)


@pytest.mark.parametrize("mode", ["delete", "wal"])
async def test_another_program_s_database_is_refused_untouched(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "their" / "places.sqlite"
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute(f"pragma journal_mode = {mode}")
    connection.execute("create table moz_places(id integer primary key, url text)")
    connection.commit()
    connection.close()
    await refused(path, NotADatabase)


async def test_an_empty_file_becomes_a_memory(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    path.touch()
    async with await opened(str(path)) as memory:
        await memory.remember("first")
        assert await memory.backend.diagnose() == []


async def test_a_directory_in_the_file_s_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "engrammic.db").mkdir()
    with pytest.raises(ConnectionFailed, match=r"engrammic\.db"):
        await opened(str(tmp_path))


FORBIDDEN = """
import asyncio, os, sys
import engrammic
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import ConnectionFailed

async def remember(home):
    async with engrammic.open(home, embedder=HashingEmbedder(64)) as memory:
        await memory.remember("x")

asyncio.run(remember(sys.argv[2]))
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)  # root may write anywhere
try:
    asyncio.run(remember(sys.argv[1]))
except ConnectionFailed as error:
    assert sys.argv[1] in str(error), error
    print("refused")
"""


@pytest.mark.parametrize("there", ["new", "folder", "file"])
def test_a_directory_without_write_permission_is_named(path: Path, there: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        shutil.copy(path, home) if there == "file" else None
        target = home / "sub" if there == "new" else home
        Path(folder).chmod(0o755)
        home.chmod(0o555)
        before = digest(home)
        done = subprocess.run(
            [sys.executable, "-c", FORBIDDEN, str(target), str(path.parent / "other")],
            capture_output=True, text=True, timeout=60, cwd="/", env=os.environ | {"HOME": folder},
        )  # fmt: skip
        home.chmod(0o755)
        assert done.stdout == "refused\n", done.stderr
        assert digest(home) == before


@pytest.mark.parametrize("how", ["immediate", "exclusive"])
async def test_a_locked_file_is_locked_not_damaged(path: Path, how: str) -> None:
    async with await opened(f"sqlite://{path}?timeout=0.3") as memory:
        with processes(1) as (other,):
            other.ask("lock", str(path), how)
            start = time.perf_counter()
            with pytest.raises(Locked, match="not damaged"):
                await memory.remember("cannot be written now")
            assert 0.2 < time.perf_counter() - start < 5
            with pytest.raises(Locked):
                await opened(f"sqlite://{path}?timeout=0.1")
            assert len(await memory.search("harbour")) == 10
            assert (await memory.health())["status"] == "ok"
        await memory.remember("can be written again")
        assert await memory.backend.diagnose() == []


FORKING = """
import asyncio, os, sys
import engrammic
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import Closed

loop = asyncio.new_event_loop()
run = loop.run_until_complete
memory = run(engrammic.open(sys.argv[1], embedder=HashingEmbedder(64)).__aenter__())
run(memory.remember("before the fork", id="n0"))
assert run(memory.search("fork"))
child = os.fork()
if child == 0:
    mine = asyncio.new_event_loop()
    wait = mine.run_until_complete
    closed = 0
    for attempt in (
        lambda: memory.remember("in the child"), lambda: memory.search("fork"),
        lambda: memory.get("n0"), lambda: memory.list(), lambda: memory.backend.diagnose(),
        lambda: memory.delete("n0"),
    ):
        try:
            wait(attempt())
        except Closed as error:
            closed += "fork" in str(error)
    wait(memory.close())
    own = wait(engrammic.open(sys.argv[1], embedder=HashingEmbedder(64)).__aenter__())
    wait(own.remember("by the child's own handle", id="n1"))
    wait(own.close())
    os._exit(0 if closed == 6 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
run(memory.remember("after the fork", id="n2"))
assert {h.id for h in run(memory.search("fork child handle"))} == {"n0", "n1", "n2"}
assert run(memory.backend.diagnose()) == []
run(memory.close())
"""


def test_a_handle_is_closed_in_a_forked_child_and_fine_in_the_parent(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORKING, str(tmp_path)], check=True, timeout=60)


def flipped(path: Path, share: float) -> Path:
    """A copy with some bytes turned over in the page that lies so far into the file."""
    held = bytearray(path.read_bytes())
    start = int(len(held) * share) // 4096 * 4096 + 4
    for place in range(start, start + 60):
        held[place] ^= 0xFF
    copy = path.with_name(f"copy{share}.db")
    copy.write_bytes(held)
    return copy


@pytest.mark.parametrize("name", DAMAGE)
async def test_damage_is_reported_with_its_remedy(path: Path, name: str) -> None:
    statement, where = DAMAGE[name]
    change(path, statement)
    async with engrammic.open(str(path), embedder="none", check=False) as memory:
        problems = await memory.backend.diagnose()
    assert problems, name
    assert any(where in p for p in problems), problems
    assert all("run `engrammic" in p or "restore" in p for p in problems), problems


async def test_flipped_bytes_are_reported(path: Path) -> None:
    copies = [flipped(path, share) for share in (0.15, 0.4, 0.6, 0.8)]
    noticed = [bool(await problems_of(copy)) for copy in copies].count(True)
    assert noticed >= 3


async def problems_of(path: Path) -> list[str]:
    try:
        async with engrammic.open(str(path), embedder="none", check=False) as memory:
            return await memory.backend.diagnose()
    except engrammic.errors.StorageError as error:
        return [str(error)]


async def test_a_lost_vector_is_pending_and_filled_in_again(path: Path) -> None:
    change(path, f"delete from {VECTORS} where _row in (3, 4)")
    async with await opened(str(path)) as memory:
        assert (await memory.stats())["pending"] == 2
        assert [left async for left in memory.fill_in()]
        assert (await memory.stats())["pending"] == 0
        assert len(await memory.search("turn", mode="vector", limit=100)) == MESSAGES + 1
