"""NornicDB: a server where one is named, else the stand-in for its wire."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from engines import Engines, free_port
from engrammic.backends.nornicdb import NornicdbBackend
from engrammic.backends.nornicdb.statements import pack, statements, unpack
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.filters import eq, is_in
from engrammic.testing.backends import BackendTests
from engrammic.testing.fakes.nornicdb import NornicdbServer
from engrammic.testing.tables import TableTests
from engrammic.testing.things import TEXTS, THINGS, things
from engrammic.types import Field, Kind, Schema
from given_up import given_up_and_closed


class TestNornicdb(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[NornicdbBackend]:
        backend = await NornicdbBackend.connect(engines.new("nornicdb"))
        yield backend
        await backend.close()


@pytest.fixture(scope="module")
def server() -> Iterator[NornicdbServer]:
    with NornicdbServer("admin", "secret/word") as server:
        yield server


class TestRest(TableTests):
    """The same statements over HTTP."""

    @pytest.fixture
    async def backend(self) -> AsyncIterator[NornicdbBackend]:
        with NornicdbServer("admin", "secret/word") as server:
            backend = await NornicdbBackend.connect(server.rest_url + "?transport=rest")
            yield backend
            await backend.close()


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_calls_that_were_given_up_leave_nothing_open(
    server: NornicdbServer, transport: str
) -> None:
    base = server.bolt_url if transport == "bolt" else server.rest_url
    for moment in range(24):
        backend = await NornicdbBackend.connect(f"{base}?name=Up&transport={transport}")
        await given_up_and_closed(backend, 0.002 * (moment % 12))


async def test_both_transports_read_what_either_wrote(server: NornicdbServer) -> None:
    bolt = await NornicdbBackend.connect(server.bolt_url + "?name=Both")
    rest = await NornicdbBackend.connect(server.rest_url + "?name=Both&transport=rest")
    await bolt.ensure_table(THINGS)
    await rest.insert("things", things(30))
    await bolt.insert("things", [{"id": "more", "at": 1, "name": "x'}) SET n.id = '$id"}])
    assert await rest.query("things") == await bolt.query("things")
    assert await rest.count("things") == 31
    for backend in (bolt, rest):
        await backend.close()


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_a_search_is_one_request_that_tells_what_others_have_written(
    server: NornicdbServer, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = server.bolt_url if transport == "bolt" else server.rest_url
    url = f"{base}?name=One{transport}&transport={transport}"
    mine, theirs = await NornicdbBackend.connect(url), await NornicdbBackend.connect(url)
    await mine.ensure_table(THINGS)
    await mine.insert("things", things(40))
    near = things(40)[3]["vector"]

    async def found() -> list[str]:
        hits = await mine.vector_search("things", "vector", near, limit=3)
        return [hit.record["id"] for hit in hits]

    asked: list[int] = []
    wire = mine.engine.wire  # type: ignore[attr-defined]
    ask = wire.ask
    monkeypatch.setattr(wire, "ask", lambda runs: asked.append(len(runs)) or ask(runs))
    before = await found()
    asked.clear()
    assert await found() == before
    assert asked == [4]
    await theirs.insert("things", [things(40)[3] | {"id": "a"}])
    assert await found() == ["a", *before[:2]]
    for backend in (mine, theirs):
        await backend.close()


async def test_keys_of_a_large_table_are_asked_for_by_their_ids(
    server: NornicdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = await NornicdbBackend.connect(server.rest_url + "?name=Large&transport=rest")
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": f"{i:05}", "at": i} for i in range(200)])
    pages: list[str] = []
    of = backend.engine._pages  # type: ignore[attr-defined]
    monkeypatch.setattr(backend.engine, "_pages", lambda chosen: pages.append("") or of(chosen))
    for count, read in ((21, 0), (100, 1)):
        pages.clear()
        ids = [f"{i:05}" for i in range(count)]
        assert await backend.count("things", is_in("id", ids)) == count
        assert len(pages) == read
    await backend.close()


async def test_in_the_name_of_a_database_case_does_not_count(server: NornicdbServer) -> None:
    for name, found in (("Loud", 0), ("loud", 3)):
        backend = await NornicdbBackend.connect(f"{server.bolt_url}?name={name}")
        await backend.ensure_table(THINGS)
        assert await backend.count("things") == found
        await backend.insert("things", things(3))
        await backend.close()


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_no_read_is_one_that_the_server_keeps_the_answer_of(
    server: NornicdbServer, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = server.bolt_url if transport == "bolt" else server.rest_url
    backend = await NornicdbBackend.connect(f"{base}?name=Kept{transport}&transport={transport}")
    wire = backend.engine.wire  # type: ignore[attr-defined]
    asked: list[str] = []
    ask = wire.ask
    monkeypatch.setattr(wire, "ask", lambda runs: asked.extend(r[0] for r in runs) or ask(runs))
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(30))
    await backend.vector_search("things", "vector", things(4)[3]["vector"], limit=3)
    await backend.query("things", eq("id", "t00003"))
    await backend.count("things")
    reads = [text for text in asked if "RETURN" in text and " SET " not in text]
    assert reads
    assert not [text for text in reads if "rand() >= 0" not in text]
    given = {"id": "1", "last": "", "blank": "-"}
    with pytest.raises(StorageError, match="unknown"):
        await wire.said("MATCH (n:N {id: $id}) RETURN n.id AS id, n.payload AS payload", [given])
    await backend.close()


async def test_a_record_that_two_have_created_at_once_is_one(server: NornicdbServer) -> None:
    backend = await NornicdbBackend.connect(server.bolt_url + "?name=Twice")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(1))
    about = statements("Twice", THINGS)
    ((id_, payload),) = await backend.engine.wire.said(about.page(), [{"blank": "-"}])  # type: ignore[attr-defined]
    given = {"id": id_, "payload": payload}
    await backend.engine.wire.said(about.create(id_), [given])  # type: ignore[attr-defined]
    assert await backend.count("things") == len(await backend.query("things")) == 1
    await backend.delete("things", eq("id", "t00000"))
    assert await backend.count("things") == 0
    await backend.close()


async def test_more_than_a_page_is_read_whole(server: NornicdbServer) -> None:
    backend = await NornicdbBackend.connect(server.rest_url + "?name=Pages&transport=rest")
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": f"{i:05}", "at": i % 2} for i in range(4001)])
    assert await backend.count("things", eq("at", 0)) == 2001
    assert len(await backend.query("things")) == 4001
    await backend.close()


async def test_a_wrong_password_is_refused_and_not_told(server: NornicdbServer) -> None:
    for url in (server.bolt_url + "?", server.rest_url + "?transport=rest&"):
        for wrong in (re.sub(r":[^:]*@", ":guessed@", url), re.sub(r"//.*@", "//", url)):
            with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:\d+/nornic") as caught:
                await NornicdbBackend.connect(wrong + "timeout=5")
            assert "guessed" not in str(caught.value)


async def test_a_user_who_is_locked_out_is_told_so() -> None:
    with NornicdbServer("admin", "secret/word") as server:
        url = re.sub(r":[^:]*@", ":guessed@", server.rest_url) + "?transport=rest"
        for _ in range(5):
            with pytest.raises(ConnectionFailed, match="refuses"):
                await NornicdbBackend.connect(url)
        with pytest.raises(ConnectionFailed, match="for a while"):
            await NornicdbBackend.connect(server.rest_url + "?transport=rest")


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_nobody_listening_is_told_in_time(transport: str) -> None:
    url = f"nornicdb://u:secret@127.0.0.1:{free_port()}/nornic?transport={transport}&timeout=2"
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1") as caught:
        await NornicdbBackend.connect(url)
    assert time.monotonic() - begun < 5
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_a_server_that_says_nothing_is_told_in_time(transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"nornicdb://u:secret@127.0.0.1:{port}/nornic?transport={transport}&timeout=1"
        begun = time.monotonic()
        with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1"):
            await NornicdbBackend.connect(url)
        assert time.monotonic() - begun < 5


async def test_a_server_that_went_away_is_told() -> None:
    for transport in ("bolt", "rest"):
        with NornicdbServer("admin", "secret") as server:
            url = server.bolt_url if transport == "bolt" else server.rest_url
            backend = await NornicdbBackend.connect(f"{url}?timeout=2&transport={transport}")
            await backend.ensure_table(THINGS)
        with pytest.raises(ConnectionFailed):
            await backend.count("things")
        await backend.close()


@pytest.mark.parametrize("transport", ["bolt", "rest"])
async def test_a_server_that_dies_while_it_writes_to_disk_is_told(transport: str) -> None:
    with NornicdbServer("admin", "secret") as server:
        url = server.bolt_url if transport == "bolt" else server.rest_url
        backend = await NornicdbBackend.connect(f"{url}?timeout=2&transport={transport}")
        flushing = asyncio.create_task(backend.flush())
        await asyncio.sleep(0.1)
    with pytest.raises(ConnectionFailed):
        await flushing
    await backend.close()


async def test_a_token_that_ran_out_is_renewed(server: NornicdbServer) -> None:
    backend = await NornicdbBackend.connect(server.rest_url + "?name=Token&transport=rest")
    await backend.ensure_table(THINGS)
    server.http.expire()
    await backend.insert("things", things(3))
    assert await backend.count("things") == 3
    await backend.close()


async def test_an_unknown_database_is_told(server: NornicdbServer) -> None:
    url = server.rest_url.replace("/nornic", "/other")
    with pytest.raises(ConnectionFailed, match="'other' not found"):
        await NornicdbBackend.connect(url + "?transport=rest")


@pytest.mark.parametrize(
    "url",
    [
        "nornicdb://h:x", "nornicdb://h?no=1", "nornicdb://h?name=a_b", "nornicdb://h?name=a-b",
        "nornicdb://h?timeout=soon", "nornicdb://h?timeout=0", "nornicdb://h?transport=grpc",
    ],
)  # fmt: skip
async def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings):
        await NornicdbBackend.connect(url)


def test_what_is_sent_has_no_character_that_a_statement_minds() -> None:
    for text in (*TEXTS, "x'}) DETACH DELETE n //", '"\\$id', "~~~???", "日本"):
        packed = pack(THINGS, {"id": text, "at": 2**62, "name": text})
        assert re.fullmatch(r"[A-Za-z0-9_-]+", packed)
        assert unpack(packed) == {"id": text, "at": 2**62, "name": text}
    for name in ("x`) DETACH DELETE (n", "MATCH", "a b", "é", "t" * 300):
        schema = Schema(name, (Field("id", Kind.TEXT, nullable=False),), key=("id",))
        label = statements("N", schema).blank_all().removeprefix("MATCH (n:").partition(")")[0]
        assert re.fullmatch(r"N_\w{1,100}", label, re.ASCII)
