"""Filters as the `$` operators of Chroma and Pinecone, over payloads of `emulation.payload`."""

from __future__ import annotations

import base64
import math
from typing import Any, TypeAlias

from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.types import Kind, Schema

Dollar: TypeAlias = dict[str, Any]

MOST_VALUES = 1000
"""Values of one `$in`."""

_SIGNS = {Op.LT: "$lt", Op.LTE: "$lte", Op.GT: "$gt", Op.GTE: "$gte"}
_ROUND = {Op.LT: math.ceil, Op.LTE: math.floor, Op.GT: math.floor, Op.GTE: math.ceil}


def dollar(schema: Schema, *, exists: bool) -> Push[Dollar]:
    """How the table's filters are spelled; `exists` where the engine knows `$exists`.

    Without it `$ne` and `$nin` let fields through that are null. Equality and
    sets of TEXT, INT, FLOAT, BOOL and BLOB, and the order of numbers, are
    exact; what else there is the predicate has to tell.
    """

    def leaf(where: Compare) -> Asked[Dollar] | None:
        return _leaf(schema, where, exists)

    return Push(leaf, lambda parts: {"$and": parts}, lambda parts: {"$or": parts})


def _leaf(schema: Schema, where: Compare, exists: bool) -> Asked[Dollar] | None:
    kind, name, op = schema.field(where.field).kind, safe(where.field), where.op
    if op in (Op.IS_NULL, Op.NOT_NULL):
        if not exists or kind in (Kind.VECTOR, Kind.JSON):
            return None
        return Asked({name: {"$exists": op is Op.NOT_NULL}})
    if op in _SIGNS:
        value = bound(kind, op, where.value)
        return None if value is None else Asked({name: {_SIGNS[op]: value}})
    if op in (Op.EQ, Op.NE):
        value = stored(kind, where.value)
        if value is None:
            return None
        return _equal(name, "$eq" if op is Op.EQ else "$ne", value, exists)
    if op in (Op.IN, Op.NOT_IN) and len(where.value) <= MOST_VALUES:
        values = [stored(kind, v) for v in where.value]
        if not values or None in values:
            return None
        return _equal(name, "$in" if op is Op.IN else "$nin", values, exists)
    return None


def _equal(name: str, sign: str, value: Any, exists: bool) -> Asked[Dollar]:
    asked: Dollar = {name: {sign: value}}
    if sign in ("$eq", "$in"):
        return Asked(asked)
    if exists:
        return Asked({"$and": [asked, {name: {"$exists": True}}]})
    return Asked(asked, exact=False)


def stored(kind: Kind, value: Any) -> Any:
    """The value as a payload holds one that equals it; None where none can, or JSON is asked."""
    if kind is Kind.TEXT:
        return value
    if kind is Kind.BLOB:
        return base64.b64encode(value).decode()
    if kind is Kind.FLOAT:
        return float(value)
    if kind is Kind.INT and value == math.floor(value):
        return int(value)
    if kind is Kind.BOOL and value in (0, 1):
        return bool(value)
    return None


def bound(kind: Kind, op: Op, value: Any) -> int | float | None:
    """The bound as a payload holds numbers: whole for INT; None for other kinds."""
    if kind is Kind.FLOAT:
        return float(value)
    if kind is Kind.INT:
        return _ROUND[op](value)
    return None
