"""What the random verbs are drawn from: records, changes, filters, pages."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from engrammic.filters import And, Compare, Filter, Op, Or
from engrammic.testing import things as pool
from engrammic.testing.filters import GLOBS, JSON_VALUES
from engrammic.testing.things import THINGS
from engrammic.types import Order

some = st.sampled_from
IDS = (*(f"id{i}" for i in range(9)), "日", "'", "Id1")
MOMENTS = tuple(range(5))
VECTORS: tuple[list[float] | None, ...] = (
    *pool.VECTORS,
    *np.random.default_rng(3).normal(size=(40, 4)).tolist(),
)
"""No two of them are so alike that an engine's rounding could swap them."""

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": some(MOMENTS),
    "name": some((None, *pool.TEXTS)),
    "size": some(pool.INTS),
    "weight": some(pool.FLOATS),
    "done": some(pool.BOOLS),
    "data": some(pool.DATA),
    "tags": some(pool.TAGS),
    "raw": some(pool.BLOBS),
    "title": some(pool.TITLES),
    "words": some(pool.WORDS),
    "vector": some(VECTORS),
}
records = st.builds(
    lambda key, rest: key | rest,
    st.fixed_dictionaries({"id": some(IDS), "at": some(MOMENTS)}),
    st.fixed_dictionaries({}, optional={n: s for n, s in FIELDS.items() if n != "at"}),
)
updates = st.sets(some(sorted(FIELDS)), max_size=4).flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries({"id": some(IDS), **{n: FIELDS[n] for n in sorted(names)}}),
        max_size=3,
    )
)
bad_records = some(
    ({"id": "bad"}, {"id": "", "at": 1}, {"id": "bad", "at": 1, "vector": [0, 0, 0, 0]},
     {"id": "bad", "at": 1, "nothing": 1}, {"id": "bad", "at": 1, "data": float("nan")})
)  # fmt: skip

_EQUAL, _ORDERED = (Op.EQ, Op.NE), (Op.LT, Op.LTE, Op.GT, Op.GTE)
_PARTS = (Op.CONTAINS, Op.NOT_CONTAINS)
_TEXT = (*_EQUAL, *_ORDERED, *_PARTS, Op.PREFIX, Op.NOT_PREFIX)


def present(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values that are not None."""
    return tuple(v for v in values if v is not None)


def _compare(fields: tuple[str, ...], ops: tuple[Op, ...], values: tuple[Any, ...]) -> Any:
    return st.builds(Compare, some(fields), some(ops), some(present(values)))


def _within(field: str, values: tuple[Any, ...]) -> Any:
    chosen = st.lists(some(present(values)), max_size=3)
    return st.builds(Compare, st.just(field), some((Op.IN, Op.NOT_IN)), chosen)


leaves: st.SearchStrategy[Filter] = st.one_of(
    _compare(("id",), _TEXT, (*IDS, "id", "i")),
    _compare(("at",), (*_EQUAL, *_ORDERED), (*MOMENTS, 1.5)),
    _compare(("name",), _TEXT, pool.TEXTS),
    _compare(
        ("size", "weight", "done"), (*_EQUAL, *_ORDERED), (*pool.INTS, *pool.FLOATS, *pool.BOOLS)
    ),
    _compare(("data", "data.a", "data.a.b", "tags"), (*_EQUAL, *_ORDERED, *_PARTS), JSON_VALUES),
    _compare(("raw",), _EQUAL, pool.BLOBS),
    _compare(("name", "data.a"), (Op.GLOB, Op.NOT_GLOB), GLOBS),
    _within("id", IDS),
    _within("name", pool.TEXTS),
    _within("size", pool.INTS),
    _within("data.a", JSON_VALUES),
    st.builds(
        Compare,
        some((*THINGS.stored, "vector", "data.a", "data.b")),
        some((Op.IS_NULL, Op.NOT_NULL)),
    ),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Or, st.lists(parts, max_size=3).map(tuple)),
        parts.map(lambda f: ~f),
    ),
    max_leaves=5,
)
orders = st.one_of(st.none(), st.builds(Order, some(("at", "id")), st.booleans()))
wheres = st.one_of(st.none(), filters)
limits = st.one_of(st.none(), st.integers(0, 6))
