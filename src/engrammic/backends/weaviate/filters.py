"""Filters as Weaviate's, over the properties that `objects` lays out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from weaviate.classes.query import Filter as Where
from weaviate.collections.classes.filters import FilterReturn

from engrammic.backends.weaviate.objects import HAS, property_of, word
from engrammic.backends.weaviate.tokens import CUT, HEAD, START, between, token
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.predicate import LARGEST, predicate
from engrammic.types import Field, Kind, Schema

NEGATIVE = (Op.NE, Op.NOT_IN)
ORDERED = (Op.LT, Op.LTE, Op.GT, Op.GTE)
MOST = 10_000
"""Values of one set."""

FEW = 50
"""Values that are excluded one by one."""

_WILD = re.compile(r"[*?\[]")


def push(schema: Schema) -> Push[FilterReturn]:
    """How the table's filters are asked."""
    return Push(_Leaves(schema).leaf, Where.all_of, Where.any_of)


class _Leaves(NamedTuple):
    schema: Schema

    def leaf(self, where: Compare) -> Asked[FilterReturn] | None:
        """The comparison, as near as the engine comes to it."""
        field, op = self.schema.field(where.field), where.op
        if op is Op.IS_NULL:
            return Asked(_lacks(field)) if where.field == field.name else None
        if op is Op.NOT_NULL:
            return Asked(_has(field), where.field == field.name)
        if field.kind is Kind.TEXT:
            return _text(field, where)
        if field.kind is Kind.BOOL:
            return _bool(field, where)
        if field.kind in (Kind.INT, Kind.FLOAT):
            return _number(field, where)
        return Asked(_has(field), False)


def _has(field: Field) -> FilterReturn:
    return Where.by_property(HAS).equal(word(field.name))


def _lacks(field: Field) -> FilterReturn:
    """NotEqual lets through objects without the property, also those made before it was."""
    return Where.by_property(HAS).not_equal(word(field.name))


def _never() -> FilterReturn:
    return Where.by_property(HAS).equal("never.")


def _among(field: Field, op: Op, values: Sequence[Any], exact: bool = True) -> Asked[FilterReturn]:
    """One of the values, or not null and none of them."""
    by = Where.by_property(property_of(field.name))
    negative = op in NEGATIVE
    if not values:
        return Asked(_has(field) if negative else _never(), exact)
    if len(values) > (FEW if negative else MOST):
        return Asked(_has(field), False)
    if negative:
        return Asked(Where.all_of([_has(field), *(by.not_equal(v) for v in values)]), exact)
    if len(values) == 1:
        return Asked(by.equal(values[0]), exact)
    return Asked(by.contains_any(list(values)), exact)


def _given(where: Compare) -> Sequence[Any]:
    return where.value if where.op in (Op.IN, Op.NOT_IN) else (where.value,)


def _text(field: Field, where: Compare) -> Asked[FilterReturn]:
    op, value = where.op, where.value
    if op in (Op.EQ, Op.IN, *NEGATIVE):
        values = list(dict.fromkeys(_given(where)))
        exact = all(len(v) <= HEAD for v in values)
        if op in NEGATIVE:
            values = [v for v in values if len(v) <= HEAD]
        return _among(field, op, list(dict.fromkeys(map(token, values))), exact)
    if op in ORDERED:
        return _ordered(field, op, value)
    if op is Op.PREFIX:
        return _prefixed(field, value, True)
    if op is Op.GLOB:
        return _prefixed(field, _WILD.split(value)[0], False)
    return Asked(_has(field), False)


def _ordered(field: Field, op: Op, value: str) -> Asked[FilterReturn]:
    by = Where.by_property(property_of(field.name))
    if len(value) > HEAD:
        bound = START + value[:HEAD] + CUT
        if op in (Op.LT, Op.LTE):
            return Asked(by.less_or_equal(bound), False)
        return Asked(by.greater_or_equal(bound), False)
    return Asked(_compare(by, op, token(value)))


def _compare(by: Any, op: Op, value: Any) -> FilterReturn:
    if op is Op.LT:
        return by.less_than(value)  # type: ignore[no-any-return]
    if op is Op.LTE:
        return by.less_or_equal(value)  # type: ignore[no-any-return]
    if op is Op.GT:
        return by.greater_than(value)  # type: ignore[no-any-return]
    return by.greater_or_equal(value)  # type: ignore[no-any-return]


def _prefixed(field: Field, prefix: str, exact: bool) -> Asked[FilterReturn]:
    if not prefix:
        return Asked(_has(field), exact)
    by = Where.by_property(property_of(field.name))
    low, below, only = between(prefix)
    if below is None:
        return Asked(by.greater_or_equal(low), exact and only)
    return Asked(by.greater_or_equal(low) & by.less_than(below), exact and only)


def _bool(field: Field, where: Compare) -> Asked[FilterReturn]:
    """By which of the two values holds, whatever the operator."""
    holds = predicate(where)
    values = [value for value in (False, True) if holds({field.name: value})]
    return Asked(_has(field)) if len(values) == 2 else _among(field, Op.IN, values)


def _number(field: Field, where: Compare) -> Asked[FilterReturn]:
    op, value = where.op, where.value
    if op not in ORDERED:
        given = [*map(float, _given(where))] if field.kind is Kind.FLOAT else _whole(_given(where))
        return _among(field, op, list(dict.fromkeys(v + 0 for v in given)))
    by = Where.by_property(property_of(field.name))
    if field.kind is Kind.FLOAT:
        return Asked(_compare(by, op, float(value) + 0.0))
    if abs(value) > LARGEST:
        every = (value > 0) is (op in (Op.LT, Op.LTE))
        return Asked(_has(field) if every else _never())
    if value == int(value):
        return Asked(_compare(by, op, int(value)))
    if op in (Op.LT, Op.LTE):
        return Asked(by.less_or_equal(math.floor(value)))
    return Asked(by.greater_or_equal(math.ceil(value)))


def _whole(values: Sequence[Any]) -> list[int]:
    return [int(v) for v in values if abs(v) <= LARGEST and v == int(v)]
