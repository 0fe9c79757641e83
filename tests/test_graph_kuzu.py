"""The kuzu store's own promises: one handle a file, a lock, nothing lost by a death, old files."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from engrammic.errors import (
    Closed,
    ConnectionFailed,
    Corrupt,
    InvalidSettings,
    Locked,
    MissingDependency,
    NotADatabase,
)
from engrammic.graph import open_graph
from engrammic.graph_engines import kuzu_database
from engrammic.graph_engines.kuzu import KuzuGraphStore
from engrammic.graph_engines.kuzu_database import locate
from engrammic.scope import Scope
from engrammic.testing.graphs import calls, f
from graph_writer import CHAIN, batch, writer

ROUNDS = 25 if os.environ.get("ENGRAMMIC_LONG") else 5


async def test_stores_of_one_path_share_one_handle(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    first = await KuzuGraphStore.connect(f"kuzu:{tmp_path}")
    second = await KuzuGraphStore.connect(f"kuzu:{tmp_path}/link/graph.kuzu", Scope())
    assert first._database is second._database
    await first.upsert_triples(calls("a>b"))
    await first.close()
    assert await second.count_triples() == 1
    await second.close()
    third = await KuzuGraphStore.connect(f"kuzu:{tmp_path}")
    assert await third.count_triples() == 1
    await third.close()


async def test_another_process_is_kept_out_until_the_timeout(tmp_path: Path) -> None:
    with writer(f"kuzu:{tmp_path}"):
        started = time.monotonic()
        with pytest.raises(Locked, match="another process"):
            await open_graph(f"kuzu:{tmp_path}?timeout=0.3")
        assert time.monotonic() - started < 5
    graph = await open_graph(f"kuzu:{tmp_path}?timeout=5")
    assert await graph.count_triples() % CHAIN == 0
    await graph.close()


async def test_a_kill_in_mid_write_loses_nothing_acknowledged(tmp_path: Path) -> None:
    rest, acknowledged = random.Random(7), 0
    for _ in range(ROUNDS):
        with writer(f"kuzu:{tmp_path}") as process:
            await asyncio.sleep(rest.uniform(0.05, 0.4))
            process.kill()
            assert process.stdout
            numbers = process.stdout.read().split()
        acknowledged = int(numbers[-1]) if numbers else acknowledged
        graph = await open_graph(f"kuzu:{tmp_path}?timeout=5")
        counts = await graph.counts()
        whole = counts.triples // CHAIN
        assert acknowledged <= whole <= acknowledged + 1
        assert (counts.triples, counts.entities) == (whole * CHAIN, whole * (CHAIN + 1))
        if whole:
            end = await graph.neighbours(("T", f"n{whole - 1}-0"), direction="out", depth=99)
            assert [n.name for n in end] == [t.object for t in batch(whole - 1)]
        await graph.close()
        acknowledged = whole


async def test_a_torn_log_is_opened_up_to_the_tear_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with writer(f"kuzu:{tmp_path}") as process:
        assert process.stdout
        while int(process.stdout.readline()) < 5:
            pass
        process.kill()
        process.wait()
        log = tmp_path / "graph.kuzu.wal"
        whole = log.read_bytes()
        log.write_bytes(whole[:-7])
    with caplog.at_level(logging.WARNING):
        graph = await open_graph(f"kuzu:{tmp_path}?timeout=5")
    assert await graph.count_triples() >= 4 * CHAIN
    await graph.upsert_triples(calls("a>b"))
    await graph.close()
    assert "opened up to there" in caplog.text
    [kept] = [name for name in os.listdir(tmp_path) if name.startswith("graph.kuzu.wal.torn-")]
    assert (tmp_path / kept).read_bytes() == whole[:-7]
    graph = await open_graph(f"kuzu:{tmp_path}")
    assert await graph.count_triples("calls") == 1
    await graph.close()


async def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = await KuzuGraphStore.connect(f"kuzu:{tmp_path}")
    from engrammic.graph_engines import cypher

    monkeypatch.setattr(cypher, "CREATE_TRIPLES", "UNWIND $rows AS r MATCH (a:Nothing) RETURN a")
    with pytest.raises(OSError, match="Nothing"):
        await graph.upsert_triples(calls("a>b"))
    monkeypatch.undo()
    assert await graph.count_entities() == 0
    await graph.upsert_triples(calls("a>b"))
    assert await graph.count_entities() == 2
    await graph.close()


FORKS = """
import asyncio, os, sys
from engrammic.errors import Closed
from engrammic.graph import open_graph
from engrammic.testing.graphs import calls

