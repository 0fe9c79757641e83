"""Random records and filter trees whose values and names are pieces of query languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import given as having
from hypothesis import strategies as st

from engrammic.errors import InvalidInput
from engrammic.filters import And, Compare, Filter, Op, Or
from engrammic.predicate import check_filter, predicate
from engrammic.types import Field, Index, Kind, Record, Schema

T = TypeVar("T")

PIECES: tuple[str, ...] = (
    "'", '"', "`", "''", '""', "\\", "\\\\", "\\'", '\\"', "\\u0027", "\\x00", "%", "_", "%%",
    "\\%", "%s", "%(a)s", "$", "$1", "$$", "${x}", "$where", "$in", ";", ";--", "--", "/*", "*/",
    "#", "?", ":p", "@p", "{0}", "{", "}", "}}", "[", "]", "[0]", "(", ")", "*", "^", "~", "|",
    "&", "=", "<>", "' OR '1'='1", "'; DROP TABLE t; --", '" OR 1=1 --', "') OR ('a'='a", "NULL",
    "null", "true", "'}) DETACH DELETE n //", "`) RETURN n //", "n.a} RETURN {", "MATCH (n)",
    "CALL {", "//", '"}}) { _additional { id } }', "{where: {operator: Or}}", "__typename",
    "... on Query", "!", '{"$gt": ""}', "<script>", "&amp;", "\n", "\r\n", "\t", " ", "\x01",
    "\x1f", "\x7f", "\u00a0", "\u2028", "\ufeff", "\u200b", "\u202e", "é", "e\u0301", "É", "ß",
    "İ", "ı", "日本", "😀", "👩‍👩‍👧", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "a",
    "A", "b", "1", "0", "1e3", "-",
)  # fmt: skip
"""What means something to SQL, Cypher, GraphQL, JSON, format strings, globs, or to nobody."""

PLAIN = "1", "a", "A", "b"

NAMES = {
    Kind.TEXT: ("it's", 'say "hi"', "back`tick", "back\\slash", "100%_", "$where", ";--", "日本",
                "n}) DETACH DELETE n //", '{ _additional { id } }', "%s", "OR 1=1", "NULL"),
    Kind.INT: ("'); DROP", "$1"),
    Kind.FLOAT: ("[0]", "{0}"),
    Kind.BOOL: (":p", "NOT"),
    Kind.JSON: ("da'ta", 'js"on$', "b`\\"),
    Kind.BLOB: ("😀\n",),
}  # fmt: skip

HOSTILE = Schema(
    "t'\"`$;-- 日",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("at", Kind.INT, nullable=False),
        *(Field(name, kind) for kind, names in NAMES.items() for name in names),
        Field("wor'ds", Kind.TERMS),
        Field('vec"tor', Kind.VECTOR, dimension=4),
    ),
    indexes=(Index(("$where", "at")), Index((";--",))),
)

_some = st.sampled_from
texts: st.SearchStrategy[str] = st.one_of(
    _some(PIECES),
    st.lists(_some(PIECES), max_size=3).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)
keys = texts.map(lambda text: text.replace(".", "·"))
numbers: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    _some((0.5, 1.0, -0.0, 0.1, 1e16, 5e-324)),
)
nul = _some(("\0", "a\0'", "'\0;--"))
surrogate = _some(("\ud800", "a\udfff"))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the records and filters of one round share, so that they meet."""

    texts: tuple[str, ...]
    keys: tuple[str, ...]
    numbers: tuple[Any, ...]

    @property
    def ints(self) -> tuple[int, ...]:
        """Those of the numbers that an INT field holds."""
        return tuple(n for n in self.numbers if type(n) is int)

    @property
    def floats(self) -> tuple[float, ...]:
        """The numbers as a FLOAT field holds them."""
        return tuple(float(n) for n in self.numbers)


@dataclass(frozen=True, slots=True)
class Round:
    """Records, and filter trees to ask them with."""

    records: tuple[Record, ...]
    trees: tuple[Filter, ...]


TREES = 250
"""Filter trees of one round, all different."""

RECORDS = 36


@lru_cache(maxsize=32)
def hostile_round(number: int) -> Round:
    """The round of that number: the same each time."""
    drawn = Drawn(
        (*PLAIN, *draw(texts, 14, number)),
        ("a", *draw(keys, 6, number)),
        (*range(-1, 3), *draw(numbers, 10, number)),
    )
    records = draw(_records(drawn), RECORDS, number)
    return Round(
        tuple({"id": f"{i:02d}{drawn.texts[i % len(drawn.texts)]}"} | r
              for i, r in enumerate(records)),
        tuple(draw(_trees(drawn), TREES, number)),
    )  # fmt: skip


