"""SurrealDB beyond the kit: servers, locks, shared handles, syncs."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from engines import Engines
from engines.surreal_server import PASSWORD, USER, SurrealServer, run, served
from engrammic.backend import Reader
from engrammic.backends.surrealdb import SurrealdbBackend
from engrammic.changes import Change, Check, Put, Update
from engrammic.errors import Closed, Conflict, ConnectionFailed, InvalidSettings
from engrammic.filters import Compare, Op, eq
from engrammic.testing.reading import ReadTests
from engrammic.testing.searching import SearchTests
from engrammic.testing.tables import TableTests
from engrammic.testing.things import THINGS, things
from engrammic.testing.walls import WallTests
from engrammic.testing.writing import WriteTests

NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[SurrealServer]:
    with served() as running:
        yield running


def url_of(server: SurrealServer, database: str, password: str = PASSWORD) -> str:
    return f"surrealdb://{USER}:{quote(password, safe='')}@127.0.0.1:{server.port}/tests/{database}"


@pytest.fixture
def url(server: SurrealServer) -> str:
    return url_of(server, f"d{next(NUMBERS)}")


@pytest.mark.asyncio
class TestServer(WriteTests, ReadTests, SearchTests, TableTests, WallTests):
    """The kit but its filters, which are compiled alike everywhere."""

    @pytest.fixture
    async def backend(self, url: str) -> AsyncIterator[SurrealdbBackend]:
        backend = await SurrealdbBackend.connect(url)
        yield backend
        await backend.close()


async def two(url: str) -> tuple[SurrealdbBackend, SurrealdbBackend]:
    return await SurrealdbBackend.connect(url), await SurrealdbBackend.connect(url)


@pytest.fixture(params=["server", "directory"])
async def handles(
    request: pytest.FixtureRequest, url: str, engines: Engines
) -> AsyncIterator[tuple[SurrealdbBackend, SurrealdbBackend]]:
    """Two handles of one database."""
    pair = await two(url if request.param == "server" else engines.new("surrealdb"))
    yield pair
    for handle in pair:
        await handle.close()


Pair = tuple[SurrealdbBackend, SurrealdbBackend]


async def test_a_handle_finds_what_another_has_written(handles: Pair) -> None:
    one, other = handles
    for handle in handles:
        await handle.ensure_table(THINGS)
    await one.insert("things", things(10))
    assert len(await other.text_search("things", ["red"], limit=99)) == 4
    await one.insert("things", [{"id": "new", "at": 1, "words": "red", "vector": [1, 2, 3, 4]}])
    assert len(await other.text_search("things", ["red"], limit=99)) == 5
    found = await other.vector_search("things", "vector", [1, 2, 3, 4], limit=1)
    assert found[0].record["id"] == "new"
    await other.delete("things", eq("id", "new"))
    assert len(await one.text_search("things", ["red"], limit=99)) == 4


async def test_handles_that_count_together_lose_nothing(handles: Pair) -> None:
    for handle in handles:
        await handle.ensure_table(THINGS)
    await handles[0].insert("things", [{"id": "n", "at": 0}])

    async def one_more(reader: Reader) -> list[Change]:
        now = await reader.get("things", ("n",))
        assert now is not None
        return [Update("things", [{"id": "n", "at": now["at"] + 1}])]

    await asyncio.gather(*(h.transact(one_more) for _ in range(10) for h in handles))
    assert (await handles[1].query("things"))[0]["at"] == 20


async def test_one_of_two_handles_wins_a_check(handles: Pair) -> None:
    for handle in handles:
        await handle.ensure_table(THINGS)

    async def claim(handle: SurrealdbBackend, name: str) -> int:
        absent = Check("things", Compare("at", Op.GTE, 0))
        try:
            return await handle.apply([absent, Put("things", [{"id": name, "at": 1}])])
        except Conflict:
            return 0

    claims = [claim(h, f"{n}{i}") for i in range(5) for n, h in enumerate(handles)]
    assert sum(await asyncio.gather(*claims)) == 1
    assert await handles[0].count("things") == 1


async def test_the_last_handle_of_a_directory_lets_it_go(engines: Engines) -> None:
    url = engines.new("surrealdb")
    one, other = await two(url)
    await one.ensure_table(THINGS)
    await one.insert("things", things(3))
    await one.close()
    with pytest.raises(Closed):
        await one.query("things")
    assert await other.count("things") == 3
    await other.close()
    again = await SurrealdbBackend.connect(url)
    assert await again.tables() == [THINGS]
    assert await again.count("things") == 3
    await again.close()


OTHER = """
import asyncio, sys
from engrammic.backends.surrealdb import SurrealdbBackend

