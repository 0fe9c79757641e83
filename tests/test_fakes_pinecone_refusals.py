"""Requests that the service refuses, which its client would not even send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pinecone import AsyncPinecone

from engrammic.testing.fakes.pinecone import API_KEY, PineconeServer


@pytest.fixture
async def host() -> AsyncIterator[str]:
    """Where the data plane of an index of three dimensions is."""
    field = {"type": "dense_vector", "dimension": 3, "metric": "cosine"}
    with PineconeServer() as server:
        async with AsyncPinecone(api_key=API_KEY, host=server.url) as client:
            made = await client.indexes.create(
                name="things",
                schema={"fields": {"_values": field}},
                deployment={"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
            )
            assert made.host
            yield made.host


GOOD = {"id": "a", "values": [1.0, 0.0, 0.0]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("vectors/upsert", {"vectors": [GOOD | {"metadata": {"a": "x" * 41_000}}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"metadata": {"a": None}}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"metadata": {"a": {"b": 1}}}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"metadata": {"a": [1, 2]}}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"metadata": {"$a": 1}}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"payload": {"a": 1}}]}),
        ("vectors/upsert", {"vectors": [GOOD], "upsert": True}),
        ("vectors/upsert", {"vectors": [GOOD, GOOD]}),
        ("vectors/upsert", {"vectors": []}),
        ("vectors/upsert", {"vectors": [GOOD | {"id": f"{i}"} for i in range(1001)]}),
        ("vectors/upsert", {"vectors": [GOOD | {"id": ""}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"id": "x" * 513}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"id": "é"}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"values": [1.0, 0.0]}]}),
        ("vectors/upsert", {"vectors": [GOOD | {"values": [0.0, 0.0, 0.0]}]}),
        ("vectors/upsert", {"vectors": [GOOD], "namespace": "é"}),
        ("query", {"top_k": 1, "vector": [1.0, 0.0, 0.0]}),
        ("query", {"topK": 10_001, "vector": [1.0, 0.0, 0.0]}),
        ("query", {"topK": 1001, "vector": [1.0, 0.0, 0.0], "includeMetadata": True}),
        ("query", {"topK": 1, "vector": [1.0, 0.0]}),
        ("query", {"topK": 1}),
        ("vectors/delete", {"delete_all": True}),
        ("vectors/delete", {"ids": [f"{i}" for i in range(1001)]}),
        ("vectors/fetch_by_metadata", {"filter": {}}),
        ("vectors/list?limit=101", None),
        ("vectors/fetch?" + "&".join(f"ids={i}" for i in range(1001)), None),
        ("vectors/update", {"id": "a", "setMetadata": {"a": None}}),
    ],
    ids=lambda v: json.dumps(v)[:60],
)
async def test_what_the_service_refuses_is_refused(
    host: str, path: str, body: dict[str, Any] | None
) -> None:
    status = await asyncio.to_thread(ask, f"{host}/{path}", body)
    assert status == 400


async def test_more_than_two_megabytes_are_refused(host: str) -> None:
    big = [GOOD | {"id": f"{i}", "metadata": {"a": "x" * 40_000}} for i in range(60)]
    assert await asyncio.to_thread(ask, f"{host}/vectors/upsert", {"vectors": big}) == 400


def ask(url: str, body: dict[str, Any] | None) -> int:
    """The status of a request that the real client would not send."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, {"Api-Key": API_KEY}), timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
