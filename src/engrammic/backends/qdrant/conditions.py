"""Filters as conditions of Qdrant: exactly the same, or wider and then said to be."""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from qdrant_client import models

from engrammic.backends.qdrant.codec import bits, bits_key
from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.predicate import LARGEST
from engrammic.types import Kind, Schema

Condition: TypeAlias = models.Filter
Leaf: TypeAlias = Callable[[str, Compare], Asked[Condition] | None]

NEAR = 1e-9
"""How far from what it was, at most, a float may be that the engine has stored again and again."""

_PARTS = frozenset({Op.PREFIX, Op.NOT_PREFIX, Op.CONTAINS, Op.NOT_CONTAINS})
_COMPARED = {Op.EQ: eq, Op.NE: ne, Op.LT: lt, Op.LTE: le, Op.GT: gt, Op.GTE: ge}


@lru_cache(maxsize=512)
def push(schema: Schema, knows_parts: bool) -> Push[Condition]:
    """The filters of a table as conditions."""
    return Push(partial(_leaf, schema, knows_parts), _both, _either)


def _both(parts: list[Condition]) -> Condition:
    return models.Filter(must=list(parts))


def _either(parts: list[Condition]) -> Condition:
    return models.Filter(should=list(parts))


def _leaf(schema: Schema, knows_parts: bool, where: Compare) -> Asked[Condition] | None:
    field = schema.field(where.field)
    if field.name != where.field:
        return None  # a path into JSON, which is stored as text
    key = safe(field.name)
    if where.op in (Op.IS_NULL, Op.NOT_NULL):
        return Asked(_null(key, field.kind is Kind.VECTOR, where.op is Op.IS_NULL))
    if field.kind is Kind.TEXT and where.op in _PARTS:
        return _part(key, where) if knows_parts else None
    known = _KINDS.get(field.kind)
    return None if known is None else known(key, where)


def _null(key: str, vector: bool, wanted: bool) -> Condition:
    if vector:
        has = models.HasVectorCondition(has_vector=key)
        return models.Filter(must_not=[has]) if wanted else models.Filter(must=[has])
    empty = models.IsEmptyCondition(is_empty=models.PayloadField(key=key))
    return models.Filter(must=[empty]) if wanted else models.Filter(must_not=[empty])


def _part(key: str, where: Compare) -> Asked[Condition]:
    prefix = where.op in (Op.PREFIX, Op.NOT_PREFIX)
    found = _match(
        key,
        models.MatchPrefix(prefix=where.value)
        if prefix
        else models.MatchSubstring(substring=where.value),
    )
    if where.op in (Op.PREFIX, Op.CONTAINS):
        return Asked(found)
    return Asked(models.Filter(must=[_null(key, False, False)], must_not=[found]))


def _match(key: str, match: models.Match) -> Condition:
    return models.Filter(must=[models.FieldCondition(key=key, match=match)])


def _among(key: str, op: Op, values: Iterable[Any]) -> Asked[Condition] | None:
    """One of these texts or ints, or none of them; None where that is nothing at all."""
    chosen = list(dict.fromkeys(values))
    if op in (Op.EQ, Op.IN):
        if len(chosen) == 1:
            return Asked(_match(key, models.MatchValue(value=chosen[0])))
        return Asked(_match(key, models.MatchAny(any=chosen))) if chosen else None
    if not chosen:
        return Asked(_null(key, False, False))
    return Asked(_match(key, models.MatchExcept(**{"except": chosen})))


def _values(where: Compare) -> Sequence[Any]:
    return where.value if where.op in (Op.IN, Op.NOT_IN) else (where.value,)


_EQUALS = (Op.EQ, Op.NE, Op.IN, Op.NOT_IN)


def _text(key: str, where: Compare) -> Asked[Condition] | None:
    return _among(key, where.op, _values(where)) if where.op in _EQUALS else None


def _blob(key: str, where: Compare) -> Asked[Condition] | None:
    if where.op not in _EQUALS:
        return None
    return _among(key, where.op, [base64.b64encode(v).decode() for v in _values(where)])


def _int(key: str, where: Compare) -> Asked[Condition] | None:
    if where.op in _EQUALS:
        whole = [int(v) for v in _values(where) if abs(v) <= LARGEST and v == int(v)]
        return _among(key, where.op, whole)
    # an index of ints cuts off what follows the point in a bound
    low, up = float(math.floor(where.value)), float(math.ceil(where.value))
    if where.op is Op.GT:
        return _range(key, gt=low)
    if where.op is Op.LT:
        return _range(key, lt=up)
    if where.op is Op.GTE:
        return _range(key, gte=up)
    return _range(key, lte=low) if where.op is Op.LTE else None


def _range(key: str, exact: bool = True, **bounds: float) -> Asked[Condition] | None:
    found = models.FieldCondition(key=key, range=models.Range(**bounds))
    return Asked(models.Filter(must=[found]), exact)


def _bool(key: str, where: Compare) -> Asked[Condition] | None:
    """BOOL is stored as 0 and 1."""
    if where.op in (Op.IN, Op.NOT_IN):
        return _among(key, where.op, [int(v) for v in _values(where) if v in (0, 1)])
    compare = _COMPARED.get(where.op)
    if compare is None:
        return None
    fitting = [n for n in (0, 1) if compare(n, where.value)]
    return _among(key, Op.IN, fitting)


def _float(key: str, where: Compare) -> Asked[Condition] | None:
    """Equality by the bits, which are exact; order by the number, which is near."""
    if where.op in _EQUALS:
        zeros = [0.0, -0.0] if any(v == 0 for v in _values(where)) else []
        values = [*map(float, _values(where)), *zeros]
        return _among(bits_key(key), where.op, map(bits, values))
    value = float(where.value)
    wide = abs(value) * NEAR + 1e-300
    if where.op in (Op.LT, Op.LTE):
        return _range(key, False, lte=min(value + wide, sys.float_info.max))
    if where.op in (Op.GT, Op.GTE):
        return _range(key, False, gte=max(value - wide, -sys.float_info.max))
    return None


_KINDS: dict[Kind, Leaf] = {
    Kind.TEXT: _text,
    Kind.INT: _int,
    Kind.FLOAT: _float,
    Kind.BOOL: _bool,
    Kind.BLOB: _blob,
}
