"""Filters: how they are built, joined and turned around."""

from __future__ import annotations

import pytest
from hypothesis import given

from engrammic.errors import InvalidInput
from engrammic.filters import (
    EVERYTHING,
    NOTHING,
    OPPOSITE,
    Compare,
    Filter,
    Op,
    eq,
    every,
    is_in,
    is_null,
)  # fmt: skip
from engrammic.predicate import matches
from engrammic.testing.draws import filters


def test_every_operator_has_an_opposite() -> None:
    assert set(OPPOSITE) == set(Op)
    assert all(OPPOSITE[OPPOSITE[op]] is op and OPPOSITE[op] is not op for op in Op)


@given(filters)
def test_turning_twice_gives_the_same_filter(where: Filter) -> None:
    assert ~~where == where


def test_a_turned_filter_holds_no_not() -> None:
    where = eq("a", 1) & (is_null("b") | is_in("c", [1, 2]))
    turned = Compare("b", Op.NOT_NULL) & Compare("c", Op.NOT_IN, (1, 2))
    assert ~where == Compare("a", Op.NE, 1) | turned


def test_nothing_is_the_opposite_of_everything() -> None:
    assert ~EVERYTHING == NOTHING
    assert ~NOTHING == EVERYTHING


def test_operators_may_be_given_by_name() -> None:
    assert Compare("a", "lt", 1) == Compare("a", Op.LT, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="like"):
        Compare("a", "like", "x")  # type: ignore[arg-type]


def test_comparing_with_none_is_refused_and_names_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="is_null"):
        eq("a", None)


@pytest.mark.parametrize("op", [Op.PREFIX, Op.NOT_PREFIX, Op.GLOB, Op.NOT_GLOB])
def test_operators_on_text_want_a_text(op: Op) -> None:
    with pytest.raises(InvalidInput, match="text"):
        Compare("a", op, 5)


def test_a_set_is_kept_as_it_was_when_given() -> None:
    choices = [1, 2]
    where = is_in("a", choices)
    choices.append(3)
    assert where.value == (1, 2)


def test_every_leaves_none_out() -> None:
    assert every(None, eq("a", 1), None) == eq("a", 1)
    assert every(None) == EVERYTHING
    assert every(eq("a", 1), eq("b", 2)) == eq("a", 1) & eq("b", 2)


@pytest.mark.parametrize("op", [Op.EQ, Op.LT, Op.GTE, Op.PREFIX, Op.CONTAINS, Op.GLOB])
def test_a_text_with_a_nul_equals_nothing(op: Op) -> None:
    for value in ("\0", "a\0b"):
        assert not matches(Compare("name", op, value), {"name": "a"})
        assert not matches(Compare("name", op, value), {"name": "a\0b"})
        assert matches(~Compare("name", op, value), {"name": "a"})
    assert is_in("name", ["a", "a\0b"]) == is_in("name", ["a"])
