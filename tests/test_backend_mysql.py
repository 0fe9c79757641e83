"""MySQL (here MariaDB) passes the kit, over TCP, and keeps what it promises of a server."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from engines import Engines, free_port
from engines.mysql import Server, server, welcome
from engrammic.backends.mysql import MysqlBackend
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.filters import Compare, Op
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, things
from engrammic.types import Record
from half_written import PAIRS, PARTS, both_or_neither, keep_writing


class TestMysql(BackendTests):
    EXAMPLES = 27
    TREES = 100
    STRIDE = 6

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[MysqlBackend]:
        backend = await MysqlBackend.connect(engines.new("mysql"))
        yield backend
        await backend.close()


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server with a few databases."""
    with server() as found:
        found.start()
        welcome(found)
        for name in ("socket", "two", "loops", "near"):
            found.say(f"CREATE DATABASE {name}")
        yield found


async def test_a_socket_serves_as_well(own: Server) -> None:
    backend = await MysqlBackend.connect(own.socket_url("socket"))
    await backend.ensure_table(THINGS)
    assert await backend.insert("things", things(20)) == 20
    assert len(await backend.text_search("things", ["common"], limit=99)) > 9
    await backend.close()


async def test_two_handles_see_each_others_writes(own: Server) -> None:
    one, two = [await MysqlBackend.connect(own.url("two")) for _ in range(2)]
    await asyncio.gather(one.ensure_table(THINGS), two.ensure_table(THINGS))

    async def nearest() -> list[str]:
        hits = await two.vector_search("things", "vector", [1, 0, 0, 0], limit=99)
        return sorted(hit.record["id"] for hit in hits)

    def with_vectors(records: list[Record]) -> list[str]:
        return [r["id"] for r in records if r["vector"] is not None]

    await one.insert("things", things(20))
    assert await nearest() == with_vectors(things(20))
    await one.insert("things", things(40)[20:])
    assert await nearest() == with_vectors(things(40))
    await one.delete("things", Compare("id", Op.LT, "t00010"))
    await one.insert("things", [{"id": "t00012", "at": 1}])
    wanted = with_vectors(things(40)[10:])
    wanted.remove("t00012")
    assert await nearest() == wanted
    await one.drop_table("things")
    await one.ensure_table(THINGS)
    await two.ensure_table(THINGS)
    assert await nearest() == []
    await asyncio.gather(one.close(), two.close())


def test_loops_may_follow_each_other(own: Server) -> None:
    async def first() -> MysqlBackend:
        backend = await MysqlBackend.connect(own.url("loops"))
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        assert await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=9)
        return backend

    async def second(backend: MysqlBackend) -> int:
        found = await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=9)
        await backend.close()
        return len(found)

    backend = asyncio.run(first())
    assert asyncio.run(second(backend)) == 4


async def test_searches_beside_writes_give_full_pages(own: Server) -> None:
    backend = await MysqlBackend.connect(own.url("near"))
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{**r, "vector": [1, i, 0, 0]} for i, r in enumerate(things())])

    async def search() -> None:
        hits = await backend.vector_search("things", "vector", [0, 1, 0, 0], limit=20)
        assert len(hits) == 20

    async def change(i: int) -> None:
        await backend.delete("things", Compare("id", Op.EQ, f"t{i:05d}"))

    await asyncio.gather(*(verb for i in range(20) for verb in (search(), change(100 + i))))
    await backend.close()


@pytest.mark.parametrize("where", ["port", "host", "user", "database", "password"])
async def test_what_cannot_be_reached_says_so_without_the_password(own: Server, where: str) -> None:
    right, wrong = "p%40ss%2Fw%3Aord", "s3cret"
    url = {"port": f"keeper:{wrong}@127.0.0.1:{free_port()}/two",
           "host": f"keeper:{wrong}@nobody.invalid:{own.port}/two",
           "user": f"stranger:{wrong}@127.0.0.1:{own.port}/two",
           "password": f"keeper:{wrong}@127.0.0.1:{own.port}/two",
           "database": f"keeper:{right}@127.0.0.1:{own.port}/nothing"}[where]  # fmt: skip
    with pytest.raises(ConnectionFailed) as raised:
        await MysqlBackend.connect(f"mysql://{url}?timeout=5")
    assert not any(secret in str(raised.value) for secret in (wrong, right, "p@ss"))
    assert url.partition("@")[2].split("/")[0] in str(raised.value)


async def test_a_server_that_never_answers_fails_in_time() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        before = time.monotonic()
        with pytest.raises(ConnectionFailed):
            await MysqlBackend.connect(f"mysql://127.0.0.1:{deaf.getsockname()[1]}/x?timeout=1")
        assert time.monotonic() - before < 5


@pytest.mark.parametrize("rest", ["//h/d?schema=1", "//h/", "//h:x/d", "//h/d?timeout=0", "d"])
async def test_a_url_that_makes_no_sense_is_refused(rest: str) -> None:
    with pytest.raises(InvalidSettings):
        await MysqlBackend.connect(f"mysql:{rest}")


async def test_a_killed_server_leaves_nothing_half_written() -> None:
    with server() as doomed:
        doomed.start(durable=True)
        welcome(doomed)
        doomed.say("CREATE DATABASE crash")
        backend = await MysqlBackend.connect(doomed.url("crash"))
        for schema in (PAIRS, PARTS):
            await backend.ensure_table(schema)
        acknowledged: list[int] = []
        enough = asyncio.Event()
        writing = asyncio.create_task(keep_writing(backend, acknowledged, enough))
        await enough.wait()
        doomed.stop(signal.SIGKILL)
        with pytest.raises(StorageError):
            await writing
        doomed.start(durable=True)
        await both_or_neither(backend, acknowledged)
        await backend.close()
