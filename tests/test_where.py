"""Where dictionaries: what they let through, as Chroma does, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engrammic.compile.where import compile_where, flattened, unflattened
from engrammic.errors import InvalidInput
from engrammic.predicate import check_filter, matches
from engrammic.stores.vector_store import CHUNKS

METADATA: list[dict[str, Any]] = [
    {"n": 1, "lang": "python"},
    {"n": 2, "lang": "rust"},
    {"lang": "python", "a.b": 3},
    {"n": 1.5, "lang": "c"},
    {"n": -4, "a%2Eb": 3},
    {"tags": ["x", "y"], "n": 7},
    {"tags": ["z"], "a": "$in"},
    {"q\"'": "it's", "n": 2},
]

BOTH: list[dict[str, Any]] = [
    {"lang": "python"},
    {"n": {"$eq": 1}},
    {"n": {"$ne": 1}},
    {"lang": {"$ne": "python"}},
    {"n": {"$gt": 1}},
    {"n": {"$gte": 2}},
    {"n": {"$lt": 2}},
    {"n": {"$lte": 1}},
    {"lang": {"$in": ["rust", "c"]}},
    {"n": {"$nin": [1, 2]}},
    {"tags": {"$contains": "x"}},
    {"tags": {"$not_contains": "x"}},
    {"a.b": 3},
    {"a%2Eb": 3},
    {"a": "$in"},
    {"q\"'": "it's"},
    {"nowhere": 1},
    {"nowhere": {"$ne": 1}},
    {"$and": [{"lang": "python"}, {"n": {"$gte": 1}}]},
    {"$or": [{"lang": "rust"}, {"$and": [{"n": {"$gt": 0}}, {"n": {"$lt": 2}}]}]},
]
"""What Chroma takes too."""

OURS: list[tuple[dict[str, Any], list[int]]] = [
    ({"n": {"$gte": 1, "$lt": 2}}, [0, 3]),
    ({"n": 2, "lang": "rust"}, [1]),
    ({"$and": [{"n": 2}]}, [1, 7]),
    ({"lang": {"$gt": "python"}}, [1]),
    ({"lang": {"$in": []}}, []),
    ({"n": {"$in": [1, "python"]}}, [0]),
    ({"lang": {"$contains": "yth"}}, [0, 2]),
    ({"n": {"$gte": 1.5}}, [1, 3, 5, 7]),
    ({"n": {"$lt": 1.5}}, [0, 4]),
]
"""What Chroma refuses, or takes for something else: it compares ints with 1.5 as with 1."""


def found(where: Any) -> list[int]:
    compiled = compile_where(where)
    assert compiled is not None
    check_filter(compiled, CHUNKS)
    records = [{"metadata": flattened(m)} for m in METADATA]
    return [n for n, record in enumerate(records) if matches(compiled, record)]


@pytest.fixture(scope="module")
def collection() -> Any:
    chromadb = pytest.importorskip("chromadb", reason="Chroma is not installed")
    made = chromadb.EphemeralClient().create_collection("where-dictionaries")
    ids = [str(n) for n in range(len(METADATA))]
    documents = [f"document {n}" for n in ids]
    made.add(ids=ids, embeddings=[[1.0, 0.0]] * len(ids), documents=documents, metadatas=METADATA)
    return made


@pytest.mark.parametrize("where", BOTH, ids=json.dumps)
def test_a_where_lets_through_what_chroma_lets_through(where: Any, collection: Any) -> None:
    assert [str(n) for n in found(where)] == collection.get(where=where)["ids"]


@pytest.mark.parametrize(("where", "expected"), OURS, ids=str)
def test_what_says_more_means_it(where: Any, expected: list[int]) -> None:
    assert found(where) == expected


def test_none_asks_for_everything() -> None:
    assert compile_where(None) is None


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("where", {}),
        ("where", []),
        ("where", "lang = 'x'"),
        ("where", {5: 1}),
        ("where.n", {"n": {}}),
        ("where.n", {"n": None}),
        ("where.n", {"n": [1]}),
        ("where.n.$foo", {"n": {"$foo": 1}}),
        ("where.n.eq", {"n": {"eq": 1}}),
        ("where.n.$gt", {"n": {"$gt": None}}),
        ("where.n.$in", {"n": {"$in": "abc"}}),
        ("where.n.$in[1]", {"n": {"$in": [1, None]}}),
        ("where.$not", {"$not": [{"n": 1}]}),
        ("where.$and", {"$and": []}),
        ("where.$and", {"$and": {"n": 1}}),
        ("where.$or[1]", {"$or": [{"n": 1}, {}]}),
        ("where.$or[0].$and[0].n.$x", {"$or": [{"$and": [{"n": {"$x": 1}}]}]}),
        ("where.n", {"n": "half \ud800"}),
    ],
    ids=str,
)
def test_what_is_no_where_is_refused_by_name(name: str, where: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        compile_where(where)
    assert caught.value.field == name


def test_a_dictionary_without_end_is_refused() -> None:
    where: dict[str, Any] = {"n": 1}
    for _ in range(1000):
        where = {"$and": [where]}
    with pytest.raises(InvalidInput, match="deep"):
        compile_where(where)


def test_metadata_come_back_as_they_were() -> None:
    given = {"a.b": 1, "a%2Eb": 2, "%": 3, "a%252Eb": 4, "": 5, "a": {"b.c": 6}}
    assert unflattened(flattened(given)) == given
    assert not [key for key in flattened(given) if "." in key]
