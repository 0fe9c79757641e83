"""Filter cases as data: what each backend is compared with the predicate on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engrammic.filters import EVERYTHING, NOTHING, And, Compare, Filter, Op, Or
from engrammic.testing.things import BLOBS, FLOATS, INTS, TEXTS

GLOBS: tuple[str, ...] = (
    "*", "", "?", "??", "a*", "*a", "*a*", "a?b", "a[-^*]b", "[[]", "[]]", "[*]", "[?]", "[!a]",
    "[!a]*", "[a-c]*", "[A-Za-z]*", "[z-a]", "[", "[a", "[!", "[]", "[]x]", "[!]x]*", "[^x]",
    "[x^]", "[^-]", "[-]", "a[!-]b", "[]-^]", "[\\]", "a\\*", "\\", "100%", "50_50", "%", "_",
    "日*", "?本*", "[日-本]", "😀", "?😀", "[😀]*", "*'*", '*"*', "z*!", "*z", "**b", "*\n*",
    "alpha*", "[!\U0001f600]",
)  # fmt: skip

JSON_PATHS: tuple[str, ...] = (
    "data", "data.a", "data.a.b", "data.a.b.c", "data.b", "data.missing", "data.A", "data.a b",
    'data.q"q', "data.q'q", "data.", "data.per%", "data.é", "data.$", "data.[0]",
    "data.back\\slash", "data.new\nline", "data.c", "data.c.0", "data.a.0", "data.a.*", "data.c.d",
)  # fmt: skip

JSON_VALUES: tuple[Any, ...] = (
    0, 1, 1.0, True, False, 5, -5, 0.1, 0.1 + 0.2, 2**53, 1e300, "1", "", "alpha", "text", "deep",
    "[1]", "[]", "{}", "z", "true", "null", "100%", "日本語", "it's", "x",
)  # fmt: skip

_ORDERED = (Op.LT, Op.LTE, Op.GT, Op.GTE)
_EQUAL = (Op.EQ, Op.NE)
_BOTH_WAYS = (Op.CONTAINS, Op.NOT_CONTAINS, Op.PREFIX, Op.NOT_PREFIX)


def _each(fields: tuple[str, ...], ops: tuple[Op, ...], values: tuple[Any, ...]) -> list[Filter]:
    return [Compare(f, op, v) for f in fields for op in ops for v in values]


def _sets() -> Iterator[Filter]:
    choices: list[tuple[str, tuple[Any, ...]]] = [
        ("name", ()), ("name", ("alpha",)), ("name", TEXTS[::3]), ("name", ("nothing", "it's")),
        ("name", tuple(f"n{i}" for i in range(3000)) + TEXTS[::7]),
        ("size", ()), ("size", (1, 2**53)), ("size", (1.0, 0.5, True)), ("size", (1e300, 1)),
        ("done", (1e300, -1e300, 1)), ("data.a", (1e300, 1, 2.0**54)),
        ("size", tuple(range(-2500, 2500))), ("weight", (0, 0.1, 0.1 + 0.2, 1e300)),
        ("weight", tuple(i / 10 for i in range(1000))), ("done", (True,)), ("done", (0, 1)),
        ("raw", (b"", b"abc")), ("raw", tuple(bytes([i]) for i in range(256))),
        ("data.a", ()), ("data.a", (1, "1", "alpha")), ("data.a", ("[1]", "{}")),
        ("data.a", (*(f"v{i}" for i in range(500)), *range(500), "alpha", 0.1)),
        ("data", ("text", 5, True)), ("data.a.b", ("deep",)), ("id", ("t00001", "t00002", "no")),
    ]  # fmt: skip
    for name, values in choices:
        yield Compare(name, Op.IN, values)
        yield Compare(name, Op.NOT_IN, values)


def _nulls() -> Iterator[Filter]:
    for name in (
        "id",
        "at",
        "name",
        "size",
        "weight",
        "done",
        "tags",
        "raw",
        "vector",
        *JSON_PATHS,
    ):
        yield Compare(name, Op.IS_NULL)
        yield Compare(name, Op.NOT_NULL)


def _joined() -> Iterator[Filter]:
    small, named = Compare("size", Op.LT, 10), Compare("name", Op.PREFIX, "a")
    deep, tagged = Compare("data.a", Op.EQ, 1), Compare("tags", Op.CONTAINS, "x")
    leaves = (small, named, deep, tagged)
    for filter_ in (EVERYTHING, NOTHING, And(leaves), Or(leaves), And((small,)), Or((named,)),
                    (small | named) & (deep | tagged), (small & named) | (deep & tagged),
                    And((Or(()), small)), Or((And(()), small)), And((And((And(()),)),)),
                    Or(tuple(Compare("at", Op.EQ, i) for i in range(0, 3000, 3))),
                    And(tuple(Compare("at", Op.NE, i) for i in range(3, 1500)))):  # fmt: skip
        yield filter_
        yield ~filter_
    for name, one, other in (("name", "a", "b"), ("size", 1, 2), ("raw", b"", b"abc")):
        unlike = [Compare(name, op, v) for op, v in
                  ((Op.NE, one), (Op.NE, other), (Op.NOT_IN, (one, other)))]  # fmt: skip
        yield from (Or((*unlike[:2],)), Or((unlike[1], unlike[2])), Or((*unlike, named)))
        yield from (Or((Compare(name, Op.EQ, one), unlike[0])), And((*unlike,)))
    nested: Filter = small
    for i in range(40):
        nested = And((nested, Compare("at", Op.NE, i))) if i % 2 else Or((nested, named))
    yield nested


CASES: dict[str, tuple[Filter, ...]] = {
    "equal texts": tuple(_each(("name",), _EQUAL, TEXTS)),
    "ordered texts": tuple(_each(("name", "id"), _ORDERED, (*TEXTS[::2], "t00003"))),
    "parts of texts": tuple(_each(("name",), _BOTH_WAYS, TEXTS)),
    "globs": tuple(_each(("name", "data.a"), (Op.GLOB, Op.NOT_GLOB), GLOBS)),
    "ints": tuple(
        _each(
            ("size",),
            (*_EQUAL, *_ORDERED),
            (*(i for i in INTS if i is not None), 0.5, 1.0, 1e300, -1e300, 2.0**53 + 2),
        )
    ),
    "floats": tuple(
        _each(("weight",), (*_EQUAL, *_ORDERED), (*(f for f in FLOATS if f is not None), 1, True))
    ),
    "bools": tuple(
        _each(("done",), (*_EQUAL, *_ORDERED), (True, False, 1, 0, 0.5, 2, 1e300, -1e300))
    ),
    "blobs": tuple(_each(("raw",), _EQUAL, (*(b for b in BLOBS if b is not None), b"no"))),
    "json values": tuple(_each(("data.a", "data", "data.a.b"), (*_EQUAL, *_ORDERED), JSON_VALUES)),
    "json paths": tuple(_each(JSON_PATHS, (Op.EQ, Op.NE, Op.GTE), (1, 5, "z", "deep"))),
    "json texts": tuple(
        _each(("data.a", "data"), _BOTH_WAYS, ("", "a", "alpha", "[", "100%", "日本", "text"))
    ),
    "json arrays": tuple(
        _each(
            ("tags", "data.a"),
            (Op.CONTAINS, Op.NOT_CONTAINS),
            ("x", "X", "1", 1, 1.0, True, 0, False, 0.1, 2**53, "", "日本", "a%", "it's", "😀"),
        )
    ),
    "sets": tuple(_sets()),
    "nuls": tuple(_each(("name", "data.a"), (*_EQUAL, *_ORDERED, *_BOTH_WAYS), ("\0", "a\0b"))),
    "nulls": tuple(_nulls()),
    "joined": tuple(_joined()),
}
"""Families of filters over `things`, each accepted by `check_filter`."""

UNKNOWN: tuple[Filter, ...] = (
    Compare("nothing", Op.EQ, 1),
    Compare("name.a", Op.EQ, "x"),
    Compare("nothing", Op.IS_NULL),
    Compare('name" = "name', Op.EQ, "x"),
    And((EVERYTHING, Or((Compare("", Op.EQ, 1),)))),
)
"""Filters that name a field that `things` lacks."""

REFUSED: tuple[Filter, ...] = (
    Compare("name", Op.EQ, 1),
    Compare("name", Op.IN, ("a", 1)),
    Compare("name", Op.IN, ("a", None)),
    Compare("name", Op.LT, b"a"),
    Compare("name", Op.EQ, "a\ud800"),
    Compare("name", Op.CONTAINS, "\ud800"),
    Compare("name", Op.CONTAINS, 5),
    Compare("name", Op.GLOB, "a" * 5000),
    Compare("size", Op.EQ, "1"),
    Compare("size", Op.EQ, 2**53 + 1),
    Compare("size", Op.PREFIX, "1"),
    Compare("size", Op.CONTAINS, 1),
    Compare("weight", Op.LT, float("nan")),
    Compare("weight", Op.LT, float("inf")),
    Compare("done", Op.EQ, "true"),
    Compare("raw", Op.EQ, "abc"),
    Compare("raw", Op.GT, b"abc"),
    Compare("data.a", Op.EQ, [1]),
    Compare("data.a", Op.EQ, {"b": 1}),
    Compare("data.a", Op.EQ, b"abc"),
    Compare("words", Op.CONTAINS, "red"),
    Compare("words", Op.IS_NULL),
    Compare("title", Op.NOT_NULL),
    Compare("vector", Op.EQ, 1),
)
"""Filters whose value or operator does not fit the field."""


def count() -> int:
    """How many cases there are."""
    return sum(map(len, CASES.values()))