graph = asyncio.run(open_graph(sys.argv[1]))
pid = os.fork()  # between two loops: processes that share one take each other's wake-ups
if not pid:
    try:
        asyncio.run(graph.count_triples())
    except Closed:
        sys.exit(7)
    sys.exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7

async def more():
    await graph.upsert_triples(calls("a>b"))
    assert await graph.count_triples() == 1
    await graph.close()

asyncio.run(more())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
async def test_a_child_of_fork_is_refused_and_does_no_harm(tmp_path: Path) -> None:
    url = f"kuzu:{tmp_path}"
    command = [sys.executable, "-W", "ignore", "-c", FORKS, url]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    graph = await open_graph(url)
    assert await graph.count_triples() == 1
    await graph.close()


async def test_what_is_no_graph_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    file.write_bytes(b"SQLite format 3\0" * 300)
    with pytest.raises(NotADatabase):
        await open_graph(f"kuzu:{file}")
    assert file.read_bytes() == b"SQLite format 3\0" * 300
    file.write_bytes(b"LBUG" + b"x" * 5000)
    with pytest.raises((NotADatabase, Corrupt, OSError)):
        await open_graph(f"kuzu:{file}")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectionFailed):
        await open_graph(f"kuzu:{tmp_path}/file/below/it")


async def test_a_file_of_kuzu_asks_for_kuzu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "old.kuzu"
    file.write_bytes(b"KUZU'\0\0\0" + bytes(4088))
    monkeypatch.setitem(sys.modules, "ladybug._lbug", ModuleType("loaded by another test"))
    with pytest.raises(ConnectionFailed, match=r"ladybug is; open this file in another process"):
        await open_graph(f"kuzu:{file}")
    monkeypatch.delitem(sys.modules, "ladybug._lbug")
    monkeypatch.setitem(sys.modules, "kuzu", None)
    with pytest.raises(ConnectionFailed, match=r"pip install 'kuzu>=0\.11"):
        await open_graph(f"kuzu:{file}")

    class Opened(RuntimeError):
        pass

    def database(path: str, **_: object) -> None:
        raise Opened(path)

    old = ModuleType("kuzu")
    old.Database = database  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kuzu", old)
    with pytest.raises(OSError, match=r"old\.kuzu") as raised:
        await open_graph(f"kuzu:{file}")
    assert isinstance(raised.value.__cause__, Opened)
    monkeypatch.setitem(sys.modules, "kuzu._kuzu", ModuleType("loaded now"))
    with pytest.raises(ConnectionFailed, match="kuzu is; open this file in another process"):
        await open_graph(f"kuzu:{tmp_path}/new")


async def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith("engrammic.graph_engines.kuzu")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ladybug", None)
    with pytest.raises(MissingDependency, match=r"engrammic\[kuzu\]"):
        await open_graph("kuzu:/nowhere")


def test_a_url_names_a_file_or_its_directory(tmp_path: Path) -> None:
    assert locate("kuzu:/a/b.kuzu")[0] == Path("/a/b.kuzu").resolve()
    assert locate("kuzu:///a/dir") == (Path("/a/dir/graph.kuzu").resolve(), 30.0)
    assert locate("kuzu:x%20y.db?timeout=2") == (Path("x y.db").resolve(), 2.0)
    for bad in ("kuzu:", "kuzu:  ", "kuzu:a?timeout=x", "kuzu:a?timeout=-1", "kuzu:a?colour=1"):
        with pytest.raises(InvalidSettings):
            locate(bad)


async def test_a_failed_opening_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("IO exception: disk on fire")

    with monkeypatch.context() as patch:
        patch.setattr(kuzu_database.ladybug, "Database", refuse)
        with pytest.raises(OSError, match="disk on fire"):
            await open_graph(f"kuzu:{tmp_path}")
    graph = await open_graph(f"kuzu:{tmp_path}")
    await graph.upsert_triples(calls("a>b"))
    near = await graph.neighbours(f("a"))
    assert [n.name for n in near] == ["b"]
    await graph.close()
    with pytest.raises(Closed):
        await graph.neighbours(f("a"))


@pytest.mark.skipif(find_spec("kuzu") is None, reason="kuzu 0.11 is not installed")
def test_files_of_kuzu_pass_the_kit_in_a_process_of_their_own() -> None:
    kit = Path(__file__).with_name("old_kuzu.py")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(kit)]
    done = subprocess.run(
        command, cwd=kit.parent.parent, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stdout
