"""Comparisons of whole-number fields with floats mean the same when they are said in ints."""

from __future__ import annotations

import pytest

from engrammic.filters import Compare, Filter, Op, Or
from engrammic.predicate import check_filter, predicate
from engrammic.sql.numbers import whole_numbers
from engrammic.testing.things import THINGS

STORED = (None, 0, 1, -1, 2, 2**53, 2**53 - 1, -(2**53))
GIVEN = (
    0,
    1.0,
    1.5,
    -0.5,
    0.1,
    5e-324,
    1e300,
    -1e300,
    2.0**53,
    2.0**53 + 2,
    -(2.0**54),
    2**53,
    True,
)


@pytest.mark.parametrize("value", GIVEN, ids=repr)
@pytest.mark.parametrize("op", [Op.EQ, Op.NE, Op.LT, Op.LTE, Op.GT, Op.GTE])
def test_a_float_as_a_whole_number_compares_as_before(op: Op, value: float) -> None:
    _same(Compare("size", op, value))


@pytest.mark.parametrize("op", [Op.IN, Op.NOT_IN])
def test_floats_in_a_set_compare_as_before(op: Op) -> None:
    _same(Compare("size", op, GIVEN))
    _same(Or((Compare("size", op, (1e300, 0.5)),)))


def _same(where: Filter) -> None:
    said = whole_numbers(where, THINGS)
    check_filter(said, THINGS)
    before, after = predicate(where), predicate(said)
    assert [after({"size": s}) for s in STORED] == [before({"size": s}) for s in STORED]
