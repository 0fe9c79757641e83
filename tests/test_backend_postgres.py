"""PostgreSQL passes the kit, over TCP, and keeps what it promises of a server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from engines import Engines, free_port
from engines.postgres import Server, server
from engrammic.backends.postgres import PostgresBackend
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.filters import Compare, Op
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, things
from engrammic.types import Field, Kind, Schema
from half_written import PAIRS, PARTS, both_or_neither, keep_writing


class TestPostgres(BackendTests):
    EXAMPLES = 27
    TREES = 100
    STRIDE = 6

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PostgresBackend]:
        backend = await PostgresBackend.connect(engines.new("postgres"))
        yield backend
        await backend.close()


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server that a test may kill: every acknowledged write is on disk."""
    with server() as found:
        found.start(durable=True)
        yield found


async def test_a_socket_serves_as_well(own: Server) -> None:
    backend = await PostgresBackend.connect(f'{own.socket_url}&schema=by%20"socket"')
    await backend.ensure_table(THINGS)
    assert await backend.insert("things", things(20)) == 20
    assert len(await backend.text_search("things", ["common"], limit=99)) > 9
    await backend.close()


async def test_two_handles_see_each_others_writes(own: Server) -> None:
    one, two = [await PostgresBackend.connect(f"{own.url}?schema=two") for _ in range(2)]
    await asyncio.gather(one.ensure_table(THINGS), two.ensure_table(THINGS))
    await one.insert("things", things(20))
    assert await two.count("things") == 20
    await two.delete("things", Compare("id", Op.LT, "t00010"))
    assert len(await one.vector_search("things", "vector", [1, 0, 0, 0], limit=99)) == 9
    await asyncio.gather(one.close(), two.close())


def test_loops_may_follow_each_other(own: Server) -> None:
    async def first() -> PostgresBackend:
        backend = await PostgresBackend.connect(f"{own.url}?schema=loops")
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        return backend

    async def second(backend: PostgresBackend) -> int:
        found = await backend.count("things")
        await backend.close()
        return found

    backend = asyncio.run(first())
    assert asyncio.run(second(backend)) == 5


async def test_an_index_of_vectors_keeps_pages_full_and_near(own: Server) -> None:
    schema = Schema("many", (Field("n", Kind.INT, nullable=False), Field("rare", Kind.BOOL),
                             Field("v", Kind.VECTOR, dimension=16)), key=("n",))  # fmt: skip
    backend = await PostgresBackend.connect(f"{own.url}?schema=many")
    exact = await PostgresBackend.connect(f"{own.url}?schema=many&exact=1")
    await backend.ensure_table(schema)
    vectors = np.random.default_rng(1).normal(size=(10_500, 16)).astype(np.float32)
    rows = [{"n": n, "rare": n % 700 == 0, "v": v} for n, v in enumerate(vectors)]
    assert await backend.insert("many", rows) == 10_500
    await backend.optimize()
    rare = Compare("rare", Op.EQ, True)
    await exact.ensure_table(schema)
    for where in (None, rare):
        asked = {"limit": 15, "where": where}
        wanted = await exact.vector_search("many", "v", vectors[7], **asked)
        found = await backend.vector_search("many", "v", vectors[7], **asked)
        assert len(found) == len(wanted) == 15
        same = {h.record["n"] for h in found} & {h.record["n"] for h in wanted}
        assert len(same) >= 13
    await asyncio.gather(backend.close(), exact.close())


@pytest.mark.parametrize("where", ["port", "host", "user", "database"])
async def test_what_cannot_be_reached_says_so_without_the_password(own: Server, where: str) -> None:
    wrong = {"port": f"postgres@127.0.0.1:{free_port()}/postgres",
             "host": f"postgres@nobody.invalid:{own.port}/postgres",
             "user": f"stranger@127.0.0.1:{own.port}/postgres",
             "database": f"postgres@127.0.0.1:{own.port}/nothing"}[where]  # fmt: skip
    url = f"postgres://{wrong.replace('@', ':s3cret@')}?timeout=5"
    with pytest.raises(ConnectionFailed) as raised:
        await PostgresBackend.connect(url)
    assert "s3cret" not in str(raised.value)
    assert wrong.partition("@")[2].split("/")[0] in str(raised.value)


async def test_a_wrong_password_is_refused(own: Server) -> None:
    backend = await PostgresBackend.connect(f"{own.url}?schema=users")
    async with backend._session() as session:
        await session.run("CREATE ROLE locked LOGIN PASSWORD 'right'")
    await backend.close()
    rules = own.folder / "data" / "pg_hba.conf"
    rules.write_text(f"host all locked 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    own.stop()
    own.start(durable=True)
    with pytest.raises(ConnectionFailed) as raised:
        await PostgresBackend.connect(f"postgres://locked:wr0ng@127.0.0.1:{own.port}/postgres")
    assert "wr0ng" not in str(raised.value)


async def test_a_server_that_never_answers_fails_in_time() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        before = time.monotonic()
        with pytest.raises(ConnectionFailed, match="within 1 s"):
            await PostgresBackend.connect(
                f"postgres://127.0.0.1:{deaf.getsockname()[1]}/x?timeout=1"
            )
        assert time.monotonic() - before < 5


@pytest.mark.parametrize("rest", ["//h/d?colour=1", "//h/", "//h:x/d", "//h/d?timeout=soon", "d"])
async def test_a_url_that_makes_no_sense_is_refused(rest: str) -> None:
    with pytest.raises(InvalidSettings):
        await PostgresBackend.connect(f"postgres:{rest}")


async def test_a_killed_server_leaves_nothing_half_written() -> None:
    with server() as doomed:
        doomed.start(durable=True)
        backend = await PostgresBackend.connect(doomed.url)
        for schema in (PAIRS, PARTS):
            await backend.ensure_table(schema)
        acknowledged: list[int] = []
        enough = asyncio.Event()
        writing = asyncio.create_task(keep_writing(backend, acknowledged, enough))
        await enough.wait()
        doomed.kill()
        with pytest.raises(StorageError):
            await writing
        doomed.start(durable=True)
        await both_or_neither(backend, acknowledged)
        await backend.close()
