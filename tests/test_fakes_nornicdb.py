"""The stand-in for NornicDB refuses what the server does, and its bytes are those of PackStream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, CypherSyntaxError

from engrammic.backends.nornicdb import NornicdbBackend
from engrammic.backends.nornicdb.statements import statements
from engrammic.errors import StorageError
from engrammic.testing.fakes.nornicdb import NornicdbServer
from engrammic.testing.fakes.nornicdb_packstream import Message, dump, load
from engrammic.testing.things import THINGS


@pytest.fixture(scope="module")
def server() -> Iterator[NornicdbServer]:
    with NornicdbServer("admin", "secret/word") as server:
        yield server


@pytest.mark.parametrize("login", [("admin", "wrong"), ("admin", "secret/word")])
def test_the_stand_in_knows_its_statements_only(
    server: NornicdbServer, login: tuple[str, str]
) -> None:
    address = server.bolt_url.rpartition("@")[2].partition("/")[0]
    with GraphDatabase.driver(f"bolt://{address}", auth=login) as driver:
        if login[1] == "wrong":
            with pytest.raises(AuthError):
                driver.verify_connectivity()
            return
        driver.verify_connectivity()
        with driver.session() as session, pytest.raises(CypherSyntaxError, match="unknown"):
            session.run("MATCH (n) RETURN n").consume()
        with driver.session() as session, session.begin_transaction() as run:
            assert run.run("RETURN 1 AS alive").single(strict=True)["alive"] == 1
            run.commit()


async def test_a_text_that_the_server_may_spoil_is_refused_by_the_stand_in(
    server: NornicdbServer,
) -> None:
    backend = await NornicdbBackend.connect(server.bolt_url)
    statement = statements("N", THINGS).create("1")
    with pytest.raises(StorageError, match="spoil"):
        await backend.engine.wire.said(statement, [{"id": "1", "payload": "it's"}])  # type: ignore[attr-defined]
    await backend.close()


def test_values_pass_through_packstream() -> None:
    values: list[object] = [
        None, True, False, 0, -16, -17, 127, 128, -129, 2**31, -(2**63), 2**63 - 1, 1.5, "", "é",
        "x" * 15, "x" * 16, "x" * 256, "x" * 70_000, [], [1] * 16, [[]] * 300, [0] * 70_000,
        {}, {"a": {"b": [1, None]}}, {str(i): i for i in range(300)},
    ]  # fmt: skip
    for value in values:
        assert load(dump(value)) == value
    assert load(dump(Message(0x71, [[1, "a"]]))) == Message(0x71, [[1, "a"]])
    assert load(b"\xcc\x02ab") == b"ab"


@pytest.mark.parametrize("raw", [b"", b"\x85ab", b"\xc1\x00", b"\x01\x02", b"\xc4", b"\x92\x01"])
def test_broken_packstream_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"byte|value"):
        load(raw)
