"""Filters and pages as SQL of DataFusion, with literals, since it takes no bound values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import NULL_OPS, Compare, Op
from engrammic.predicate import LARGEST, predicate
from engrammic.reads import sort_fields
from engrammic.types import Kind, Order, Schema

MOST_VALUES = 2000
"""Values of one IN; a longer one is left to the predicate."""

NEVER = "false"

_SIGNS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_ROUND = {Op.LT: math.ceil, Op.LTE: math.floor, Op.GT: math.floor, Op.GTE: math.ceil}
_SETS = {Op.EQ: "IN", Op.IN: "IN", Op.NE: "NOT IN", Op.NOT_IN: "NOT IN"}
_CALLS = {
    Op.PREFIX: "starts_with",
    Op.NOT_PREFIX: "NOT starts_with",
    Op.CONTAINS: "contains",
    Op.NOT_CONTAINS: "NOT contains",
}


def literal(value: Any) -> str:
    """The value as SQL reads it back: bool, int, finite float, bytes, or text.

    In a text only the quote means anything: a backslash is itself.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return "'" + str.replace(value, "'", "''") + "'"


def column(name: str) -> str:
    """The column of a field; in backticks, since bare names lose their capitals."""
    return f"`{safe(name)}`"


def one_of(name: str, values: Sequence[Any], word: str = "IN") -> str:
    """A condition on a quoted column."""
    return f"{name} {word} ({', '.join(map(literal, values))})"


def conditions(schema: Schema) -> Push[str]:
    """How the table's filters are spelled; globs and the inside of JSON are left out."""

    def leaf(where: Compare) -> Asked[str] | None:
        field = schema.field(where.field)
        if field.name != where.field:
            return None
        sql = _sql(field.kind, column(field.name), where)
        return None if sql is None else Asked(sql)

    return Push(leaf, _joined(" AND "), _joined(" OR "))


def _joined(word: str) -> Any:
    return lambda parts: f"({word.join(parts)})"


def _sql(kind: Kind, name: str, where: Compare) -> str | None:
    """True for exactly what the predicate lets through; false or NULL elsewhere."""
    op, value = where.op, where.value
    if op in NULL_OPS:
        return f"{name} IS {'NOT ' * (op is Op.NOT_NULL)}NULL"
    if kind is Kind.JSON:
        return None
    if kind is Kind.BOOL:
        test = predicate(where)
        return _among(name, "IN", [v for v in (False, True) if test({where.field: v})])
    if op in _SIGNS:
        return f"{name} {_SIGNS[op]} {literal(_bound(kind, op, value))}"
    if op in _SETS:
        values = value if op in (Op.IN, Op.NOT_IN) else (value,)
        return _among(name, _SETS[op], _equals(kind, values))
    return f"{_CALLS[op]}({name}, {literal(value)})" if op in _CALLS else None


def _among(name: str, word: str, values: Sequence[Any]) -> str | None:
    if len(values) > MOST_VALUES:
        return None
    if word == "IN":
        return one_of(name, values) if values else NEVER
    there = f"{name} IS NOT NULL"
    # Said, since DataFusion takes `x <> 1 OR x <> 2` for true, of nulls too.
    return f"({there} AND {one_of(name, values, word)})" if values else there


def _equals(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """What a field of this kind can hold that equals one of the values."""
    if kind is Kind.FLOAT:
        return [float(v) for v in values]
    if kind is Kind.INT:
        return [int(v) for v in values if abs(v) <= LARGEST and v == math.floor(v)]
    return list(values)


def _bound(kind: Kind, op: Op, value: Any) -> Any:
    if kind is Kind.FLOAT:
        return float(value)
    if kind is Kind.INT:
        return _ROUND[op](min(max(value, -LARGEST - 1), LARGEST + 1))
    return value


def behind(schema: Schema, order: Order | None, after: Sequence[Any]) -> str:
    """The condition that a record comes behind `after`."""
    values = dict(zip(sort_fields(schema, order), after, strict=True))
    sign = "<" if order is not None and order.descending else ">"
    cases, same = [], ""
    for name, value in values.items():
        fit = float(value) if schema.field(name).kind is Kind.FLOAT else value
        cases.append(f"({same}{column(name)} {sign} {literal(fit)})")
        same += f"{column(name)} = {literal(fit)} AND "
    return f"({' OR '.join(cases)})"
