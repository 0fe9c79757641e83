"""Pinecone, over the stand-in for its wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engines import Engines
from engrammic.backends.pinecone import PineconeBackend
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.filters import Compare, Op, eq
from engrammic.testing.backends import BackendTests
from engrammic.testing.fakes.pinecone import API_KEY, PineconeServer
from engrammic.testing.searching import SearchTests
from engrammic.testing.tables import TableTests
from engrammic.testing.things import THINGS, things
from given_up import given_up_and_closed


class TestPinecone(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PineconeBackend]:
        backend = await PineconeBackend.connect(engines.new("pinecone"))
        yield backend
        await backend.close()


class TestPineconeAlone(SearchTests, TableTests):
    """Where no other process writes, half as many requests are made."""

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[PineconeBackend]:
        backend = await PineconeBackend.connect(engines.new("pinecone") + "&alone=1")
        yield backend
        await backend.close()


async def test_calls_that_were_given_up_leave_no_connection_open(engines: Engines) -> None:
    for moment in range(24):
        backend = await PineconeBackend.connect(engines.new("pinecone"))
        await given_up_and_closed(backend, 0.002 * (moment % 12))


LONG = "日本 and more. " * 20_000


async def kept(backend: PineconeBackend, name: str) -> dict[str, Any]:
    """How many vectors each namespace of a database has."""
    stats = await backend.engine.wire.describe(2)  # type: ignore[attr-defined]
    return {n: s.vector_count for n, s in stats.namespaces.items() if name in n}


async def test_a_record_over_40_kb_is_kept_in_pieces_that_go_with_it(engines: Engines) -> None:
    backend = await PineconeBackend.connect(engines.new("pinecone"))
    await backend.ensure_table(THINGS)
    blob = bytes(range(256)) * 600
    record = {**things(2)[1], "name": LONG, "raw": blob, "data": {"a": LONG}}
    await backend.insert("things", [record])
    assert (await kept(backend, "rest"))["things:rest"] > 1
    assert (await backend.get("things", (record["id"],)))["name"] == LONG
    for where in (
        eq("name", LONG), Compare("name", Op.PREFIX, LONG[:30_000]), eq("raw", blob),
        Compare("name", Op.CONTAINS, "more"), eq("data.a", LONG), Compare("name", Op.GT, "z"),
        Compare("name", Op.NE, LONG[:-1]), Compare("name", Op.IN, ["x", LONG]),
    ):  # fmt: skip
        assert await backend.count("things", where) == 1, where
    assert await backend.count("things", eq("name", LONG[:200])) == 0
    await backend.insert("things", [{**record, "name": LONG + "!"}])
    assert await backend.count("things", eq("name", LONG)) == 0
    hits = await backend.vector_search("things", "vector", record["vector"], limit=1)
    assert hits[0].record["name"] == LONG + "!"
    await backend.delete("things", eq("id", record["id"]))
    await backend.flush()
    assert (await kept(backend, "rest"))["things:rest"] == 1, "the mark alone is left"
    await backend.close()


async def test_what_was_written_is_seen_though_the_service_is_late() -> None:
    with PineconeServer(lag=0.1, looks=2) as server:
        url = f"pinecone:late?host={server.url}&api_key={API_KEY}"
        backend = await PineconeBackend.connect(url)
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(9))
        assert await backend.count("things") == 9
        assert await backend.delete("things", eq("id", "t00003")) == 1
        assert await backend.get("things", ("t00003",)) is None
        assert await backend.count("things") == 8
        await backend.close()


async def test_two_handles_see_each_others_words(engines: Engines) -> None:
    url = engines.new("pinecone")
    one, two = await PineconeBackend.connect(url), await PineconeBackend.connect(url)
    await one.ensure_table(THINGS)
    await one.insert("things", things(5))
    assert len(await two.text_search("things", ["common"], limit=9)) == 4
    await one.insert("things", [{"id": "new", "at": 1, "words": "common"}])
    assert len(await two.text_search("things", ["common"], limit=9)) == 5
    await one.close()
    await two.close()


async def test_a_service_that_cannot_be_reached_is_named_without_the_key() -> None:
    with PineconeServer() as server:
        url = server.url
        wrong = f"pinecone:x?host={url}&api_key=secret"
        with pytest.raises(ConnectionFailed, match="refused") as caught:
            await PineconeBackend.connect(wrong)
        assert "secret" not in str(caught.value)
        backend = await PineconeBackend.connect(f"pinecone:x?host={url}&api_key={API_KEY}")
        await backend.ensure_table(THINGS)
    async with asyncio.timeout(15):
        with pytest.raises(ConnectionFailed):
            await backend.insert("things", things(3))
        with pytest.raises(ConnectionFailed) as caught:
            await PineconeBackend.connect(f"pinecone:x?host={url}&api_key=secret")
        await backend.close()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["pinecone:Upper?api_key=a", "pinecone:x?api_key=a&no=1", "pinecone:x?api_key="]
)
async def test_a_url_that_makes_no_sense_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PINECONE_API_KEY", raising=False)
    with pytest.raises(InvalidSettings):
        await PineconeBackend.connect(url)
