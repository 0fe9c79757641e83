"""Qdrant passes the kit: the client's local mode, or a server where one is named."""

from __future__ import annotations

import asyncio
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from engines import Engines, free_port
from engines.qdrant import SERVER, swift_folder
from engrammic.backends.qdrant import QdrantBackend
from engrammic.canonical import canonical
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.filters import EVERYTHING, Compare, Op, eq
from engrammic.records import clean
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, things
from engrammic.types import Order, Record


class TestQdrant(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[QdrantBackend]:
        backend = await QdrantBackend.connect(engines.new("qdrant"))
        yield backend
        if backend.engine.shared:
            await _emptied(backend)
        await backend.close()


class TestEngineInThisProcess(BackendTests):
    EXAMPLES = 5
    STRIDE = 20

    @pytest.fixture
    async def backend(self) -> AsyncIterator[QdrantBackend]:
        with swift_folder() as folder:
            backend = await QdrantBackend.connect(f"qdrant:{folder}?engine=edge&exact=1")
            yield backend
            await backend.close()


async def _emptied(backend: QdrantBackend) -> None:
    """A server keeps what a test leaves; a closed handle is opened no more."""
    try:
        schemas = await backend.tables()
    except OSError:
        return
    for schema in schemas:
        await backend.drop_table(schema.name)


def _run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("engine", ["client", "edge"])
async def test_a_folder_belongs_to_one_process_and_keeps_its_records(
    tmp_path: Path, engine: str
) -> None:
    url = f"qdrant:{tmp_path}?engine={engine}"
    backend = await QdrantBackend.connect(url)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(20))
    code = f"""if True:
        import asyncio
        from engrammic.backends.qdrant import QdrantBackend
        from engrammic.errors import Locked
        try:
            asyncio.run(QdrantBackend.connect("{url}"))
        except Locked:
            print("locked")
    """
    assert (await asyncio.to_thread(_run, code)).stdout.strip() == "locked"
    before = await backend.export("things")
    await backend.close()
    again = await QdrantBackend.connect(url)
    assert list(map(_bytes, await again.export("things"))) == list(map(_bytes, before))
    await again.close()


def _bytes(record: Record) -> bytes:
    return canonical(THINGS, record)


@pytest.mark.parametrize("engine", ["client", "edge"])
async def test_what_is_acknowledged_survives_a_kill(tmp_path: Path, engine: str) -> None:
    url = f"qdrant:{tmp_path}?engine={engine}"
    code = f"""if True:
        import asyncio, os, signal
        from engrammic.backends.qdrant import QdrantBackend
        from engrammic.filters import eq
        from engrammic.testing.things import THINGS, things
        async def main():
            backend = await QdrantBackend.connect("{url}")
            await backend.ensure_table(THINGS)
            await backend.insert("things", things(30))
            await backend.insert("things", [{{**things(1)[0], "at": 1000}}])
            await backend.delete("things", eq("id", "t00005"))
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """
    assert (await asyncio.to_thread(_run, code)).returncode == -signal.SIGKILL
    backend = await QdrantBackend.connect(url)
    assert await backend.count("things") == 29
    assert await backend.get("things", ("t00005",)) is None
    assert (await backend.get("things", ("t00000",)) or {})["at"] == 1000
    await backend.close()


async def test_a_table_cut_off_while_it_was_made_or_dropped_is_made_anew(tmp_path: Path) -> None:
    url = f"qdrant:{tmp_path}?engine=edge"
    (tmp_path / "tables" / "things" / "segments").mkdir(parents=True)
    (tmp_path / "tables" / "things.gone" / "segments").mkdir(parents=True)
    backend = await QdrantBackend.connect(url)
    assert await backend.tables() == []
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(3))
    await backend.optimize()
    assert await backend.count("things") == 3
    await backend.drop_table("things")
    assert not (tmp_path / "tables" / "things").exists()
    assert not (tmp_path / "tables" / "things.gone").exists()
    await backend.close()


async def test_floats_and_vectors_keep_their_bits(tmp_path: Path) -> None:
    """The engine itself reads one float in six back as its neighbour."""
    draw = np.random.default_rng(7)
    floats = [*draw.standard_normal(500), 5e-324, -0.0, 0.1 + 0.2, 1.7976931348623157e308]
    vectors = draw.standard_normal((len(floats), 4)).astype(np.float32)
    records = [{"id": f"r{i}", "at": i, "weight": float(x), "vector": vectors[i]}
               for i, x in enumerate(floats)]  # fmt: skip
    backend = await QdrantBackend.connect(f"qdrant:{tmp_path}?engine=edge")
    await backend.ensure_table(THINGS)
    await backend.insert("things", records)
    await backend.optimize()
    found = {r["id"]: r for r in await backend.export("things")}
    for record in records:
        wanted = clean(THINGS, record)
        assert struct.pack("d", found[record["id"]]["weight"]) == struct.pack("d", record["weight"])
        assert found[record["id"]]["vector"].tobytes() == wanted["vector"].tobytes()
    for number in floats[:20]:
        assert await backend.count("things", eq("weight", float(number))) == 1
        larger = sum(x > number for x in floats)
        assert await backend.count("things", Compare("weight", Op.GT, float(number))) == larger
    await backend.close()


