"""Filters of the Weaviate stand-in, through the real client: what matches, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from weaviate import WeaviateAsyncClient
from weaviate.classes.config import DataType, Property, StopwordsPreset
from weaviate.classes.query import Filter
from weaviate.exceptions import WeaviateQueryError

from weaviate_things import NAMES, connected, filled, found, id_of

by = Filter.by_property


@pytest.fixture
async def client() -> AsyncIterator[WeaviateAsyncClient]:
    async with connected() as client:
        yield client


@pytest.mark.parametrize(
    ("where", "sizes"),
    [
        (by("name").equal("alpha"), [0]),
        (by("name").equal("padded"), [8]),
        (by("name").equal("日本"), [6]),
        (by("words").equal("alpha"), [0, 1, 2]),
        (by("words").equal("beta ALPHA"), [2]),
        (by("name").not_equal("alpha"), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (by("name").less_than("Z"), [1, 4, 5]),
        (by("name").greater_or_equal("p"), [3, 6, 8]),
        (by("name").like("al*"), [0, 2]),
        (by("name").like("?lpha"), [0, 1]),
        (by("name").like("line*"), []),
        (by("name").contains_any(["alpha", "100%", "x"]), [0, 5]),
        (by("name").contains_none(["alpha"]), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (by("tags").contains_all(["all", "t2"]), [2, 5, 8]),
        (by("tags").equal("t2"), [2, 5, 8]),
        (by("name").is_none(True), [4, 9]),
        (by("name").is_none(False), [0, 1, 2, 3, 5, 6, 7, 8]),
        (by("size").greater_than(7), [8, 9]),
        (by("weight").less_or_equal(0.5), [0, 1]),
        (by("done").equal(False), [1, 3, 5, 7, 9]),
        (by("size").contains_any([1, 5, 70]), [1, 5]),
        (Filter.by_id().equal(id_of(3)), [3]),
        (Filter.by_id().contains_any([id_of(3), id_of(4), id_of(400)]), [3, 4]),
        ((by("size").equal(1) | by("size").equal(2)) & by("done").equal(True), [2]),
        (Filter.not_(by("size").greater_than(0)), [0]),
        (by("size").equal("1"), [1]),
        (by("size").equal(1.0), [1]),
        (by("size").contains_any([1.0, 2.0]), [1, 2]),
        (by("weight").equal(1), [2]),
        (by("weight").less_than("1"), [0, 1]),
        (by("name").equal("the"), [3]),
        (by("name").equal(""), [4]),
        (by("name").contains_any(["", "the"]), [3, 4]),
        (by("words").equal("the beta"), [2]),
        (by("words").contains_any(["the", "beta"]), [2]),
        (by("words").like("BETA"), [2]),
        (by("raw").is_none(True), []),
        (by("raw").is_none(False), []),
    ],
    ids=range(38),
)
async def test_filters(client: WeaviateAsyncClient, where: Any, sizes: list[int]) -> None:
    things = await filled(client)
    assert await found(things, where) == sizes
    count = await things.aggregate.over_all(filters=where, total_count=True)
    assert count.total_count == len(sizes)
    assert (await things.data.delete_many(where, dry_run=True)).matches == len(sizes)
    gone = await things.data.delete_many(where)
    assert gone.successful == len(sizes)
    assert await things.length() == len(NAMES) - len(sizes)


@pytest.mark.parametrize(
    "where",
    [
        by("nothing").equal(1), by("name").equal(1), by("size").equal("x"), by("size").equal(1.5),
        by("size").equal(" 1"), by("size").equal(1e30), by("size").equal(True),
        by("size").contains_any(["1"]), by("weight").equal(True), by("done").equal(1),
        by("name").contains_any([1]), by("words").equal("the"), by("words").equal(""),
        by("words").contains_any(["the"]), by("words").contains_all(["the", "beta"]),
        by("words").contains_none(["the", "beta"]), by("words").less_than("the"),
        by("raw").equal("AAE="), by("size").like("1*"), by("words").equal("?"),
    ],
    ids=range(20),
)  # fmt: skip
async def test_a_filter_that_the_service_refuses(client: WeaviateAsyncClient, where: Any) -> None:
    things = await filled(client)
    with pytest.raises(WeaviateQueryError):
        await found(things, where)


async def test_stopwords_are_found_where_the_class_has_none(client: WeaviateAsyncClient) -> None:
    things = await filled(client, stopwords_preset=StopwordsPreset.NONE)
    assert await found(things, by("name").equal("the")) == [3]


async def test_null_is_asked_only_where_it_is_indexed(client: WeaviateAsyncClient) -> None:
    plain = await client.collections.create(
        "Plain", properties=[Property(name="name", data_type=DataType.TEXT)]
    )
    await plain.data.insert({"name": "a"})
    with pytest.raises(WeaviateQueryError):
        await plain.query.fetch_objects(filters=by("name").is_none(True))
