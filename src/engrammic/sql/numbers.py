"""Comparisons of whole-number columns with floats, said in whole numbers.

MariaDB rounds such a float before it looks into an index, and any server
uses an index on whole numbers for whole numbers alone.
"""

from __future__ import annotations

import math
from typing import Any

from engrammic.filters import NOTHING, SET_OPS, And, Compare, Filter, Op, Or
from engrammic.predicate import LARGEST
from engrammic.types import Kind, Schema

_UP = frozenset({Op.LT, Op.GTE})
"""Below 1.5 is below 2; from 1.5 on is from 2 on. The others round down."""

_BELOW = frozenset({Op.LT, Op.LTE})


def whole_numbers(where: Filter, schema: Schema) -> Filter:
    """The same filter, INT and BOOL fields compared with ints. The filter is checked already."""
    if isinstance(where, And):
        return And(tuple(whole_numbers(p, schema) for p in where.parts))
    if isinstance(where, Or):
        return Or(tuple(whole_numbers(p, schema) for p in where.parts))
    if schema.field(where.field).kind not in (Kind.INT, Kind.BOOL):
        return where
    if where.op in SET_OPS:
        whole = tuple(int(v) for v in where.value if _is_whole(v))
        return Compare(where.field, where.op, whole)
    if not isinstance(where.value, float):
        return where if where.value is None else Compare(where.field, where.op, int(where.value))
    if _is_whole(where.value):
        return Compare(where.field, where.op, int(where.value))
    if where.op in (Op.EQ, Op.NE):
        return _always(where, where.op is Op.NE)
    if abs(where.value) > LARGEST:
        return _always(where, (where.op in _BELOW) is (where.value > 0))
    rounded = math.ceil(where.value) if where.op in _UP else math.floor(where.value)
    return Compare(where.field, where.op, rounded)


def _always(where: Compare, holds: bool) -> Filter:
    """What is true of every whole number that is stored, or of none."""
    return Compare(where.field, Op.NOT_NULL) if holds else NOTHING


def _is_whole(value: Any) -> bool:
    """Whether a whole number that is stored may equal it: 1e300 is beyond them all."""
    return not isinstance(value, float) or (value.is_integer() and abs(value) <= LARGEST)