async def main():
    backend = await SurrealdbBackend.connect(sys.argv[1])
    print(await backend.count("things"), flush=True)
    await backend.close()

asyncio.run(main())
"""


def in_another_process(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OTHER, url], capture_output=True, text=True, timeout=60, check=False
    )


async def test_a_directory_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    url = f"surrealdb:{tmp_path}/base?timeout=0.3"
    backend = await SurrealdbBackend.connect(url)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(4))
    refused = await asyncio.to_thread(in_another_process, url)
    assert "engrammic.errors.Locked: another process has" in refused.stderr
    await backend.close()
    welcome = await asyncio.to_thread(in_another_process, url)
    assert welcome.stdout == "4\n", welcome.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_each_acknowledged_write_was_synced(tmp_path: Path) -> None:
    code = """
import asyncio, os, sys
from engrammic.backends.surrealdb import SurrealdbBackend
from engrammic.testing.things import THINGS, thing

async def main():
    await (await SurrealdbBackend.connect("surrealdb::memory:")).close()
    backend = await SurrealdbBackend.connect(sys.argv[1])
    assert backend.capabilities.durable == "commit"
    await backend.ensure_table(THINGS)
    os.write(1, b"begin")
    for i in range(5):
        await backend.insert("things", [thing(i)])
        os.write(1, b"written")
    os._exit(0)

asyncio.run(main())
"""
    log = tmp_path / "trace"
    traced = ["strace", "-f", "-o", str(log), "-e", "trace=fsync,fdatasync,write"]
    url = f"surrealdb:{tmp_path}/base"
    subprocess.run([*traced, sys.executable, "-c", code, url], check=True, timeout=120)
    _, *parts = log.read_text().split('"begin"')[1].split('"written"')[::-1]
    assert len(parts) == 5
    assert all("sync(" in part for part in parts)


async def test_a_wrong_password_is_told_without_it(server: SurrealServer) -> None:
    with pytest.raises(ConnectionFailed, match="authentication") as refused:
        await SurrealdbBackend.connect(url_of(server, "x", "very secret"))
    assert "secret" not in str(refused.value)


async def test_a_server_that_is_not_there_is_told_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(ConnectionFailed, match=r"ws://127\.0\.0\.1:1"):
        await SurrealdbBackend.connect("surrealdb://root:secret@127.0.0.1:1/a/b?timeout=2")
    assert time.monotonic() - began < 5


async def test_a_server_that_falls_silent_or_dies_is_told_and_comes_back() -> None:
    with served() as own:
        backend = await SurrealdbBackend.connect(f"{url_of(own, 'x')}?timeout=1")
        await backend.ensure_table(THINGS)
        own.silent.set()
        with pytest.raises(ConnectionFailed, match="no answer within 1 seconds"):
            await backend.insert("things", things(1))
        own.silent.clear()
        assert await backend.count("things") == 0
        port = own.port
        await asyncio.to_thread(run, own, own.stop())
        with pytest.raises(ConnectionFailed):
            await backend.insert("things", things(1))
        await asyncio.to_thread(run, own, own.start(port))
        assert await backend.insert("things", things(3)) == 3
        await backend.close()


@pytest.mark.parametrize(
    "url",
    ["surrealdb:", "surrealdb:/a%3Fb", "surrealdb:/a?nothing=1", "surrealdb:/a?timeout=soon",
     "surrealdb://h:port/a", "surrealdb://h/a/b/c"],
)  # fmt: skip
async def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="surrealdb URL"):
        await SurrealdbBackend.connect(url)


async def test_hnsw_is_chosen_once(tmp_path: Path) -> None:
    url = f"surrealdb:{tmp_path}/base"
    await (await SurrealdbBackend.connect(f"{url}?hnsw=1")).close()
    again = await SurrealdbBackend.connect(url)
    assert again.capabilities.vectors
    await again.close()
    with pytest.raises(InvalidSettings, match="HNSW"):
        await SurrealdbBackend.connect(f"{url}?hnsw=0")
