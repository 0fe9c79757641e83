"""Filters in `$` operators let through all that matches, and no more where they say so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from engrammic.compile.dollar import dollar
from engrammic.emulation.payload import encode
from engrammic.filters import Compare, Op, eq, is_in
from engrammic.predicate import predicate
from engrammic.records import clean, coerce
from engrammic.testing.fakes.pinecone_rules import check_metadata, compiled
from engrammic.testing.filters import CASES
from engrammic.testing.things import THINGS, things

HEAD = 50


def stored() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Records as the predicate sees them, and as an engine keeps them."""
    for record in things():
        cleaned = clean(THINGS, record)
        payload = encode(THINGS, cleaned)
        if cleaned["vector"] is not None:
            payload["vector"] = True
        if record["at"] % 2:
            payload = {n: v[:HEAD] if isinstance(v, str) else v for n, v in payload.items()}
        yield coerce(THINGS, cleaned), check_metadata(payload)


@pytest.mark.parametrize("family", CASES)
def test_what_matches_is_let_through(family: str) -> None:
    push = dollar(THINGS, exists=True, head=HEAD, most=10_000)
    records = list(stored())
    for where in CASES[family]:
        pushed, test = push(where), predicate(where)
        native = compiled(pushed.native) if pushed.native else lambda _: True
        through = [not pushed.empty and native(payload) for _, payload in records]
        wanted = [test(record) for record, _ in records]
        assert all(t or not w for t, w in zip(through, wanted, strict=True)), where
        assert not pushed.exact or through == wanted, where


def test_an_engine_without_exists_is_not_asked_about_nulls() -> None:
    push = dollar(THINGS, exists=False)
    assert push(Compare("name", Op.IS_NULL)).native is None
    assert push(Compare("name", Op.NOT_NULL)).native is None
    ne = push(Compare("name", Op.NE, "a"))
    assert (ne.native, ne.exact) == ({"name": {"$ne": "a"}}, False)


def test_floats_of_an_engine_that_misreads_them_are_asked_for_widely() -> None:
    push = dollar(THINGS, exists=False, near=True)
    for op in (Op.EQ, Op.LT, Op.LTE, Op.GT, Op.GTE, Op.IN, Op.NE, Op.NOT_IN):
        for value in (0.1, -2.5, 0, 1e300, 5e-324):
            where = Compare("weight", op, (value, 7.0) if op in (Op.IN, Op.NOT_IN) else value)
            pushed, test = push(where), predicate(where)
            native = compiled(pushed.native) if pushed.native else lambda _: True
            assert not pushed.exact
            for weight in (0.1, -2.5, 0.0, 1e300, 5e-324, 7.0, 3.5):
                for misread in (
                    weight,
                    math.nextafter(weight, 9e99),
                    math.nextafter(weight, -9e99),
                ):
                    assert native({"weight": misread}) or not test({"weight": weight}), where


def test_exact_comparisons_are_asked_exactly() -> None:
    pushed = dollar(THINGS, exists=True)(eq("name", "a") & Compare("size", Op.LT, 2.5))
    assert pushed.exact
    assert pushed.native == {"$and": [{"name": {"$eq": "a"}}, {"size": {"$lte": 2}}]}


def test_a_set_too_large_is_not_asked_for() -> None:
    where = is_in("name", [str(i) for i in range(11)])
    assert dollar(THINGS, exists=False, most=10)(where).native is None
    assert dollar(THINGS, exists=False, most=11)(where).exact
