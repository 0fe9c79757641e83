"""The reference semantics, cell by cell of its table."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engrammic import glob
from engrammic.errors import InvalidInput
from engrammic.filters import And, Compare, Filter, Nulled, Op, eq
from engrammic.predicate import DEEPEST, check_filter, matches, predicate
from engrammic.testing import filters as cases
from engrammic.testing.draws import filters, records
from engrammic.testing.things import THINGS, things
from engrammic.types import Record

ORDERED = {Op.LT, Op.LTE, Op.GT, Op.GTE}

ROWS: list[tuple[Op, Any, list[Any], list[Any]]] = [
    (Op.EQ, 1, [1, 1.0, True], [0, "1", None, [1], {"a": 1}, False]),
    (Op.NE, 1, [0, "1", [1], {"a": 1}, False, ""], [1, 1.0, True, None]),
    (Op.EQ, "1", ["1"], [1, "1.0", None, ["1"]]),
    (Op.LT, 2, [1, 1.5, True, -5], [2, 2.5, "1", "", None, [1], {}]),
    (Op.LTE, 2, [1, 2, 2.0], [2.1, "2", None, [2]]),
    (Op.GT, 0, [1, True, 0.1], [0, False, "1", "z", None, [1], {"a": 1}]),
    (Op.GTE, 1, [True, 1, 1e300], [0, "1", None, ["x"]]),
    (Op.LT, "b", ["a", "", "B", "a" * 50], ["b", "é", 0, None, ["a"], True]),
    (Op.GT, "a", ["b", "aa", "é", "\U0001f600"], ["a", "A", "", 5, None, ["b"]]),
    (Op.GT, "\uffff", ["\U00010000"], ["\ue000", "\ud7ff"]),
    (Op.IN, (1, "a"), [1, True, 1.0, "a"], [0, "1", None, [1], {}]),
    (Op.IN, (), [], [0, "", None, []]),
    (Op.NOT_IN, (), [0, "", [], {}], [None]),
    (Op.NOT_IN, (1, "a"), [0, "1", [1], {}], [1, True, "a", None]),
    (Op.PREFIX, "a", ["a", "ab"], ["", "A", "ba", 5, None, ["a"]]),
    (Op.PREFIX, "", ["", "x"], [5, None, []]),
    (Op.NOT_PREFIX, "a", ["", "ba", 5, ["a"], {}], ["a", "ab", None]),
    (Op.CONTAINS, "%", ["100%", "%"], ["100", "", None, 5, [100]]),
    (Op.CONTAINS, "x", ["axb", ["x"], ["y", "x"]], ["X", ["xy"], [["x"]], {"x": 1}, None, []]),
    (Op.CONTAINS, 1, [[1], [True], [1.0, 2]], [1, "1", ["1"], [], None, {"1": 1}]),
    (Op.NOT_CONTAINS, "x", ["X", ["xy"], {"x": 1}, 5, []], ["axb", ["x"], None]),
    (Op.GLOB, "a*[!x]?", ["abc", "a--z"], ["axz", "ab", "Abc", None, 5]),
    (Op.NOT_GLOB, "a*", ["b", 5, ["a"]], ["a", "abc", None]),
    (Op.IS_NULL, None, [None], [0, "", [], {}, False]),
    (Op.NOT_NULL, None, [0, "", [], {}, False], [None]),
]


@pytest.mark.parametrize(("op", "value", "yes", "no"), ROWS)
def test_the_table(op: Op, value: Any, yes: list[Any], no: list[Any]) -> None:
    where = Compare("f", op, value)
    assert [v for v in yes if not matches(where, {"f": v})] == []
    assert [v for v in no if matches(where, {"f": v})] == []


def test_a_missing_field_is_null() -> None:
    assert matches(Compare("f", Op.IS_NULL), {})
    assert not matches(Compare("f", Op.NE, 1), {})


def test_dots_reach_into_objects_but_not_into_arrays() -> None:
    record: Record = {"m": {"a": {"b": 1}, "l": [5], "x.y": 2}}
    assert matches(eq("m.a.b", 1), record)
    for name in ("m.l.0", "m.x.y", "m.a.b.c", "m.nothing", "n.a"):
        assert matches(Compare(name, Op.IS_NULL), record), name


@given(filters, records)
def test_a_turned_filter_is_the_opposite_where_kinds_can_be_compared(
    where: Filter, record: Record
) -> None:
    def comparable(part: Filter) -> bool:
        if isinstance(part, Compare):
            null = matches(Compare(part.field, Op.IS_NULL), record)
            ordered = matches(part, record) or matches(~part, record)
            return (not null and ordered) or part.op in (Op.IS_NULL, Op.NOT_NULL)
        return all(map(comparable, part.parts))

    if comparable(where):
        assert matches(where, record) != matches(~where, record)
    if isinstance(where, Compare):
        assert not (matches(where, record) and matches(~where, record))


def test_only_order_between_kinds_and_nuls_have_no_opposite() -> None:
    families = [w for family in cases.CASES.values() for w in family if isinstance(w, Compare)]
    for where in families:
        if where.op in ORDERED or where.op in (Op.IS_NULL, Op.NOT_NULL):
            continue
        null = predicate(Compare(where.field, Op.IS_NULL))
        yes, no = predicate(where), predicate(~where)
        if isinstance(where.value, Nulled):
            assert not any(yes(r) or no(r) for r in things())
        else:
            assert all(null(r) or yes(r) != no(r) for r in things())


@given(st.text("abAZ*?[]!é😀", max_size=8), st.text("abAZ]![é😀", max_size=6))
@example("[]]", "]")
def test_globs_without_ranges_mean_what_fnmatch_says(pattern: str, text: str) -> None:
    ours = glob.regex(pattern).fullmatch(text) is not None
    assert ours == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("[a-c]", "abc", "dA-"),
        ("[c-a]", "abc", "d-"),
        ("[a-]", "a-", "b"),
        ("[]a]", "]a", "b"),
        ("[!]a]", "bc", "]a"),
        ("[^a]", "^a", "b"),
        ("[\\]", "\\", "]"),
        ("[", "[", "a"),
        ("?", "a😀\n", ""),
    ],
)
def test_brackets(pattern: str, yes: str, no: str) -> None:
    whole = glob.regex(pattern).fullmatch
    assert all(whole(c) for c in yes)
    assert not any(whole(c) for c in no)


@pytest.mark.timeout(5)
def test_a_glob_full_of_stars_takes_no_time() -> None:
    assert glob.regex("*a" * 40 + "b").fullmatch("a" * 20_000) is None


@pytest.mark.parametrize("where", [*cases.UNKNOWN, *cases.REFUSED], ids=repr)
def test_what_cannot_be_asked_is_refused(where: Filter) -> None:
    for nested in (where, ~where, And((And((where,)),))):
        with pytest.raises(InvalidInput, match=THINGS.name):
            check_filter(nested, THINGS)


def test_a_filter_has_a_depth_limit() -> None:
    where: Filter = eq("at", 1)
    for _ in range(DEEPEST):
        where = And((where,))
    check_filter(where, THINGS)
    with pytest.raises(InvalidInput, match="nested"):
        check_filter(And((And((where,)),)), THINGS)


def test_there_are_cases_enough_and_few_that_match_nothing() -> None:
    counts = [
        sum(map(predicate(where), things())) for family in cases.CASES.values() for where in family
    ]
    assert len(counts) == cases.count() >= 150
    assert sum(c == 0 for c in counts) < len(counts) / 3
