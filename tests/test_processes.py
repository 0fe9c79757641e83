"""Several processes on one file, and processes that die in the middle."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic import Memory, Message, Note
from engrammic.backends.sqlite.tables import Tables
from engrammic.embed.hashing import HashingEmbedder
from engrammic.stores.neighbours import said
from other_process import opened, processes

sys.path.insert(0, str(Path(__file__).parent.parent / "benches"))

import crash
from contents import contents, differences

ROOT = Path(__file__).parent.parent
LONG = bool(os.environ.get("ENGRAMMIC_LONG"))
"""Ten rounds of 500 adds, as `benches/crash.py` runs them, instead of one of 60."""

DATA = os.environ.get("ENGRAMMIC_DATA")
SOURCES = [str(ROOT / "examples")]
if DATA:
    SOURCES.append(str(Path(DATA) / "ingest" / "transcripts"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10 if LONG else 1))
def test_eight_processes_lose_nothing_when_one_is_killed(tmp_path: Path, seed: int) -> None:
    result = crash.rush(tmp_path / "home", 8, 500 if LONG else 60, seed)
    assert result["acknowledged"] >= 7 * (500 if LONG else 60)
    assert result["by the killed one"] < (500 if LONG else 60)
    assert result["checked by"] == 8
    for flaw in ("missing", "problems", "lost", "doubled", "uneven", "vectors"):
        assert not result[flaw], flaw
    assert result["unacknowledged"] <= 1


def test_processes_in_one_conversation_leave_every_turn_its_neighbours(tmp_path: Path) -> None:
    with processes(4) as group:
        for process in group:
            process.ask("open", str(tmp_path))
        for number in range(40):
            for name, process in enumerate(group):
                process.tell("add", f"m{name}-{number}", f"turn {number} of {name}")
            assert all(process.answer() for process in group)
    held = contents(tmp_path / "engrammic.db")
    turns = sorted(held["messages"], key=lambda row: row[3])
    assert len({row[3] for row in turns}) == len(turns), "two turns share an ordinal"
    around = {key[1]: words for key, _, words in held["terms messages/local///"]}
    said_of = ["", *[said(row[6]) for row in turns], ""]
    pairs = zip(turns, said_of, said_of[2:], strict=False)
    stale = [r[1] for r, before, after in pairs if around[r[1]] != f"{before} {after}".strip()]
    assert stale == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_acknowledged_message_was_synced_to_the_disk(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    worker = [sys.executable, str(ROOT / "benches" / "crash.py"), "run", "write"]
    command = ["strace", "-f", "-o", str(log), "-e", "trace=fdatasync,fsync,write", *worker]
    done = subprocess.run(
        [*command, str(tmp_path / "home"), "w0", "40"],
        stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.count(b"w0-") == 40
    syncs, quiet = 0, []
    for line in log.read_text(errors="replace").splitlines():
        if re.search(r"(fdatasync|fsync)(\(\d+\)| resumed>\)) += 0", line):
            syncs += 1
        elif (said := re.search(r'write\(1, "(w0-\d+)', line)) is not None:
            quiet += [] if syncs else [said[1]]
            syncs = 0
    assert quiet == []


def test_the_writer_s_connection_is_synchronous(tmp_path: Path) -> None:
    with processes(1) as (other,):
        other.ask("open", str(tmp_path))
        assert other.ask("synchronous") == 2


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clean")
    source = home / "long.jsonl"
    lines = [f'{{"role": "{("user", "assistant")[n % 2]}", "content": "turn {n} of many"}}'
             for n in range(700)]  # fmt: skip
    source.write_text("\n".join(lines))
    crash.clean_import(home / "home", [*SOURCES, str(source)])
    return home


@pytest.mark.parametrize("lists", [1, 4, 8, 11, 14])
def test_an_import_killed_in_the_middle_and_run_again_is_as_one_clean_run(
    clean: Path, tmp_path: Path, lists: int
) -> None:
    paths = [*SOURCES, str(clean / "long.jsonl")]
    first = crash.child("bring_in_and_die", str(tmp_path), str(lists), *paths)
    first.finish()
    assert first.process.returncode == -signal.SIGKILL
    wanted = contents(clean / "home" / "engrammic.db")
    left = contents(tmp_path / "engrammic.db")
    assert len(left.get("messages", [])) < len(wanted["messages"])
    crash.clean_import(tmp_path, paths)
    assert differences(wanted, contents(tmp_path / "engrammic.db")) == []


async def test_importing_twice_writes_nothing(tmp_path: Path) -> None:
    async with await opened(str(tmp_path)) as memory:
        await memory.import_files(SOURCES)
        stats, state = await memory.stats(), contents(tmp_path / "engrammic.db")
        again = await memory.import_files(SOURCES)
        assert again.unchanged == stats["messages"] + stats["notes"]
        assert await memory.stats() == stats
        assert differences(state, contents(tmp_path / "engrammic.db")) == []


async def test_two_files_about_one_conversation_are_imported_twice_without_a_write(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        turn = (
            f'{{"type": "user", "uuid": "{name}", "sessionId": "s1", "cwd": "/tmp", '
            '"timestamp": "2025-06-14T10:00:00Z", "message": {"role": "user", "content": "hello"}}'
        )
        (tmp_path / f"{name}.jsonl").write_text(turn + "\n")
    async with await opened(str(tmp_path / "home")) as memory:
        await memory.import_files([tmp_path])
        stats = await memory.stats()
        assert stats["conversations"] == 1
        await memory.import_files([tmp_path])
        assert await memory.stats() == stats


def test_two_processes_may_open_a_new_directory_at_once(tmp_path: Path) -> None:
    with processes(2) as pair:
        for number in range(20):
            home = str(tmp_path / f"home{number}")
            for process in pair:
                process.tell("open", home)
            tables = [process.answer() for process in pair]
            for process in pair:
                process.tell("add", f"m{process.popen.pid}", "the first message")
            assert [process.answer() for process in pair] == [f"m{p.popen.pid}" for p in pair]
            assert tables[0] == tables[1]
            for process in pair:
                found = process.ask("find", "the first message", "hybrid")
                assert sorted(found) == sorted(f"m{p.popen.pid}" for p in pair)


async def test_each_process_sees_at_once_what_the_other_acknowledged(tmp_path: Path) -> None:
    with processes(1) as (other,):
        other.ask("open", str(tmp_path))
        async with await opened(str(tmp_path)) as memory:
            for number in range(50):
                theirs, ours = f"lantern{number}", f"harbour{number}"
                other.ask("add", theirs, f"{theirs} was written by the other")
                for mode in ("vector", "keyword"):
                    hits = await memory.search(f"user: {theirs}", mode=mode, limit=3)
                    assert theirs in [hit.id for hit in hits]
                await memory.notes.add(Note(f"{ours} was written here", ours))
                for mode in ("vector", "keyword"):
                    assert ours in other.ask("find", f"{ours} was written here", mode)
            assert other.ask("remove", "harbour7") is True
            assert await memory.get("harbour7") is None
            hits = await memory.search("harbour7 was written here", mode="vector")
            assert "harbour7" not in [hit.id for hit in hits]


async def test_a_reader_with_an_old_snapshot_blocks_no_writer(tmp_path: Path) -> None:
    async with await opened(str(tmp_path)) as memory:
        with processes(1) as (other,):
            other.ask("open", str(tmp_path))
            other.ask("add", "m0", "before")
            assert other.ask("hold_snapshot") == 1
            for number in range(1, 30):
                await memory.messages.add(Message("c", "user", f"said m{number}", f"m{number}"))
            await memory.backend.optimize()
            assert other.ask("count_in_snapshot") == 1
            other.ask("end_snapshot")
            assert "m29" in other.ask("find", "said m29", "keyword")


async def test_a_writer_without_a_model_leaves_no_vector_of_the_old_text(tmp_path: Path) -> None:
    async with engrammic.open(str(tmp_path), embedder="none") as plain:
        for name in ("n0", "n1"):
            await plain.notes.add(Note("old words about lanterns", name))
        async with await opened(str(tmp_path)) as memory:
            assert [left async for left in memory.fill_in()]
            await plain.notes.add(Note("quite other words", "n0"))
            await plain.delete("n1")
            assert await memory.notes.count_pending() == 1
            assert len(await memory.search("lanterns", mode="vector")) == 0
            assert await memory.backend.diagnose() == []


async def test_filling_in_touches_nothing_that_changed_meanwhile(tmp_path: Path) -> None:
    async with engrammic.open(str(tmp_path), embedder="none") as plain:
        for name in ("n0", "n1"):
            await plain.notes.add(Note("old words about lanterns", name))
    async with await opened(str(tmp_path)) as memory:
        read = await memory.notes.pending(10)
        await memory.notes.add(Note("quite other words", "n0"))
        await memory.delete("n1")
        await memory.notes.fill_in(read)
        (hit,) = await memory.search("quite other words", mode="vector")
        assert hit.why.cosine == pytest.approx(1.0)


async def test_a_reader_meets_no_field_before_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare, declared, go_on = Tables.declare, threading.Event(), threading.Event()

    def slow(self: Tables, *given: Any) -> None:
        declare(self, *given)
        declared.set()
        assert go_on.wait(20)

    async with engrammic.open(str(tmp_path), embedder="none") as plain:
        await plain.remember("old words about lanterns")
        monkeypatch.setattr(Tables, "declare", slow)
        model = Memory(plain.backend, HashingEmbedder(64))
        declaring = asyncio.create_task(model.ready())
        try:
            assert await asyncio.to_thread(declared.wait, 20)
            assert await plain.notes.count_pending() == 1
        finally:
            go_on.set()
            await declaring
        assert await plain.notes.count_pending() == 1
        assert await plain.messages.count_pending() == 0
