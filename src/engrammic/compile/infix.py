"""Filters and pages as infix conditions with bound parameters, spelled by a dialect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from engrammic.errors import InvalidInput
from engrammic.filters import NULL_OPS, OPPOSITE, And, Compare, Filter, Op
from engrammic.predicate import check_filter
from engrammic.reads import check_after, sort_fields
from engrammic.sql.dialect import Dialect
from engrammic.types import Kind, Order, Schema

Column: TypeAlias = Callable[[str], str]
"""From a field's name to the expression that stands for it: by default the quoted name."""

_SYMBOLS = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_ORDERED = frozenset({Op.LT, Op.LTE, Op.GT, Op.GTE})
_POSITIVE = frozenset({Op.EQ, Op.IN, Op.PREFIX, Op.CONTAINS, Op.GLOB, *_ORDERED})
_WIDE = 4
"""Conditions joined side by side; more are joined as a tree, to stay within depth limits."""


def compile_filter(
    where: Filter, schema: Schema, dialect: Dialect, column: Column | None = None
) -> tuple[str, list[Any]]:
    """The condition and its parameters, true for exactly what `engrammic.predicate` lets through.

    Elsewhere it is false or NULL. Checks the filter: raises UnknownField, InvalidInput.
    """
    check_filter(where, schema)
    infix = _Infix(schema, dialect, column or dialect.quote)
    condition = infix.filter(where)
    if len(infix.params) > dialect.max_parameters:
        raise InvalidInput(schema.name, "the filter has too many parts; `is_in` takes any number")
    return condition, infix.params


def after_clause(
    schema: Schema,
    order: Order | None,
    after: tuple[Any, ...],
    dialect: Dialect,
    column: Column | None = None,
) -> tuple[str, list[Any]]:
    """The condition that a record comes behind `after`, and its parameters."""
    check_after(schema, order, after)
    infix = _Infix(schema, dialect, column or dialect.quote)
    values = dict(zip(sort_fields(schema, order), after, strict=True))
    symbol = "<" if order is not None and order.descending else ">"
    names = ", ".join(map(infix.column, values))
    return f"({names}) {symbol} ({', '.join(map(infix.bind, values.values()))})", infix.params


def order_clause(schema: Schema, order: Order | None, column: Column) -> str:
    """What follows ORDER BY."""
    way = " DESC" if order is not None and order.descending else ""
    return ", ".join(column(name) + way for name in dict.fromkeys(sort_fields(schema, order)))


class _Infix:
    """One condition being written; `params` collects its values in order of appearance."""

    def __init__(self, schema: Schema, dialect: Dialect, column: Column) -> None:
        self.schema = schema
        self.dialect = dialect
        self.column = column
        self.params: list[Any] = []

    def bind(self, value: Any) -> str:
        """Adds a parameter; the placeholder for it."""
        self.params.append(value)
        return self.dialect.placeholder(len(self.params))

    def filter(self, where: Filter) -> str:
        """The condition, in brackets where it has parts."""
        if isinstance(where, Compare):
            return self._compare(where)
        parts = [self.filter(p) for p in where.parts]
        if isinstance(where, And):
            return _join(parts, " AND ") if parts else self.dialect.true
        return _join(parts, " OR ") if parts else self.dialect.false

    def _compare(self, where: Compare) -> str:
        field = self.schema.field(where.field)
        column = self.column(field.name)
        if field.kind is Kind.JSON:
            path = () if field.name == where.field else tuple(where.field.split(".")[1:])
            return self._json(where, column, path)
        if where.op in NULL_OPS:
            return f"{column} IS {'NOT ' * (where.op is Op.NOT_NULL)}NULL"
        if where.op is Op.NE:
            return f"{column} <> {self.bind(where.value)}"
        if where.op in _POSITIVE:
            return self._holds(where.op, lambda: column, where.value)
        if not where.value and where.op is Op.NOT_IN:
            return f"{column} IS NOT NULL"
        return f"NOT {self._holds(OPPOSITE[where.op], lambda: column, where.value)}"

    def _holds(self, op: Op, value: Callable[[], str], wanted: Any) -> str:
        """A positive operator on an SQL value of the kind of what is wanted, NULL on NULL."""
        if op in _SYMBOLS:
            return f"{value()} {_SYMBOLS[op]} {self.bind(wanted)}"
        if op is Op.IN:
            return self.dialect.any_of(value(), wanted, self.bind) if wanted else self.dialect.false
        if op is Op.PREFIX:
            return self.dialect.prefix(value, wanted, self.bind)
        if op is Op.GLOB:
            return self.dialect.glob(value(), wanted, self.bind)
        return self.dialect.contains(value(), wanted, self.bind)

    def _json(self, where: Compare, column: str, path: Sequence[str]) -> str:
        def value() -> str:
            return self.dialect.json_value(column, path, self.bind)

        if where.op in NULL_OPS:
            return f"{value()} IS {'NOT ' * (where.op is Op.NOT_NULL)}NULL"
        if where.op in _POSITIVE:
            return self._json_holds(where.op, where.value, column, path)
        holds = OPPOSITE[where.op], where.value, column, path
        return f"({value()} IS NOT NULL AND NOT {self._json_holds(*holds)})"

    def _json_holds(self, op: Op, wanted: Any, column: str, path: Sequence[str]) -> str:
        """As `_holds`, but true only for values of the right type.

        The comparison comes before the test of the type, which it mostly spares.
        """
        dialect, bind = self.dialect, self.bind
        cases = []
        for kind, part in _by_kind(op, wanted):
            value = partial(dialect.json_as, kind, column, path, bind)
            holds = self._holds(op, value, part)
            cases.append(f"({holds} AND {dialect.json_is(column, path, kind, bind)})")
        if op is Op.CONTAINS:
            is_array = dialect.json_is(column, path, "array", bind)
            cases.append(f"({is_array} AND {dialect.json_element(column, path, wanted, bind)})")
        return _join(cases, " OR ") if cases else dialect.false


def _by_kind(op: Op, wanted: Any) -> list[tuple[Any, Any]]:
    """What is wanted, apart by the type that a JSON value must have for it."""
    if op is not Op.IN:
        text = isinstance(wanted, str)
        return [] if op is Op.CONTAINS and not text else [("text" if text else "number", wanted)]
    texts = [v for v in wanted if isinstance(v, str)]
    numbers = [v for v in wanted if not isinstance(v, str)]
    return [(k, v) for k, v in (("text", texts), ("number", numbers)) if v]


def _join(parts: Sequence[str], word: str) -> str:
    while len(parts) > 1:
        groups = [parts[i : i + _WIDE] for i in range(0, len(parts), _WIDE)]
        parts = [f"({word.join(g)})" if len(g) > 1 else g[0] for g in groups]
    return parts[0]