def draw(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    """So many different values of a strategy, the same for the same number."""
    found: dict[str, T] = {}
    attempt = 0
    while len(found) < count:
        for value in _examples(strategy, count + count // 4, 1000 * number + attempt):
            found.setdefault(repr(value), value)
        attempt += 1
    return list(found.values())[-count:]  # the first are the simplest


def _examples(strategy: st.SearchStrategy[T], count: int, number: int) -> list[T]:
    found: list[T] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @having(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def _records(drawn: Drawn) -> st.SearchStrategy[Record]:
    json = st.recursive(
        st.one_of(st.none(), _some(drawn.texts), _some(drawn.numbers)),
        lambda inner: st.one_of(
            st.dictionaries(_some(drawn.keys), inner, max_size=4), st.lists(inner, max_size=3)
        ),
        max_leaves=6,
    )
    kinds: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.TEXT: _some(drawn.texts),
        Kind.INT: _some(drawn.ints),
        Kind.FLOAT: _some(drawn.floats),
        Kind.BOOL: st.booleans(),
        Kind.JSON: st.one_of(json, st.dictionaries(_some(drawn.keys), json, min_size=1)),
        Kind.BLOB: _some(drawn.texts).map(lambda text: text.encode()[:3]),
        Kind.TERMS: _some(("common", "common red", "common fox fox")),
        Kind.VECTOR: st.lists(st.integers(1, 9), min_size=4, max_size=4),
    }
    fields = {
        f.name: st.one_of(*[kinds[f.kind]] * 4, st.none())
        for f in HOSTILE.fields
        if f.name not in ("id", "at")
    }
    return st.fixed_dictionaries({"at": st.integers(0, 5), **fields})


_EQUAL, _ORDERED = (Op.EQ, Op.NE), (Op.LT, Op.LTE, Op.GT, Op.GTE)
_PARTS = (Op.CONTAINS, Op.NOT_CONTAINS, Op.PREFIX, Op.NOT_PREFIX, Op.GLOB, Op.NOT_GLOB)
_SETS = (Op.IN, Op.NOT_IN)


def _trees(drawn: Drawn) -> st.SearchStrategy[Filter]:
    text = _some(drawn.texts)
    parts = st.one_of(text, text.map(lambda t: t[:1]), text.map(lambda t: f"*{t[-1:]}*"))
    number, either = _some(drawn.numbers), st.one_of(text, _some(drawn.numbers))
    raw = text.map(lambda t: t.encode()[:3])
    path = st.lists(_some(drawn.keys), max_size=2)
    inside = st.builds(lambda root, rest: ".".join((root, *rest)), _some(NAMES[Kind.JSON]), path)
    words, anything = _some(NAMES[Kind.TEXT]), _some(HOSTILE.stored)
    amounts = _some(("at", *NAMES[Kind.INT], *NAMES[Kind.FLOAT], *NAMES[Kind.BOOL]))
    leaves = st.one_of(
        _leaf(words, (*_EQUAL, *_ORDERED), text),
        _leaf(words, _PARTS, parts),
        _leaf(words, _SETS, st.lists(text, max_size=4)),
        _leaf(st.one_of(words, inside), (*_EQUAL, *_ORDERED, *_PARTS), nul),
        _leaf(amounts, (*_EQUAL, *_ORDERED), number),
        _leaf(amounts, _SETS, st.lists(number, max_size=4)),
        _leaf(inside, (*_EQUAL, *_ORDERED, Op.CONTAINS, Op.NOT_CONTAINS), either),
        _leaf(inside, _PARTS, parts),
        _leaf(inside, _SETS, st.lists(either, max_size=4)),
        _leaf(_some(NAMES[Kind.BLOB]), _EQUAL, raw),
        _leaf(
            st.one_of(anything, inside, st.just('vec"tor')), (Op.IS_NULL, Op.NOT_NULL), st.none()
        ),
    )
    bad = _leaf(st.one_of(words, inside), (*_EQUAL, *_ORDERED, *_PARTS), surrogate)
    return st.one_of(*[_joined(leaves)] * 30, _joined(st.one_of(leaves, bad)))


def _leaf(
    name: st.SearchStrategy[str], ops: tuple[Op, ...], value: st.SearchStrategy[Any]
) -> st.SearchStrategy[Filter]:
    return st.builds(Compare, name, _some(ops), value)


def _joined(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    def several(of: Callable[[tuple[Filter, ...]], Filter], parts: Any) -> Any:
        return st.lists(parts, max_size=4).map(tuple).map(of)

    return st.recursive(
        leaves,
        lambda parts: st.one_of(several(And, parts), several(Or, parts), parts.map(lambda f: ~f)),
        max_leaves=8,
    )


def matching(where: Filter, records: tuple[Record, ...]) -> list[Record] | type[InvalidInput]:
    """The records that the predicate lets through, or the error with which it is refused."""
    try:
        check_filter(where, HOSTILE)
    except InvalidInput as error:
        return type(error)
    return list(filter(predicate(where), records))
