"""Filters of Weaviate's gRPC as functions of an object, with the service's own surprises."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from weaviate.proto.v1 import base_pb2

from engrammic.testing.fakes.weaviate_schema import Class, Invalid, Stored, tokens

Matches: TypeAlias = Callable[[Stored], bool]

_Op = base_pb2.Filters
_ORDER: dict[int, Callable[[Any, Any], bool]] = {
    _Op.OPERATOR_LESS_THAN: lambda a, b: a < b,
    _Op.OPERATOR_LESS_THAN_EQUAL: lambda a, b: a <= b,
    _Op.OPERATOR_GREATER_THAN: lambda a, b: a > b,
    _Op.OPERATOR_GREATER_THAN_EQUAL: lambda a, b: a >= b,
    _Op.OPERATOR_EQUAL: lambda a, b: a == b,
}
_CONTAINS = (_Op.OPERATOR_CONTAINS_ANY, _Op.OPERATOR_CONTAINS_ALL, _Op.OPERATOR_CONTAINS_NONE)
_WANTED = {
    "text": "value_text",
    "uuid": "value_text",
    "int": "value_int",
    "number": "value_number",
    "boolean": "value_boolean",
}


def compiled(where: Any, in_: Class) -> Matches:
    """The filter as a function. Raises Invalid for what the service refuses."""
    op = where.operator
    if op in (_Op.OPERATOR_AND, _Op.OPERATOR_OR):
        if not where.filters:
            raise Invalid("an operator without operands")
        parts = [compiled(f, in_) for f in where.filters]
        join = all if op == _Op.OPERATOR_AND else any
        return lambda found: join(p(found) for p in parts)
    if op == _Op.OPERATOR_NOT:
        inner = compiled(where.filters[0], in_)
        return lambda found: not inner(found)
    name = where.target.property or (where.on[0] if where.on else "")
    if name in ("_id", "id"):
        return _by_id(op, where)
    definition = in_.properties.get(name)
    if definition is None:
        raise Invalid(f"no such prop with name {name!r} found in class {in_.definition['class']!r}")
    if op == _Op.OPERATOR_IS_NULL:
        return _is_null(name, where, in_)
    if not definition["indexFilterable"]:
        raise Invalid(f"Filtering by property {name!r} requires inverted index")
    kind = definition["dataType"][0].removesuffix("[]")
    if op in _CONTAINS:
        return _contains(name, kind, where, definition, in_)
    value = _value(where, _WANTED[kind], name)
    return _compared(name, kind, op, value, definition, in_)


def _value(where: Any, wanted: str, name: str) -> Any:
    """The value of a filter: a number may come as another kind of number, or as text."""
    given = where.WhichOneof("test_value")
    value = getattr(where, given)
    if given.endswith("_array"):
        value = list(value.values)
    if given == wanted:
        return value
    if (given, wanted) in _NUMBERS:
        return [_NUMBERS[given, wanted](v) for v in value]
    if wanted in _NUMBER and given in (*_NUMBER, "value_text"):
        return _NUMBER[wanted](value)
    raise Invalid(f"property {name!r}: expected value to be {wanted[6:]}, got {given[6:]}")


def _whole(value: Any) -> int:
    number = _real(value)
    if not number.is_integer() or not -(2**63) <= number < 2**63:
        raise Invalid(f"filtering for integer, but received {value}")
    return int(number)


def _real(value: Any) -> float:
    if isinstance(value, str) and not _NUMERAL.fullmatch(value):
        raise Invalid(f"expected a number value, but could not parse string {value!r}")
    return float(value)


_NUMERAL = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf(inity)?|nan)", re.I)
_NUMBER: dict[str, Callable[[Any], Any]] = {"value_int": _whole, "value_number": _real}
_NUMBERS = {
    ("value_number_array", "value_int_array"): _whole,
    ("value_int_array", "value_number_array"): _real,
}


def _by_id(op: int, where: Any) -> Matches:
    if op in _CONTAINS:
        ids = frozenset(_value(where, "value_text_array", "id"))
        if op == _Op.OPERATOR_CONTAINS_ALL:
            return lambda found: ids == {found.id}
        return lambda found: (found.id in ids) is (op == _Op.OPERATOR_CONTAINS_ANY)
    value = _value(where, "value_text", "id")
    if op == _Op.OPERATOR_NOT_EQUAL:
        return lambda found: found.id != value
    if op not in _ORDER:
        raise Invalid("no such operator for an id")
    return lambda found: _ORDER[op](found.id, value)


def _is_null(name: str, where: Any, in_: Class) -> Matches:
    """An empty text or list counts as null."""
    if not in_.null_state:
        raise Invalid("Nullstate must be indexed to be filterable! Add `IndexNullState: true`")
    wanted = _value(where, "value_boolean", name)
    if in_.properties[name]["dataType"] == ["blob"]:
        return lambda _: False  # it is not indexed
    return lambda found: (found.properties.get(name) in (None, "", [])) is wanted


def _contains(name: str, kind: str, where: Any, definition: Any, in_: Class) -> Matches:
    values = _value(where, _WANTED[kind] + "_array", name)
    if not values:
        raise Invalid("Contains without values")
    if kind == "text" and where.operator == _Op.OPERATOR_CONTAINS_ANY:
        values = [v for v in values if _terms(v, definition["tokenization"], in_)] or values[:1]
    equal = [_compared(name, kind, _Op.OPERATOR_EQUAL, v, definition, in_) for v in values]
    if where.operator == _Op.OPERATOR_CONTAINS_ALL:
        return lambda found: all(e(found) for e in equal)
    wanted = where.operator == _Op.OPERATOR_CONTAINS_ANY
    return lambda found: any(e(found) for e in equal) is wanted


def _compared(name: str, kind: str, op: int, value: Any, definition: Any, in_: Class) -> Matches:
    if kind == "text":
        return _text(name, op, value, definition["tokenization"], in_)
    if op == _Op.OPERATOR_LIKE:
        raise Invalid("Like is for text")
    return _any_of(op, value, lambda found: _listed(found.properties.get(name)))


def _text(name: str, op: int, value: str, tokenization: str, in_: Class) -> Matches:
    """All terms of the value have to hold, each for some token of the stored text."""
    wild = op == _Op.OPERATOR_LIKE
    terms = _patterns(tokenization, value) if wild else _terms(value, tokenization, in_)
    if not terms:
        raise Invalid("invalid search term, only stopwords provided")

    def stored(found: Stored) -> list[Any]:
        values = _listed(found.properties.get(name))
        return [t.encode() for v in values for t in tokens(tokenization, v)]

    tests = [_like(t, stored) if wild else _any_of(op, t.encode(), stored) for t in terms]
    return lambda found: all(t(found) for t in tests)


def _patterns(tokenization: str, value: str) -> list[str]:
    if tokenization == "field":
        return [value.strip()]
    return (value if tokenization == "whitespace" else value.lower()).split()


def _terms(value: str, tokenization: str, in_: Class) -> list[str]:
    """What is looked for; stopwords are words alone, and a whole field is never one."""
    hidden = in_.stopwords if tokenization == "word" else ()
    return [t for t in tokens(tokenization, value) if t not in hidden]


def _like(term: str, stored: Callable[[Stored], list[Any]]) -> Matches:
    """`?` is any character but a line break, `*` any run of those; nothing escapes them."""
    pattern = re.escape(term).replace(r"\?", ".").replace(r"\*", ".*")
    whole = re.compile(pattern).fullmatch
    return lambda found: any(whole(t.decode()) for t in stored(found))


def _any_of(op: int, value: Any, stored: Callable[[Stored], list[Any]]) -> Matches:
    """Some stored value holds; NotEqual is the rest of all objects, those without a value too."""
    if op == _Op.OPERATOR_NOT_EQUAL:
        return lambda found: value not in stored(found)
    if op not in _ORDER:
        raise Invalid(f"operator {op} is not supported")
    test = _ORDER[op]
    return lambda found: any(test(s, value) for s in stored(found))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
