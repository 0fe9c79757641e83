"""The stand-in for Weaviate, through the real client: what it does, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid5

import pytest
import weaviate
from weaviate import WeaviateAsyncClient
from weaviate.classes.config import Configure, DataType, Property, StopwordsPreset, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.classes.query import Filter, MetadataQuery, Sort
from weaviate.collections import CollectionAsync
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateBaseError,
    WeaviateQueryError,
    WeaviateStartUpError,
)

from engrammic.testing.fakes.weaviate import WeaviateServer
from engrammic.testing.fakes.weaviate_schema import new_class

NAMES = ("alpha", "Alpha", "alpha beta", "the", "", "100%", "日本", "line\nbreak", " padded ", None)


def to(server: WeaviateServer, key: str | None = None) -> WeaviateAsyncClient:
    return weaviate.use_async_with_local(
        port=server.port,
        grpc_port=server.grpc_port,
        auth_credentials=Auth.api_key(key) if key else None,
        additional_config=AdditionalConfig(timeout=Timeout(init=2, query=5, insert=5)),
    )


@pytest.fixture
async def client() -> AsyncIterator[WeaviateAsyncClient]:
    with WeaviateServer() as server:
        async with to(server) as client:
            yield client


def id_of(i: int) -> UUID:
    return uuid5(UUID(int=0), str(i))


async def made(client: WeaviateAsyncClient, **settings: Any) -> CollectionAsync[Any, Any]:
    text = {"data_type": DataType.TEXT, "skip_vectorization": True}
    return await client.collections.create(
        "Things",
        properties=[
            Property(name="name", tokenization=Tokenization.FIELD, **text),
            Property(name="words", **text),
            Property(name="size", data_type=DataType.INT),
            Property(name="weight", data_type=DataType.NUMBER),
            Property(name="done", data_type=DataType.BOOL),
            Property(name="tags", data_type=DataType.TEXT_ARRAY, tokenization=Tokenization.FIELD),
            Property(name="raw", data_type=DataType.BLOB),
        ],
        vector_config=Configure.Vectors.self_provided(name="v"),
        inverted_index_config=Configure.inverted_index(index_null_state=True, **settings),
    )


async def filled(client: WeaviateAsyncClient, **settings: Any) -> CollectionAsync[Any, Any]:
    things = await made(client, **settings)
    result = await things.data.insert_many([
        DataObject(
            uuid=id_of(i),
            properties={
                "name": name, "words": f"Some {name} words", "size": i, "weight": i / 2,
                "done": i % 2 == 0, "tags": ["all", f"t{i % 3}"],
            },
            vector={"v": [1.0, float(i)]},
        )
        for i, name in enumerate(NAMES)
    ])  # fmt: skip
    assert not result.has_errors
    return things


async def found(things: CollectionAsync[Any, Any], where: Any) -> list[int]:
    page = await things.query.fetch_objects(filters=where, limit=100)
    return sorted(o.properties["size"] for o in page.objects)


async def test_it_is_ready_live_and_says_its_version(client: WeaviateAsyncClient) -> None:
    assert await client.is_ready()
    assert await client.is_live()
    assert (await client.get_meta())["version"].startswith("1.")
    assert (await client.cluster.nodes())[0].status == "HEALTHY"


async def test_a_key_is_asked_for_on_both_wires() -> None:
    with WeaviateServer(api_key="right") as server:
        async with to(server, "right") as client:
            assert await (await filled(client)).length() == len(NAMES)
        for wrong in (to(server, "wrong"), to(server)):
            with pytest.raises((WeaviateStartUpError, UnexpectedStatusCodeError)):
                await wrong.connect()
            await wrong.close()


async def test_classes_are_made_described_grown_and_deleted(client: WeaviateAsyncClient) -> None:
    things = await made(client)
    config = await things.config.get()
    assert {p.name for p in config.properties} >= {"name", "size"}
    assert config.properties[0].tokenization is Tokenization.FIELD
    assert config.inverted_index_config.index_null_state
    await things.config.add_property(Property(name="later", data_type=DataType.TEXT_ARRAY))
    assert "later" in {p.name for p in (await things.config.get()).properties}
    assert list(await client.collections.list_all()) == ["Things"]
    assert await client.collections.exists("Things")
    with pytest.raises(UnexpectedStatusCodeError):
        await client.collections.create("Things")
    with pytest.raises(UnexpectedStatusCodeError):
        await client.collections.create("THINGS")
    await client.collections.delete("Things")
    assert not await client.collections.exists("Things")


@pytest.mark.parametrize("name", ["1things", "Thi-ngs", "Thi ngs", "Ünder", "A" * 300])
async def test_a_wrong_class_name_is_refused(client: WeaviateAsyncClient, name: str) -> None:
    with pytest.raises(WeaviateBaseError):
        await client.collections.create(name)


@pytest.mark.parametrize("name", ["1a", "a-b", "a b", "a.b", "é", "id"])
async def test_a_wrong_property_name_is_refused(client: WeaviateAsyncClient, name: str) -> None:
    things = await made(client)
    with pytest.raises((WeaviateBaseError, ValueError)):
        await things.config.add_property(Property(name=name, data_type=DataType.INT))


async def test_objects_come_back_as_they_were(client: WeaviateAsyncClient) -> None:
    things = await filled(client)
    await things.data.insert({"name": "one", "raw": "AAE="}, uuid=id_of(99), vector={"v": [3, 4]})
    one = await things.query.fetch_object_by_id(id_of(99), include_vector=True)
    assert one
    assert one.vector == {"v": [3.0, 4.0]}
    given = {n: v for n, v in one.properties.items() if v is not None}
    assert given == {"name": "one", "raw": "AAE="}
    two = await things.query.fetch_object_by_id(id_of(2))
    assert two.properties == {
        "name": "alpha beta", "words": "Some alpha beta words", "size": 2, "weight": 1.0,
        "done": True, "tags": ["all", "t2"], "raw": None,
    }  # fmt: skip
    assert await things.data.exists(id_of(2))
    assert not await things.data.exists(id_of(1000))
    with pytest.raises(UnexpectedStatusCodeError):
        await things.data.insert({"name": "again"}, uuid=id_of(99))
    await things.data.replace(properties={"size": 7}, uuid=id_of(99))
    await things.data.update(properties={"name": "new"}, uuid=id_of(99))
    changed = await things.query.fetch_object_by_id(id_of(99))
    assert (changed.properties["name"], changed.properties["size"]) == ("new", 7)
    assert await things.data.delete_by_id(id_of(99))
    assert not await things.data.delete_by_id(id_of(99))


async def test_a_batch_replaces_and_reports_each_object(client: WeaviateAsyncClient) -> None:
    things = await filled(client)
    result = await things.data.insert_many([
        DataObject(uuid=id_of(1), properties={"size": 100}),
        DataObject(uuid=id_of(2), properties={"nothing": 1}),
        DataObject(uuid=id_of(3), properties={"size": 1.5}),
        DataObject(uuid=id_of(4), properties={"name": 1}),
        DataObject(uuid=id_of(5), vector={"v": [1.0, 2.0, 3.0]}, properties={}),
        DataObject(uuid=id_of(6), vector={"w": [1.0, 2.0]}, properties={}),
    ])  # fmt: skip
    assert sorted(result.errors) == [1, 2, 3, 4, 5]
    assert await found(things, Filter.by_property("size").equal(100)) == [100]
    assert await things.length() == len(NAMES)


async def test_the_batch_that_the_server_paces(client: WeaviateAsyncClient) -> None:
    things = await made(client)
    async with things.batch.stream() as batch:
        for i in range(50):
            await batch.add_object(properties={"size": i}, uuid=id_of(i))
    assert not things.batch.failed_objects
    assert await things.length() == 50


async def test_the_nearest_come_with_their_distance(client: WeaviateAsyncClient) -> None:
    things = await filled(client)
    page = await things.query.near_vector(
        [0.0, 1.0], target_vector="v", limit=2,
        return_metadata=MetadataQuery(distance=True, certainty=True),
    )  # fmt: skip
    assert [o.properties["size"] for o in page.objects] == [9, 8]
    distance = page.objects[0].metadata.distance
    assert distance == pytest.approx(1 - 9 / 82**0.5)
    assert page.objects[0].metadata.certainty == pytest.approx(1 - distance / 2)
    narrow = await things.query.near_vector(
        [0.0, 1.0], limit=5, filters=Filter.by_property("size").less_than(2)
    )
    assert [o.properties["size"] for o in narrow.objects] == [1, 0]
    with pytest.raises(WeaviateQueryError):
        await things.query.near_vector([0.0, 1.0, 2.0], limit=2)


async def test_pages_by_offset_and_by_cursor_end_where_the_service_ends(
    client: WeaviateAsyncClient,
) -> None:
    things = await filled(client)
    assert len((await things.query.fetch_objects()).objects) == len(NAMES)
    sized = await things.query.fetch_objects(
        sort=Sort.by_property("size", ascending=False), offset=2, limit=3
    )
    assert [o.properties["size"] for o in sized.objects] == [7, 6, 5]
    assert len([o async for o in things.iterator()]) == len(NAMES)
    with pytest.raises(WeaviateQueryError):
        await things.query.fetch_objects(offset=9_999, limit=2)
    with pytest.raises(WeaviateBaseError):
        await things.query.fetch_objects(
            after=id_of(1), limit=2, filters=Filter.by_property("size").equal(1)
        )


by = Filter.by_property


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
    ],
    ids=range(25),
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
        by("nothing").equal(1), by("name").equal(1), by("size").equal("1"), by("size").equal(1.0),
        by("weight").equal(1), by("name").equal("the"), by("name").equal("not"),
        by("raw").equal("AAE="), by("size").like("1*"), by("words").equal("?"),
    ],
    ids=range(10),
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


def test_the_definition_of_a_class_is_json() -> None:
    made = new_class({"class": "A", "properties": [{"name": "Upper", "dataType": ["text"]}]})
    assert json.loads(json.dumps(made.definition))["properties"][0]["name"] == "upper"
