"""The stand-in for Weaviate, through the real client: what it does, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from weaviate import WeaviateAsyncClient
from weaviate.classes.config import DataType, Property, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter, MetadataQuery, Sort
from weaviate.exceptions import (
    UnexpectedStatusCodeError,
    WeaviateBaseError,
    WeaviateQueryError,
    WeaviateStartUpError,
)

from engrammic.testing.fakes.weaviate import WeaviateServer
from engrammic.testing.fakes.weaviate_schema import new_class
from weaviate_things import NAMES, connected, filled, found, id_of, made, to


@pytest.fixture
async def client() -> AsyncIterator[WeaviateAsyncClient]:
    async with connected() as client:
        yield client


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
    assert "Things" in await client.collections.list_all()
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
    assert given == {"name": "one"}  # a blob comes where it is named
    named = await things.query.fetch_object_by_id(id_of(99), return_properties=["raw", "name"])
    assert named.properties == {"name": "one", "raw": "AAE="}
    two = await things.query.fetch_object_by_id(id_of(2))
    assert two.properties == {
        "name": "alpha beta", "words": "Some alpha beta words", "size": 2, "weight": 1.0,
        "done": True, "tags": ["all", "t2"],
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
    assert await things.data.delete_by_id(id_of(99))  # it is gone either way


async def test_a_batch_replaces_and_reports_each_object(client: WeaviateAsyncClient) -> None:
    things = await filled(client)
    result = await things.data.insert_many([
        DataObject(uuid=id_of(1), properties={"size": 100}),
        DataObject(uuid=id_of(2), properties={"nothing": 1}),
        DataObject(uuid=id_of(3), properties={"size": 1.5}),
        DataObject(uuid=id_of(4), properties={"name": 1}),
        DataObject(uuid=id_of(5), vector={"v": [1.0, 2.0, 3.0]}, properties={}),
        DataObject(uuid=id_of(6), vector={"w": [1.0, 2.0]}, properties={}),
        DataObject(uuid=id_of(7), properties={"raw": "no base64!"}),
        DataObject(uuid=id_of(8), properties={"size": 2**63}),
        DataObject(uuid=id_of(1), properties={"Size": 100}),
    ])  # fmt: skip
    assert sorted(result.errors) == [1, 2, 3, 4, 5, 6, 7]
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
    assert distance == pytest.approx(1 - 9 / 82**0.5, abs=1e-6)
    assert page.objects[0].metadata.certainty == pytest.approx(1 - distance / 2)
    close = await things.query.near_vector([0.0, 1.0], limit=5, certainty=0.996)
    assert [o.properties["size"] for o in close.objects] == [9, 8]
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
    named = await things.query.fetch_objects(sort=Sort.by_property("name"), limit=20)
    backwards = await things.query.fetch_objects(
        sort=Sort.by_property("name", ascending=False), limit=20
    )
    alike = [[o.properties["size"] for o in page.objects if o.properties["size"] < 2]
             for page in (named, backwards)]  # fmt: skip
    assert alike[0] == alike[1]  # equal but for their case: by id, either way
    assert len([o async for o in things.iterator()]) == len(NAMES)
    with pytest.raises(WeaviateQueryError):
        await things.query.fetch_objects(offset=9_999, limit=2)
    with pytest.raises(WeaviateBaseError):
        await things.query.fetch_objects(
            after=id_of(1), limit=2, filters=Filter.by_property("size").equal(1)
        )


def test_the_definition_of_a_class_is_json() -> None:
    made = new_class({"class": "A", "properties": [{"name": "Upper", "dataType": ["text"]}]})
    assert json.loads(json.dumps(made.definition))["properties"][0]["name"] == "upper"
