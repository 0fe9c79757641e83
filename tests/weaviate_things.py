"""What the tests of the Weaviate stand-in ask for: a client, a class, ten objects.

Where ENGRAMMIC_TEST_WEAVIATE_URL names a server the same is asked of it, if it was started with
AUTOSCHEMA_ENABLED=false, as the stand-in claims to be: its classes Things and Plain are lost.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid5

import weaviate
from weaviate import WeaviateAsyncClient
from weaviate.classes.config import Configure, DataType, Property, Tokenization
from weaviate.classes.data import DataObject
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.collections import CollectionAsync

from engrammic.testing.fakes.weaviate import WeaviateServer

NAMES = ("alpha", "Alpha", "alpha beta", "the", "", "100%", "日本", "line\nbreak", " padded ", None)


def to(server: WeaviateServer, key: str | None = None) -> WeaviateAsyncClient:
    return at(server.port, server.grpc_port, key)


def at(port: int, grpc_port: int, key: str | None = None) -> WeaviateAsyncClient:
    return weaviate.use_async_with_local(
        port=port,
        grpc_port=grpc_port,
        auth_credentials=Auth.api_key(key) if key else None,
        additional_config=AdditionalConfig(timeout=Timeout(init=2, query=5, insert=5)),
    )


@asynccontextmanager
async def connected() -> AsyncIterator[WeaviateAsyncClient]:
    if url := os.environ.get("ENGRAMMIC_TEST_WEAVIATE_URL"):
        parts = urlsplit(url)
        async with at(parts.port or 8080, int(parse_qs(parts.query)["grpc"][0])) as client:
            await client.collections.delete(["Things", "Plain"])
            yield client
        return
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
