"""SurrealDB's HNSW as an option, and its indexes of several fields."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engrammic.backend import Backend
from engrammic.backends.surrealdb import SurrealdbBackend
from engrammic.filters import Compare, Filter, Op, eq, every
from engrammic.predicate import predicate
from engrammic.testing.searching import beside
from engrammic.types import Field, Index, Kind, Schema

POINTS = Schema(
    "points",
    (Field("id", Kind.INT), Field("even", Kind.BOOL), Field("vector", Kind.VECTOR, dimension=16)),
)


async def test_hnsw_finds_the_nearest_and_fills_a_filtered_page() -> None:
    backend = await SurrealdbBackend.connect("surrealdb::memory:?hnsw=1")
    assert backend.capabilities.vectors
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((300, 16)).astype(np.float32)
    await backend.ensure_table(POINTS)
    points = [{"id": i, "even": i % 2 == 0, "vector": v} for i, v in enumerate(vectors)]
    await backend.insert("points", points)
    await backend.insert("points", [{"id": 1000 + i, "vector": vectors[0]} for i in range(30)])
    await backend.delete("points", Compare("id", Op.GTE, 290) & Compare("id", Op.LT, 300))
    found = exact = 0
    memory = await beside(POINTS)
    await memory.insert("points", await backend.query("points", columns=["id", "even", "vector"]))
    for query in rng.standard_normal((20, 16)):
        for where, limit in ((None, 10), (eq("even", True), 10), (eq("even", True), 145)):
            got = await backend.vector_search("points", "vector", query, limit=limit, where=where)
            wanted = await memory.vector_search("points", "vector", query, limit=limit, where=where)
            assert len(got) == limit
            exact += limit
            found += len({h.record["id"] for h in got} & {h.record["id"] for h in wanted})
    assert found / exact > 0.95
    same = await backend.vector_search("points", "vector", vectors[0], limit=1000)
    assert len(same) == 320
    assert [h.score for h in same[:31]] == pytest.approx([1] * 31)
    await backend.close()


ALONG = Schema(
    "along",
    (
        Field("scope", Kind.TEXT, nullable=False),
        Field("id", Kind.INT, nullable=False),
        Field("a", Kind.TEXT),
        Field("n", Kind.INT),
        Field("b", Kind.BOOL),
    ),
    key=("scope", "id"),
    indexes=tuple(
        Index(("scope", *rest))
        for rest in (("a",), ("n",), ("a", "n"), ("n", "a"), ("b", "n"), ("n", "b", "a"))
    ),
    partition="scope",
)
TEXTS = ("", "a", "b", "日")
RECORDS = [
    {"scope": "st"[i % 2], "id": i, "a": (None, *TEXTS)[i % 5], "n": (None, -1, 0, 1)[i // 5 % 4],
     "b": (None, True, False)[i % 3]}
    for i in range(120)
]  # fmt: skip
_some = st.sampled_from
_ops = (Op.EQ, Op.NE, Op.LT, Op.LTE, Op.GT, Op.GTE)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Compare, st.just("a"), _some(_ops), _some(TEXTS)),
    st.builds(Compare, st.just("n"), _some(_ops), _some((-1, 0, 0.5, 1))),
    st.builds(Compare, st.just("b"), _some(_ops), _some((True, False))),
    st.builds(Compare, _some("anb"), _some((Op.IS_NULL, Op.NOT_NULL))),
    st.builds(Compare, st.just("a"), _some((Op.IN, Op.NOT_IN)), st.lists(_some(TEXTS))),
    st.builds(Compare, st.just("n"), _some((Op.IN, Op.NOT_IN)), st.lists(_some((-1, 0, 1)))),
)


async def test_filters_along_indexes_of_several_fields_agree_with_the_predicate() -> None:
    """Release 2 of the engine reads some ranges of such indexes wrongly."""
    backend: Backend = await SurrealdbBackend.connect("surrealdb::memory:")
    await backend.ensure_table(ALONG)
    await backend.insert("along", RECORDS)
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.lists(leaves, max_size=3), st.booleans())
    def agree(parts: list[Filter], scoped: bool) -> None:
        where = every(*([eq("scope", "s")] if scoped else []), *parts)
        wanted = sorted(
            (r for r in RECORDS if predicate(where)(r)), key=lambda r: (r["scope"], r["id"])
        )
        for verb, expected in (
            (backend.query("along", where), wanted),
            (backend.query("along", where, limit=5), wanted[:5]),
            (backend.count("along", where), len(wanted)),
        ):
            got: object = asyncio.run_coroutine_threadsafe(_waited(verb), loop).result(30)
            assert got == expected, where

    await asyncio.to_thread(agree)
    await backend.close()


async def _waited(verb: object) -> object:
    return await verb  # type: ignore[misc]
