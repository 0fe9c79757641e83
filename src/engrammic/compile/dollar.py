"""Filters as the `$` operators of Chroma and Pinecone, over payloads of `emulation.payload`.

What the language cannot say becomes a wider condition, or none: see `pushdown`.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.predicate import LARGEST, predicate
from engrammic.types import Field, Kind, Schema

Dollar: TypeAlias = dict[str, Any]

MOST_VALUES = 1000
"""Values of one `$in`, unless told."""

SIGNS = {
    Op.EQ: "$eq", Op.NE: "$ne", Op.LT: "$lt", Op.LTE: "$lte", Op.GT: "$gt", Op.GTE: "$gte",
    Op.IN: "$in", Op.NOT_IN: "$nin",
}  # fmt: skip
NEGATIVE = (Op.NE, Op.NOT_IN)
SETS = (Op.IN, Op.NOT_IN)

NEAR = 8
"""Last places by which a float may be misread."""

LARGEST_NEAR = 1e307
"""Beyond it a bound may be read as infinite."""


def dollar(
    schema: Schema, *, exists: bool, head: int | None = None, most: int = MOST_VALUES,
    near: bool = False,
) -> Push[Dollar]:  # fmt: skip
    """How the table's filters are spelled; `exists` where the engine knows `$exists`.

    Without it nothing is asked about nulls, and `$ne` and `$nin` let them
    through. `head`: texts and blobs of that many characters or more may be
    stored with just so many. `most`: the values that a set may have. `near`:
    the engine reads a float from its digits with an error of a few bits.
    """
    leaves = _Leaves(schema, exists, head, most, near)
    return Push(leaves.leaf, lambda parts: {"$and": parts}, lambda parts: {"$or": parts})


@dataclass(frozen=True, slots=True)
class _Leaves:
    schema: Schema
    exists: bool
    head: int | None
    most: int
    near: bool

    def leaf(self, where: Compare) -> Asked[Dollar] | None:
        """The comparison, as near as the language comes to it."""
        field = self.schema.field(where.field)
        inside = where.field != field.name
        if where.op is Op.IS_NULL:
            absent = {safe(field.name): {"$exists": False}}
            return Asked(absent) if self.exists and not inside else None
        if where.op is Op.NOT_NULL:
            return self._present(field, not inside)
        if field.kind in (Kind.TEXT, Kind.BLOB) and where.op in SIGNS:
            return self._text(field, where)
        if field.kind is Kind.BOOL:
            return self._bool(field, where)
        if field.kind is Kind.FLOAT and self.near:
            return self._near(field, where)
        if field.kind in (Kind.INT, Kind.FLOAT):
            return self._number(field, where)
        return self._present(field, False)

    def _present(self, field: Field, exact: bool) -> Asked[Dollar] | None:
        """Every record in which the field is not null."""
        return Asked({safe(field.name): {"$exists": True}}, exact) if self.exists else None

    def _never(self, field: Field) -> Asked[Dollar]:
        """No record: the field never holds this text."""
        return Asked({safe(field.name): {"$eq": "never"}})

    def _asked(self, field: Field, op: Op, value: Any, exact: bool = True) -> Asked[Dollar] | None:
        """One operator; the negative ones let records through that lack the field."""
        native = {safe(field.name): {SIGNS[op]: value}}
        if op not in NEGATIVE:
            return Asked(native, exact)
        there = self._present(field, True)
        return Asked(native, False) if there is None else Asked(
            {"$and": [there.native, native]}, exact
        )  # fmt: skip

    def _text(self, field: Field, where: Compare) -> Asked[Dollar] | None:
        if where.op not in (Op.EQ, Op.IN, *NEGATIVE):
            return self._present(field, False)
        given = where.value if where.op in (Op.IN, Op.NOT_IN) else (where.value,)
        values = [v if isinstance(v, str) else base64.b64encode(v).decode() for v in given]
        short = [v for v in values if self.head is None or len(v) < self.head]
        exact = len(short) == len(values)
        if where.op in NEGATIVE:
            return self._among(field, Op.NOT_IN, short, exact)
        cut = [v[: self.head] for v in values if len(short) < len(values)]
        return self._among(field, Op.IN, list(dict.fromkeys([*values, *cut])), exact)

    def _among(
        self, field: Field, op: Op, values: Sequence[Any], exact: bool = True
    ) -> Asked[Dollar] | None:
        """One of the values, or none of them: `op` is IN or NOT_IN."""
        if not values:
            return self._present(field, exact) if op is Op.NOT_IN else self._never(field)
        if len(values) > self.most:
            return self._present(field, False)
        if len(values) == 1:
            return self._asked(field, Op.EQ if op is Op.IN else Op.NE, values[0], exact)
        return self._asked(field, op, list(values), exact)

    def _bool(self, field: Field, where: Compare) -> Asked[Dollar] | None:
        """By which of the two values holds, whatever the operator."""
        holds = predicate(where)
        values = [value for value in (False, True) if holds({field.name: value})]
        if len(values) == 2:
            return self._present(field, True)
        return self._asked(field, Op.EQ, values[0]) if values else self._never(field)

    def _near(self, field: Field, where: Compare) -> Asked[Dollar] | None:
        """All that may hold for a float that the engine misread, and for a bound that it did."""
        given = where.value if where.op in SETS else (where.value,)
        if where.op in NEGATIVE or any(abs(v) > LARGEST_NEAR for v in given):
            return self._present(field, False)
        name, bounds = safe(field.name), []
        if where.op not in (Op.LT, Op.LTE):
            low = float(min(given))
            bounds.append({name: {"$gte": low - NEAR * math.ulp(low)}})
        if where.op not in (Op.GT, Op.GTE):
            high = float(max(given))
            bounds.append({name: {"$lte": high + NEAR * math.ulp(high)}})
        return Asked(bounds[0] if len(bounds) == 1 else {"$and": bounds}, False)

    def _number(self, field: Field, where: Compare) -> Asked[Dollar] | None:
        op = where.op
        if op in (Op.EQ, Op.IN, *NEGATIVE):
            given = where.value if op in (Op.IN, Op.NOT_IN) else (where.value,)
            return self._numbers(field, Op.NOT_IN if op in NEGATIVE else Op.IN, given)
        if field.kind is Kind.FLOAT:
            return self._asked(field, op, float(where.value))
        if abs(where.value) > LARGEST:
            every = (where.value > 0) is (op in (Op.LT, Op.LTE))
            return self._present(field, True) if every else self._never(field)
        if where.value == int(where.value):
            return self._asked(field, op, int(where.value))
        if op in (Op.LT, Op.LTE):
            return self._asked(field, Op.LTE, math.floor(where.value))
        return self._asked(field, Op.GTE, math.ceil(where.value))

    def _numbers(self, field: Field, op: Op, given: Sequence[Any]) -> Asked[Dollar] | None:
        """Zero is two numbers for an engine that compares bits, so it is not asked for."""
        if field.kind is Kind.FLOAT:
            if 0 in given:
                return self._zero(field, op, given)
            return self._among(field, op, list(dict.fromkeys(map(float, given))))
        whole = [int(v) for v in given if abs(v) <= LARGEST and v == int(v)]
        return self._among(field, op, list(dict.fromkeys(whole)))

    def _zero(self, field: Field, op: Op, given: Sequence[Any]) -> Asked[Dollar] | None:
        rest = [v for v in given if v != 0]
        if op is Op.NOT_IN:
            among = self._among(field, op, list(map(float, rest)))
            return None if among is None else Asked(among.native, False)
        name = safe(field.name)
        zero: Dollar = {"$and": [{name: {"$gte": 0.0}}, {name: {"$lte": 0.0}}]}
        if not rest:
            return Asked(zero)
        among = self._among(field, op, list(dict.fromkeys(map(float, rest))))
        return among and Asked({"$or": [zero, among.native]}, among.exact)
