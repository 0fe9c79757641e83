"""What a filter means, in Python: the reference that every database is compared with.

A value is a number (int, float, bool; True is 1), a text, bytes, an array, an
object, or null. A filter compares with a number, a text or bytes.

| operator                    | field is null | of the value's kind   | of another kind |
|-----------------------------|---------------|-----------------------|-----------------|
| eq, in                      | no            | equal (to one)        | no              |
| ne, not_in                  | no            | not equal (to any)    | yes             |
| lt, lte, gt, gte            | no            | numbers; texts by code point | no       |
| prefix, glob                | no            | texts                 | no              |
| not_prefix, not_glob        | no            | texts                 | yes             |
| contains, not_contains      | no            | texts: substring, not | no, yes         |
| the same, field is an array | no            | an element is eq to the value, none is |
| is_null, not_null           | yes, no       | no, yes               | no, yes         |

So `~` is the exact opposite on every field that is not null, with one
exception: no order exists between kinds, so that there neither `lt` nor its
opposite `gte` holds. Such values occur only in JSON: `check_filter` refuses
them for fields with a kind of their own. Nothing compares with a text that
holds a NUL: neither `eq` nor `ne` is true of any field. An empty `in` is false; an empty
`not_in` is true where the field is not null.

A name with dots reaches into the objects of a JSON field, `metadata.a.b`; it
does not reach into arrays, nor a key that itself contains a dot. JSON null is
null. All text is compared as it is: case counts, nothing is normalised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from engrammic import glob
from engrammic.checks import check_text as check_text
from engrammic.checks import is_storable, shown
from engrammic.errors import InvalidInput
from engrammic.filters import (
    NULL_OPS,
    SET_OPS,
    TEXT_OPS,
    And,
    Compare,
    Filter,
    Nulled,
    Op,
    Or,
)
from engrammic.types import Field, Kind, Record, Schema

Predicate: TypeAlias = Callable[[Record], bool]
Test: TypeAlias = Callable[[Any], bool]

LARGEST = 2**53
"""INT values, and ints to compare with, stay within plus and minus this."""

DEEPEST = 64
"""Filters inside filters, at most."""

_ORDERED: dict[Op, Callable[[Any, Any], bool]] = {Op.LT: lt, Op.LTE: le, Op.GT: gt, Op.GTE: ge}
_CONTAINS = frozenset({Op.CONTAINS, Op.NOT_CONTAINS})
_NEGATIVE = {
    Op.NE: Op.EQ,
    Op.NOT_IN: Op.IN,
    Op.NOT_PREFIX: Op.PREFIX,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.NOT_GLOB: Op.GLOB,
}
_FITTING: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INT: (int, float),
    Kind.FLOAT: (int, float),
    Kind.BOOL: (int, float),
    Kind.JSON: (str, int, float),
    Kind.BLOB: (bytes,),
}


def matches(where: Filter, record: Record) -> bool:
    """Whether the record fulfils the filter. For many records compile a `predicate` once."""
    return predicate(where)(record)


def predicate(where: Filter) -> Predicate:
    """The filter as a function of a record; JSON fields of it hold Python values."""
    if isinstance(where, Compare):
        return _compare(where)
    parts = tuple(predicate(p) for p in where.parts)
    if isinstance(where, And):
        return lambda record: all(p(record) for p in parts)
    return lambda record: any(p(record) for p in parts)


def value_at(record: Record, name: str) -> Any:
    """The value that a filter on `name` looks at; None when it is null or missing."""
    if "." not in name or name in record:
        return record.get(name)
    found: Any = record
    for key in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def _compare(where: Compare) -> Predicate:
    name, dotted = where.field, "." in where.field
    if where.op in NULL_OPS:
        wanted = where.op is Op.IS_NULL
        return lambda record: (value_at(record, name) is None) is wanted
    test = _test(where.op, where.value)

    def holds(record: Record) -> bool:
        value = value_at(record, name) if dotted else record.get(name)
        return value is not None and test(value)

    return holds


def _test(op: Op, value: Any) -> Test:
    """The operator's answer for a field that is not null."""
    if op in _NEGATIVE:
        positive = _test(_NEGATIVE[op], value)
        return lambda found: not positive(found)
    if op is Op.EQ:
        return lambda found: bool(found == value)
    if op is Op.IN:
        return _one_of(value)
    if op in _ORDERED:
        before, kind = _ORDERED[op], str if isinstance(value, str) else (int, float)
        return lambda found: isinstance(found, kind) and before(found, value)
    if op is Op.PREFIX:
        return lambda found: isinstance(found, str) and found.startswith(value)
    if op is Op.GLOB:
        whole = glob.regex(value).fullmatch
        return lambda found: isinstance(found, str) and whole(found) is not None
    return lambda found: _contains(found, value)


