"""Milvus Lite passes the kit in this process; its server over gRPC gives the same answers."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engines import Engines, NewDatabase, free_port
from engines.milvus import serving
from engrammic.backends.milvus import MilvusBackend
from engrammic.backends.milvus.expressions import literal
from engrammic.errors import ConnectionFailed
from engrammic.testing.backends import BackendTests
from engrammic.testing.searching import SearchTests
from engrammic.testing.things import THINGS


class TestMilvus(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[MilvusBackend]:
        backend = await MilvusBackend.connect(engines.new("milvus"))
        yield backend
        await backend.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    with serving(tmp_path_factory.mktemp("milvus")) as new:
        yield new


class TestServer(SearchTests):
    @pytest.fixture
    async def backend(self, server: NewDatabase) -> AsyncIterator[MilvusBackend]:
        backend = await MilvusBackend.connect(server())
        yield backend
        for schema in await backend.tables():
            await backend.drop_table(schema.name)
        await backend.close()


def _run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    backend = await MilvusBackend.connect(f"milvus:{tmp_path}")
    code = f"""if True:
        import asyncio
        from engrammic.backends.milvus import MilvusBackend
        from engrammic.errors import Locked
        try:
            asyncio.run(MilvusBackend.connect("milvus:{tmp_path}"))
        except Locked:
            print("locked")
    """
    assert (await asyncio.to_thread(_run, code)).stdout.strip() == "locked"
    await backend.close()


async def test_long_texts_stay_whole(tmp_path: Path) -> None:
    backend = await MilvusBackend.connect(f"milvus:{tmp_path}")
    await backend.ensure_table(THINGS)
    long = "日本 long " * 40_000
    await backend.insert("things", [{"id": "a", "at": 1, "name": long, "data": {"a": long}}])
    found = await backend.get("things", ("a",))
    assert found is not None
    assert found["name"] == long
    assert found["data"] == {"a": long}
    await backend.close()


async def test_what_is_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    code = f"""if True:
        import asyncio, os, signal
        from engrammic.backends.milvus import MilvusBackend
        from engrammic.testing.things import THINGS, things
        async def main():
            backend = await MilvusBackend.connect("milvus:{tmp_path}")
            await backend.ensure_table(THINGS)
            await backend.insert("things", things(50))
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """
    assert (await asyncio.to_thread(_run, code)).returncode == -signal.SIGKILL
    backend = await MilvusBackend.connect(f"milvus:{tmp_path}")
    assert await backend.count("things") == 50
    await backend.close()


async def test_nobody_listening_is_told_in_time() -> None:
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
        await MilvusBackend.connect(f"milvus://127.0.0.1:{free_port()}/x?timeout=2&token=secret")


def test_literals_are_written_in_one_place() -> None:
    assert literal('a"b\\c') == '"a\\"b\\\\c"'
    assert literal("line\nbreak") is None
    assert literal(True) == "true"
    assert literal(5e-324) == "5e-324"
    assert literal("x" * 2000) is None