@pytest.mark.parametrize("engine", ["client", "edge"])
async def test_an_order_by_a_number_that_many_share(tmp_path: Path, engine: str) -> None:
    """The engine sorts by the number alone; equal ones are sorted by key here."""
    backend = await QdrantBackend.connect(f"qdrant:{tmp_path}?engine={engine}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": f"k{i:02}", "at": i // 20} for i in range(60)])
    for descending in (False, True):
        seen: list[str] = []
        after = None
        order = Order("at", descending=descending)
        while page := await backend.query("things", order=order, after=after, limit=7):
            seen += [r["id"] for r in page]
            after = (page[-1]["at"], page[-1]["id"])
        assert seen == sorted(seen, reverse=descending)
        assert len(seen) == 60
    await backend.close()


async def test_a_cancelled_write_ends_before_the_next_begins() -> None:
    backend = await QdrantBackend.connect("qdrant:memory")
    await backend.ensure_table(THINGS)
    write = asyncio.ensure_future(backend.insert("things", things(200)))
    await asyncio.sleep(0.005)
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    await backend.delete("things", EVERYTHING)
    await asyncio.sleep(0.2)
    assert await backend.count("things") == 0
    await backend.close()


def test_a_handle_is_bound_to_no_event_loop() -> None:
    backend = asyncio.run(QdrantBackend.connect("qdrant:memory"))
    asyncio.run(backend.ensure_table(THINGS))
    asyncio.run(backend.insert("things", things(3)))
    assert asyncio.run(backend.count("things")) == 3
    asyncio.run(backend.close())


class _Answers(BaseHTTPRequestHandler):
    """A server that says `/` right, then gives each request the status of its class."""

    status = 401

    def do_GET(self) -> None:
        body = b'{"title": "qdrant", "version": "1.20.0"}' if self.path == "/" else b"{}"
        self.send_response(200 if self.path == "/" else self.status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def _answering(status: int) -> Iterator[int]:
    handler = type("_Handler", (_Answers,), {"status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("status", "remedy"), [(401, "api_key"), (403, "api_key"), (503, "ready")])
async def test_a_server_that_refuses_is_told_apart(status: int, remedy: str) -> None:
    with _answering(status) as port, pytest.raises(ConnectionFailed, match=remedy) as told:
        await QdrantBackend.connect(f"qdrant://127.0.0.1:{port}/x?api_key=secret")
    assert "secret" not in str(told.value)


async def test_an_answer_that_makes_no_sense_is_an_error_of_storage() -> None:
    with _answering(500) as port, pytest.raises(StorageError, match="500"):
        await QdrantBackend.connect(f"qdrant://127.0.0.1:{port}/x")


@pytest.mark.parametrize("wire", ["", "&grpc={port}"])
async def test_silence_is_told_within_the_timeout(wire: str) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(ConnectionFailed, match="does not answer"):
            await QdrantBackend.connect(
                f"qdrant://127.0.0.1:{port}/x?timeout=1{wire.format(port=port)}"
            )
        assert time.monotonic() - begun < 5


@pytest.mark.skipif(SERVER is None, reason="ENGRAMMIC_TEST_QDRANT_URL names no server")
class TestServer:
    async def test_handles_see_what_others_write(self, engines: Engines) -> None:
        url = engines.new("qdrant")
        one, other = await QdrantBackend.connect(url), await QdrantBackend.connect(url)
        await one.ensure_table(THINGS)
        await other.ensure_table(THINGS)
        await one.insert("things", things(9))
        assert len(await other.text_search("things", ["common"], limit=50)) == 8
        await other.delete("things", EVERYTHING)
        assert await one.text_search("things", ["common"], limit=50) == []
        await one.insert("things", things(3))
        assert len(await other.vector_search("things", "vector", [1, 0, 0, 0], limit=50)) == 2
        assert "version" in await one.health()
        await one.drop_table("things")
        await one.close()
        await other.close()


async def test_nobody_listening_is_told_in_time_and_without_the_key() -> None:
    url = f"qdrant://127.0.0.1:{free_port()}/x?timeout=2&api_key=secret"
    with pytest.raises(ConnectionFailed) as told:
        await QdrantBackend.connect(url)
    assert "127.0.0.1" in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["qdrant:", "qdrant:/a?nothing=1", "qdrant:memory?api_key=x", "qdrant://h/a b",
            "qdrant://h?timeout=soon", "qdrant://u:p@h/x", "qdrant:memory?engine=edge",
            "qdrant:/a?engine=other", "qdrant://h/x?engine=edge", "qdrant:/a?exact=maybe", "qdrant://"],
)  # fmt: skip
async def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="qdrant"):
        await QdrantBackend.connect(url)