def _one_of(values: tuple[Any, ...]) -> Test:
    wanted = frozenset(v for v in values if v is not None)
    return lambda found: not isinstance(found, list | dict) and found in wanted


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    return isinstance(found, list) and value in found


def check_filter(where: Filter, schema: Schema, depth: int = 0) -> None:
    """Raises UnknownField, or InvalidInput for what can't be asked of a field.

    Fields with a kind of their own compare with values of that kind only; a
    vector can only be asked `is_null` and `not_null`, terms only be searched.
    """
    if isinstance(where, Compare):
        _check_compare(where, schema.field(where.field), f"{schema.name}.{where.field}")
    elif depth > DEEPEST:
        raise InvalidInput(schema.name, f"a filter is nested more than {DEEPEST} deep")
    else:
        check_is_filter(where)
        for part in where.parts:
            check_filter(part, schema, depth + 1)


def check_is_filter(where: Any, name: str = "where") -> None:
    """Raises InvalidInput for what is no filter at all; its parts are not looked at."""
    if isinstance(where, Compare) or (
        isinstance(where, And | Or) and isinstance(where.parts, tuple | list)
    ):
        return
    raise InvalidInput(
        name, f"want a Filter, such as eq('role', 'user'), not {shown(where)}; "
        "for values in the metadata there is metadata={...}"
    )  # fmt: skip


def _check_compare(where: Compare, field: Field, name: str) -> None:
    kind, op, wanted = field.kind, where.op, where.value
    if isinstance(wanted, Nulled):
        op, wanted = wanted.op, wanted.sound
    if kind is Kind.TERMS:
        raise InvalidInput(name, "terms are for text_search; no filter looks at them")
    if op in NULL_OPS:
        return
    if kind is Kind.VECTOR:
        raise InvalidInput(name, "a vector can only be asked is_null or not_null")
    if op in TEXT_OPS | _CONTAINS and kind not in (Kind.TEXT, Kind.JSON):
        raise InvalidInput(name, f"{op} is for text and json, this field is {kind}")
    if op in _ORDERED and kind is Kind.BLOB:
        raise InvalidInput(name, f"{op} has no meaning for a blob")
    for value in _standing_for(wanted) if op in SET_OPS else (wanted,):
        check_value(kind, value, name)
    if op in (Op.GLOB, Op.NOT_GLOB) and len(wanted) > glob.LONGEST:
        raise InvalidInput(name, f"a glob pattern has at most {glob.LONGEST} characters")


def _standing_for(values: Sequence[Any]) -> Sequence[Any]:
    """The values to be looked at: of several that are all sound texts one stands for the rest."""
    if len(values) > 1 and {*map(type, values)} == {str} and is_storable("".join(values)):
        return values[:1]
    return values


def check_value(kind: Kind, value: Any, name: str) -> None:
    """Raises InvalidInput unless a field of this kind can be compared with the value."""
    if not isinstance(value, _FITTING[kind]):
        raise InvalidInput(name, f"a {kind} field does not compare with {shown(value)}")
    if isinstance(value, str):
        check_text(value, name)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(name, f"{value} compares with nothing")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise InvalidInput(name, f"{shown(value)} is beyond plus or minus 2**53")
