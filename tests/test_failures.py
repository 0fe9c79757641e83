"""A database that cannot be reached, is lost, or is not installed is told in time, and as what."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from engines import Engines, NewDatabase, free_port
from engines import chroma as chroma_engine
from engines import milvus as milvus_engine
from engines.surreal_server import PASSWORD, USER, served
from engrammic.backend import Backend
from engrammic.errors import ConnectionFailed, EngrammicError, Locked
from engrammic.registry import open_backend
from engrammic.testing.fakes.nornicdb import NornicdbServer
from engrammic.testing.things import THINGS, things
from relay import Relay

SECRET = "s3cret"
SECONDS = 1.0
SLACK = 4.0
"""A client may try twice, and the machine may be busy."""

ADDRESSES = {
    "postgres": "postgres://keeper:s3cret@{}/db?timeout=1",
    "mysql": "mysql://keeper:s3cret@{}/db?timeout=1",
    "surrealdb": "surrealdb://keeper:s3cret@{}/ns/db?timeout=1",
    "qdrant": "qdrant://{}/x?api_key=s3cret&timeout=1",
    "milvus": "milvus://{}/x?token=s3cret&timeout=1",
    "chroma": "chroma://keeper:s3cret@{}/x?timeout=1",
    "weaviate": "weaviate://{}?grpc=1&api_key=s3cret&timeout=1",
    "pinecone": "pinecone:x?host=http://{}&api_key=s3cret&timeout=1",
    "nornicdb": "nornicdb://keeper:s3cret@{}/x?timeout=1",
    "nornicdb-rest": "nornicdb://keeper:s3cret@{}/x?timeout=1&transport=rest",
}  # fmt: skip
"""Every scheme that goes to a server, and both wires of NornicDB."""

NUMBERS = count()


async def failing(url: str) -> tuple[str, float]:
    """What opening says when it fails, and after how long. Its driver is imported before."""
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed) as raised:
        await open_backend(url)
    return str(raised.value), time.monotonic() - begun


@pytest.mark.parametrize("what", ["nobody listens", "no such host", "a silent server"])
@pytest.mark.parametrize("name", ADDRESSES)
async def test_what_cannot_be_reached_is_told_in_time_without_the_password(
    name: str, what: str
) -> None:
    await failing(ADDRESSES[name].format(f"127.0.0.1:{free_port()}"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if what == "a silent server" else free_port()
        host = "nobody.invalid" if what == "no such host" else "127.0.0.1"
        told, seconds = await failing(ADDRESSES[name].format(f"{host}:{port}"))
    assert f"{host}:{port}" in told
    assert SECRET not in told
    assert seconds < SECONDS + SLACK


@pytest.fixture(scope="module")
def servers(
    engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, NewDatabase]]:
    """How each server that can be had here gives a new database."""
    with ExitStack() as stack:
        surreal = stack.enter_context(served())
        found: dict[str, NewDatabase] = {
            scheme: lambda scheme=scheme: engines.new(scheme)  # type: ignore[misc]
            for scheme in ("postgres", "mysql", "weaviate", "pinecone", "nornicdb")
        }
        nornic = stack.enter_context(NornicdbServer("admin", "p@ss/word"))
        found["nornicdb-rest"] = lambda: (
            f"{nornic.rest_url}?transport=rest&name=Lost{next(NUMBERS)}"
        )
        for name, engine in (("chroma", chroma_engine), ("milvus", milvus_engine)):
            folder = tmp_path_factory.mktemp(name)
            found[name] = stack.enter_context(engine.serving(folder))
        login = f"{USER}:{re.sub('[^a-z0-9]', _escaped, PASSWORD)}"
        found["surrealdb"] = lambda: (
            f"surrealdb://{login}@127.0.0.1:{surreal.port}/tests/lost{next(NUMBERS)}"
        )
        if "ENGRAMMIC_TEST_QDRANT_URL" in os.environ:
            found["qdrant"] = lambda: engines.new("qdrant")
        yield found


def _escaped(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


LOST = (
    "postgres", "mysql", "surrealdb", "milvus", "chroma", "weaviate", "pinecone", "nornicdb",
    "nornicdb-rest", *(("qdrant",) if "ENGRAMMIC_TEST_QDRANT_URL" in os.environ else ()),
)  # fmt: skip


def through(stack: ExitStack, url: str) -> tuple[str, list[Relay]]:
    """The URL with its ports replaced by those of relays to them."""
    named = re.search(r"//[^/?&]*:(\d+)", url)
    assert named is not None
    relays = [stack.enter_context(Relay(int(named[1])))]
    url = url.replace(f":{named[1]}", f":{relays[0].port}", 1)
    if grpc := re.search(r"grpc=(\d+)", url):
        relays.append(stack.enter_context(Relay(int(grpc[1]))))
        url = url.replace(grpc[0], f"grpc={relays[1].port}")
    return f"{url}{'&' if '?' in url else '?'}timeout=2", relays


@pytest.mark.parametrize("how", ["cut", "hush"])
@pytest.mark.parametrize("scheme", LOST)
async def test_a_server_that_is_lost_in_mid_write_is_told_in_time(
    servers: dict[str, NewDatabase], scheme: str, how: str
) -> None:
    with ExitStack() as stack:
        url, relays = through(stack, servers[scheme]())
        backend = await open_backend(url.replace("timeout=2", "timeout=30"))
        await backend.ensure_table(THINGS)
        await backend.close()
        backend = await open_backend(url)
        await backend.ensure_table(THINGS)
        begun: list[float] = []

        async def lose() -> None:
            await asyncio.sleep(0.3)
            for relay in relays:
                getattr(relay, how)()
            begun.append(time.monotonic())

        losing = asyncio.create_task(lose())
        with pytest.raises(ConnectionFailed) as raised:
            await keep_writing(backend)
        assert begun, "it failed before the server was lost"
        assert time.monotonic() - begun[0] < 2 * SECONDS + SLACK
        await losing
        told = str(raised.value)
        assert f"127.0.0.1:{relays[0].port}" in told
        assert not [word for word in secrets(url) if word in told]
        await backend.close()


def secrets(url: str) -> list[str]:
    """The password and the key of a URL, as they are and as they stand in it."""
    word = urlsplit(url).password or parse_qs(urlsplit(url).query).get("api_key", [""])[0]
    return [word, unquote(word)] if word else []


async def keep_writing(backend: Backend) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        await backend.insert("things", things(50))


EMBEDDED = ("sqlite", "files", "lance", "surrealdb", "qdrant", "milvus", "chroma")
"""Those whose data are in a file or a folder."""


@pytest.mark.parametrize("scheme", EMBEDDED)
async def test_a_place_that_is_no_folder_is_told(tmp_path: Path, scheme: str) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"This is a letter." * 100)
    for place in (taken, taken / "below"):
        with pytest.raises(EngrammicError, match="taken"):
            await open_backend(f"{scheme}:{place}")
    assert taken.read_bytes() == b"This is a letter." * 100


@pytest.mark.parametrize("scheme", EMBEDDED)
async def test_a_folder_that_cannot_be_written_is_told(scheme: str) -> None:
    with pytest.raises(ConnectionFailed, match="/proc/nothing"):
        await open_backend(f"{scheme}:/proc/nothing/here")


HOLD = """
import asyncio, sys
from engrammic.registry import open_backend
from engrammic.testing.fakes.nornicdb import NornicdbServer
async def main():
    backend = await open_backend(sys.argv[1])
    print("held", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await backend.close()
asyncio.run(main())
"""


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another process has the database open meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLD, url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()
    assert holder.returncode == 0


@pytest.mark.parametrize("scheme", ["surrealdb", "qdrant", "milvus"])
async def test_a_folder_that_another_process_has_is_told(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}:{tmp_path / 'held'}" + ("?timeout=1" if scheme == "surrealdb" else "")
    with held(url), pytest.raises(Locked, match="held"):
        await open_backend(url)
    await (await open_backend(url)).close()


DRIVERS = {
    "lance": "lancedb", "postgres": "psycopg", "mysql": "asyncmy", "surrealdb": "surrealdb",
    "qdrant": "qdrant_client", "pinecone": "pinecone", "milvus": "pymilvus",
    "weaviate": "weaviate", "nornicdb": "neo4j", "chroma": "chromadb",
}  # fmt: skip
"""What each extra of a database brings."""

WITHOUT = """
import asyncio, sys
for name in sys.argv[1:]:
    sys.modules[name.partition("=")[2]] = None
import engrammic
from engrammic.errors import MissingDependency
from engrammic.registry import open_backend
from engrammic.testing.fakes.nornicdb import NornicdbServer
for name in sys.argv[1:]:
    scheme = name.partition("=")[0]
    try:
        asyncio.run(open_backend(f"{scheme}://localhost/x"))
    except MissingDependency as error:
        print(scheme, error.extra, error)
"""


def test_a_driver_that_is_not_installed_is_told_with_its_extra() -> None:
    command = [sys.executable, "-c", WITHOUT, *(f"{s}={d}" for s, d in DRIVERS.items())]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    told = ran.stdout.splitlines()
    assert [line.split()[:2] for line in told] == [[scheme, scheme] for scheme in DRIVERS]
    for scheme, line in zip(DRIVERS, told, strict=True):
        assert f"pip install 'engrammic[{scheme}]'" in line
