"""The stand-in for Pinecone, through the real client: what it does, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pinecone import AsyncIndex, AsyncPinecone
from pinecone.errors.exceptions import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)

from engrammic.testing.fakes.pinecone import API_KEY, PineconeServer

SERVERLESS = {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"}


def dense(dimension: int = 3, metric: str = "cosine") -> dict[str, Any]:
    field = {"type": "dense_vector", "dimension": dimension, "metric": metric}
    return {"fields": {"_values": field}}


@pytest.fixture
async def client() -> AsyncIterator[AsyncPinecone]:
    with PineconeServer() as server:
        async with AsyncPinecone(api_key=API_KEY, host=server.url) as client:
            yield client


@pytest.fixture
async def index(client: AsyncPinecone) -> AsyncIterator[AsyncIndex]:
    made = await client.indexes.create(name="things", schema=dense(), deployment=SERVERLESS)
    async with await client.index(host=made.host) as index:
        yield index


async def fill(index: AsyncIndex, count: int = 5) -> None:
    for start in range(0, count, 1000):
        await index.upsert(
            vectors=[
                {"id": f"v{i:05d}", "values": [1.0, i, 0.0], "metadata": meta(i)}
                for i in range(start, min(start + 1000, count))
            ],
            namespace="n",
        )


def meta(i: int) -> dict[str, Any]:
    rest = {"odd": bool(i % 2)} if i % 3 else {}
    return {"number": i, "name": f"n{i}", "tags": [f"t{i % 2}", "all"], **rest}


async def found(index: AsyncIndex, where: dict[str, Any]) -> list[int]:
    page = await index.fetch_by_metadata(filter=where, namespace="n")
    return sorted(int(v.metadata["number"]) for v in page.vectors.values() if v.metadata)


async def test_indexes_are_made_described_listed_and_deleted(client: AsyncPinecone) -> None:
    made = await client.indexes.create(name="a-1", schema=dense(7), deployment=SERVERLESS)
    assert made.status.ready
    assert [i.name async for i in client.indexes.list()] == ["a-1"]
    assert (await client.indexes.describe("a-1")).schema.fields["_values"].dimension == 7
    with pytest.raises(ConflictError):
        await client.indexes.create(name="a-1", schema=dense(), deployment=SERVERLESS)
    await client.indexes.delete("a-1", timeout=-1)
    with pytest.raises(NotFoundError):
        await client.indexes.describe("a-1")


async def test_a_protected_index_is_not_deleted(client: AsyncPinecone) -> None:
    await client.indexes.create(
        name="kept", schema=dense(), deployment=SERVERLESS, deletion_protection="enabled"
    )
    with pytest.raises(ForbiddenError):
        await client.indexes.delete("kept")


@pytest.mark.parametrize("name", ["Upper", "a_b", "-a", "a-", "a" * 46])
async def test_a_wrong_name_is_refused(client: AsyncPinecone, name: str) -> None:
    with pytest.raises((ApiError, ValueError)):
        await client.indexes.create(name=name, schema=dense(), deployment=SERVERLESS)


async def test_an_index_gets_ready_in_time() -> None:
    with PineconeServer(looks=2) as server:
        async with AsyncPinecone(api_key=API_KEY, host=server.url) as client:
            made = await client.indexes.create(
                name="a", schema=dense(), deployment=SERVERLESS, timeout=-1
            )
            assert not made.status.ready
            async with await client.index(host=made.host) as index:
                with pytest.raises(ApiError):
                    await index.describe_index_stats()
                looks = [(await client.indexes.describe("a")).status.ready for _ in range(2)]
                assert looks == [False, True]
                assert (await index.describe_index_stats()).total_vector_count == 0


async def test_a_wrong_key_is_refused() -> None:
    with PineconeServer() as server:
        async with AsyncPinecone(api_key="wrong", host=server.url) as client:
            with pytest.raises(UnauthorizedError):
                await client.indexes.describe("a")
            async with await client.index(host=f"{server.url}/index/a") as index:
                with pytest.raises(UnauthorizedError):
                    await index.describe_index_stats()


async def test_an_unknown_index_is_not_found(client: AsyncPinecone, index: AsyncIndex) -> None:
    async with await client.index(host=index.host.replace("things", "nothing")) as wrong:
        with pytest.raises(NotFoundError):
            await wrong.upsert(vectors=[{"id": "a", "values": [1, 0, 0]}])


async def test_a_query_gives_the_nearest_with_what_was_asked_for(index: AsyncIndex) -> None:
    await fill(index)
    result = await index.query(vector=[0, 1, 0], top_k=2, namespace="n", include_metadata=True)
    assert [m.id for m in result.matches] == ["v00004", "v00003"]
    assert result.matches[0].score == pytest.approx(4 / 17**0.5)
    assert result.matches[0].metadata == {
        "number": 4.0,
        "name": "n4",
        "tags": ["t0", "all"],
        "odd": False,
    }
    assert not result.matches[0].values
    assert (await index.query(vector=[0, 1, 0], top_k=2, namespace="other")).matches == []
    by_id = await index.query(id="v00001", top_k=1, namespace="n", include_values=True)
    assert by_id.matches[0].values == [1.0, 1.0, 0.0]
    narrow = await index.query(
        vector=[0, 1, 0], top_k=9, namespace="n", filter={"number": {"$lt": 2}}
    )
    assert [m.id for m in narrow.matches] == ["v00001", "v00000"]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({"name": "n1"}, [1]),
        ({"name": {"$eq": "n1"}}, [1]),
        ({"name": {"$ne": "n1"}}, [0, 2, 3, 4]),
        ({"odd": True}, [1]),
        ({"odd": 1}, []),
        ({"odd": {"$ne": True}}, [0, 2, 3, 4]),
        ({"odd": {"$exists": False}}, [0, 3]),
        ({"odd": {"$exists": True}}, [1, 2, 4]),
        ({"number": {"$gt": 1, "$lte": 3}}, [2, 3]),
        ({"number": {"$gte": 4}, "name": "n4"}, [4]),
        ({"name": {"$gte": 0}}, []),
        ({"name": {"$in": ["n0", "n3", "x"]}}, [0, 3]),
        ({"name": {"$nin": ["n0", "n3"]}}, [1, 2, 4]),
        ({"odd": {"$nin": ["x"]}}, [0, 1, 2, 3, 4]),
        ({"tags": "t1"}, [1, 3]),
        ({"tags": {"$ne": "t1"}}, [0, 2, 4]),
        ({"tags": {"$nin": ["t1"]}}, [0, 2, 4]),
        ({"$or": [{"number": 0}, {"$and": [{"tags": "t1"}, {"number": {"$gt": 1}}]}]}, [0, 3]),
    ],
    ids=json.dumps,
)
async def test_filters(index: AsyncIndex, where: dict[str, Any], numbers: list[int]) -> None:
    await fill(index)
    assert await found(index, where) == numbers


@pytest.mark.parametrize(
    "where",
    [
        {"name": {"$gt": "a"}}, {"name": {"$in": []}}, {"name": {"$in": ["a"] * 10_001}},
        {"name": {"$regex": "a"}}, {"$not": [{"name": "a"}]}, {"$and": []}, {"name": None},
        {"name": {"$exists": 1}}, {"name": {"$eq": ["a"]}}, {"$and": [{}]},
    ],
    ids=lambda w: json.dumps(w)[:40],
)  # fmt: skip
async def test_a_wrong_filter_is_refused(index: AsyncIndex, where: dict[str, Any]) -> None:
    await fill(index)
    with pytest.raises(ApiError):
        await found(index, where)


async def test_ids_come_in_pages(index: AsyncIndex) -> None:
    await fill(index, 250)
    pages = [[v.id for v in p.vectors] async for p in index.list(namespace="n")]
    assert [len(p) for p in pages] == [100, 100, 50]
    assert [i for p in pages for i in p] == [f"v{i:05d}" for i in range(250)]
    prefixed = [p async for p in index.list(prefix="v0000", namespace="n", limit=7)]
    assert [len(p.vectors) for p in prefixed] == [7, 3]
    page = await index.fetch_by_metadata(filter={"tags": "all"}, namespace="n", limit=200)
    assert page.pagination
    rest = await index.fetch_by_metadata(
        filter={"tags": "all"}, namespace="n", limit=200, pagination_token=page.pagination.next
    )
    assert len(rest.vectors) == 50
    assert rest.pagination is None


async def test_vectors_are_updated_and_deleted(index: AsyncIndex) -> None:
    await fill(index)
    await index.update(id="v00001", set_metadata={"name": "new"}, namespace="n")
    changed = (await index.fetch(ids=["v00001", "no"], namespace="n")).vectors
    assert changed["v00001"].metadata == {**meta(1), "name": "new"}
    assert list(changed) == ["v00001"]
    await index.delete(ids=["v00001", "no"], namespace="n")
    await index.delete(filter={"number": {"$gte": 4}}, namespace="n")
    assert await found(index, {"tags": "all"}) == [0, 2, 3]
    await index.delete(delete_all=True, namespace="n")
    assert (await index.describe_index_stats()).total_vector_count == 0
    with pytest.raises(NotFoundError):
        await index.delete(ids=["v00001"], namespace="other")


async def test_statistics_count_by_namespace_and_take_no_filter(index: AsyncIndex) -> None:
    await fill(index)
    stats = await index.describe_index_stats()
    assert stats.dimension == 3
    assert {n: s.vector_count for n, s in stats.namespaces.items()} == {"n": 5}
    assert (await index.list_namespaces_paginated()).namespaces[0].record_count == 5
    with pytest.raises(ApiError):
        await index.describe_index_stats(filter={"number": 1})


async def test_a_write_is_seen_when_the_position_of_a_query_says_so() -> None:
    with PineconeServer(lag=0.1) as server:
        async with AsyncPinecone(api_key=API_KEY, host=server.url) as client:
            made = await client.indexes.create(name="a", schema=dense(), deployment=SERVERLESS)
            async with await client.index(host=made.host) as index:
                wrote = await index.upsert(vectors=[{"id": "a", "values": [1, 0, 0]}])
                assert not (await index.fetch(ids=["a"])).vectors
                assert wrote.response_info
                target = wrote.response_info.lsn_committed
                assert target
                seen = await index.query(vector=[1, 0, 0], top_k=1)
                assert not seen.matches
                while not seen.response_info or not seen.response_info.is_reconciled(target):
                    await asyncio.sleep(0.02)
                    seen = await index.query(vector=[1, 0, 0], top_k=1)
                assert [m.id for m in seen.matches] == ["a"]


async def test_a_result_over_four_megabytes_is_refused(index: AsyncIndex) -> None:
    for start in (0, 40, 80):
        await index.upsert(
            vectors=[
                {"id": f"{start + i}", "values": [1, 0, 0], "metadata": {"a": "x" * 40_000}}
                for i in range(40)
            ]
        )
    with pytest.raises(ApiError):
        await index.query(vector=[1, 0, 0], top_k=120, include_metadata=True)
