"""Weaviate: a server where one is named, else the stand-in for its wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engines import Engines
from engines.weaviate import empty
from engrammic.backends.weaviate import WeaviateBackend
from engrammic.backends.weaviate.filters import push
from engrammic.backends.weaviate.tokens import HEAD, between, token
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.filters import Compare, Op, eq
from engrammic.testing.backends import BackendTests
from engrammic.testing.fakes.weaviate import WeaviateServer
from engrammic.testing.searching import SearchTests
from engrammic.testing.tables import TableTests
from engrammic.testing.things import TEXTS, THINGS, things


class TestWeaviate(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 40

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[WeaviateBackend]:
        url = engines.new("weaviate")
        backend = await WeaviateBackend.connect(url)
        yield backend
        await backend.close()
        empty(url)


class TestWeaviateAlone(SearchTests, TableTests):
    """Where no other process writes, less is asked."""

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[WeaviateBackend]:
        url = engines.new("weaviate") + "&alone=1"
        backend = await WeaviateBackend.connect(url)
        yield backend
        await backend.close()
        empty(url)


def test_tokens_are_ordered_as_texts_and_never_trimmed() -> None:
    texts = [*TEXTS, "a\x01", "a\x01b", "a\x02", " \t", "x" * HEAD, "x" * HEAD + "\x01", "\x1f"]
    for one in texts:
        assert token(one).strip() == token(one) != ""
        for other in texts:
            if min(len(one), len(other)) <= HEAD:
                assert (token(one) < token(other)) is (one < other), (one, other)


def test_the_bounds_of_a_prefix_let_all_in_and_say_when_no_others() -> None:
    texts = [*TEXTS, "a\x01", "a\x1fb", "a b", "\U0010ffff\U0010ffff", "\ud7ffx"]
    for prefix in (*texts, "a", "a\x1f", "a ", "\U0010ffff", "x" * (HEAD + 5)):
        low, below, exact = between(prefix)
        low, below = low.strip(), below and below.strip()
        for text in (*texts, prefix, prefix + "more"):
            inside = low <= token(text) and (not below or token(text) < below)
            assert inside or not text.startswith(prefix), (prefix, text)
            assert not exact or inside is text.startswith(prefix) or not prefix, (prefix, text)


@pytest.mark.parametrize(
    ("where", "exact"),
    [
        (eq("name", "a"), True), (Compare("name", Op.NE, "the"), True),
        (Compare("name", Op.PREFIX, "al"), True), (Compare("name", Op.LT, "x"), True),
        (Compare("name", Op.IS_NULL), True), (Compare("data.a", Op.IS_NULL), False),
        (Compare("name", Op.CONTAINS, "a"), False), (Compare("weight", Op.LT, 0), True),
        (eq("name", "x" * (HEAD + 1)), False), (Compare("raw", Op.NOT_NULL), True),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_the_engine_answers_exactly(where: Compare, exact: bool) -> None:
    assert push(THINGS)(where).exact is exact


async def test_more_than_an_answer_holds_is_read_in_ranges(engines: Engines) -> None:
    backend = await WeaviateBackend.connect(engines.new("weaviate"))
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": f"{i:04}", "at": i % 2} for i in range(300)])
    backend.engine._step = 20  # type: ignore[attr-defined]
    assert len(await backend.query("things", eq("at", 1))) == 150
    assert len(await backend.query("things")) == 300
    assert await backend.count("things", eq("at", 1)) == 150
    await backend.close()


async def test_a_handle_serves_tasks_of_two_loops(engines: Engines) -> None:
    backend = await WeaviateBackend.connect(engines.new("weaviate"))
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(9))

    async def elsewhere() -> int:
        count = await backend.count("things")
        await (await backend.engine.wire.client()).close()  # type: ignore[attr-defined]
        return count

    assert await asyncio.to_thread(asyncio.run, elsewhere()) == 9
    assert await backend.count("things") == 9
    await backend.close()


async def test_a_server_that_is_starting_is_told() -> None:
    with WeaviateServer() as server:
        url = f"weaviate://127.0.0.1:{server.port}?grpc={server.grpc_port}"
        backend = await WeaviateBackend.connect(url)
        await backend.ensure_table(THINGS)
        await backend.close()
        server.ready = False
        with pytest.raises(ConnectionFailed, match="not ready"):
            await WeaviateBackend.connect(url)
        server.ready = True
        backend = await WeaviateBackend.connect(url)
        assert await backend.tables() == [THINGS]
        await backend.close()


async def test_a_server_that_cannot_be_reached_is_named_without_the_key() -> None:
    with WeaviateServer(api_key="right") as server:
        url = f"weaviate://127.0.0.1:{server.port}?grpc={server.grpc_port}&timeout=2"
        for key in ("", "&api_key=secret"):
            with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1") as caught:
                await WeaviateBackend.connect(url + key)
            assert "secret" not in str(caught.value)
        backend = await WeaviateBackend.connect(url + "&api_key=right")
        await backend.ensure_table(THINGS)
    async with asyncio.timeout(15):
        with pytest.raises(ConnectionFailed):
            await backend.count("things")
        with pytest.raises(ConnectionFailed):
            await WeaviateBackend.connect(url)
        await backend.close()


@pytest.mark.parametrize("url", ["weaviate://h:x", "weaviate://h?no=1", "weaviate://h?prefix=a-b",
                                 "weaviate://h?timeout=soon"])  # fmt: skip
async def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings):
        await WeaviateBackend.connect(url)
