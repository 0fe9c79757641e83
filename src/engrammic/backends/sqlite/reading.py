"""Reading records: filters to SQL, rows to records, and which reads are short."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import Any

from engrammic.backends.sqlite.layout import Layout, quoted
from engrammic.compile.infix import Column, after_clause, compile_filter, order_clause
from engrammic.errors import InvalidInput
from engrammic.filters import And, Compare, Filter, Op, Or
from engrammic.predicate import DEEPEST, LARGEST, check_filter
from engrammic.reads import at_top, check_order, equalities, page_columns
from engrammic.records import coercer
from engrammic.sql.sqlite import SQLITE, SQLITE_LISTING
from engrammic.types import Kind, Order, Record, Schema

KEPT_SHAPES = 1024
KEPT_CHOICES = SQLITE_LISTING.max_listed
KEPT_VALUES = 2 * KEPT_CHOICES
"""A filter of more values has its longer lists as JSON: there are only so many parameters."""
PADDED_TO = 16
SHORT_READ = 64
"""A read of at most this many rows along an index runs where it is called."""

_CODED = frozenset({Kind.BOOL, Kind.JSON, Kind.VECTOR})


_PLAIN = (Op.EQ, Op.IN, Op.IS_NULL, Op.NE, Op.LT, Op.LTE, Op.GT, Op.GTE)
"""In a tuple: an enumeration's hash is a Python function, its identity is at hand."""


def condition(
    layout: Layout, where: Filter | None, *, checked: bool = False
) -> tuple[str, list[Any]]:
    """SQL text over the table alias `t`, and its parameters.

    Filters of one shape have one text: checked and compiled once, it is kept.
    """
    if where is None:
        return "1", []
    values: list[Any] = []
    shape = _shape(where, values, 0)
    if shape is not None:
        shape = (shape, *map(type, values))
        text = layout.conditions.get(shape)
        if text is not None:
            if not checked and not _are_simple(values):
                check_filter(where, layout.schema)
            return text, values
    if not checked:
        check_filter(where, layout.schema)
    fitted = where if shape is None else _padded(where)
    is_kept = shape is not None and len(values) <= KEPT_VALUES
    dialect = SQLITE_LISTING if is_kept else SQLITE
    text, params = compile_filter(fitted, layout.schema, dialect, expression(layout))
    if shape is not None and params == values and len(layout.conditions) < KEPT_SHAPES:
        layout.conditions[shape] = text
    return text, params


def _are_simple(values: list[Any]) -> bool:
    """Whether values need no look if others of their types fitted."""
    texts = [value for value in values if type(value) is str]
    joined = "".join(texts)
    if not joined.isascii() or "\0" in joined:
        return False
    if len(texts) == len(values):
        return True
    others = [value for value in values if type(value) is not str]
    return all(type(value) is int and -LARGEST <= value <= LARGEST for value in others)


def _shape(where: Any, values: list[Any], depth: int) -> Hashable:
    """What of a filter decides its SQL text, its parameters aside; None for rarer filters."""
    if type(where) is Compare:
        if where.op not in _PLAIN or "." in where.field:
            return None
        if where.op is Op.IN:
            if not 0 < len(where.value) <= KEPT_CHOICES:
                return None
            padded = _padding(where.value)
            values.extend(padded)
            return where.field, where.op._name_, len(padded)
        if where.op is not Op.IS_NULL:
            values.append(where.value)
        return where.field, where.op._name_
    if type(where) not in (And, Or) or type(where.parts) is not tuple or depth > DEEPEST:
        return None
    shapes = tuple([_shape(part, values, depth + 1) for part in where.parts])
    return None if None in shapes else (type(where), shapes)


def _padding(choices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The choices with the last one repeated, so that lists of many lengths share a statement."""
    return choices + choices[-1:] * (-len(choices) % PADDED_TO)


def _padded(where: Filter) -> Filter:
    if isinstance(where, Compare):
        return replace(where, value=_padding(where.value)) if where.op is Op.IN else where
    return replace(where, parts=tuple(map(_padded, where.parts)))


@lru_cache(maxsize=256)
def expression(layout: Layout) -> Column:
    """A function from a field's name to what stands for it in SQL over the table alias `t`."""

    def column(name: str) -> str:
        f = layout.schema.field(name)
        if f.kind is Kind.TERMS:
            raise InvalidInput(f.name, "terms are for searching; nothing else can be asked of them")
        if f.kind is Kind.VECTOR:
            return f"(select value from {layout.vector_table(f.name)} as v where v._row = t._row)"
        return f"t.{quoted(f.name)}"

    return column


def select(
    layout: Layout,
    where: Filter | None,
    order: Order | None,
    after: tuple[Any, ...] | None,
    limit: int | None,
    columns: Sequence[str],
) -> tuple[str, list[Any]]:
    """The statement of `Backend.query`."""
    check_order(order)
    text, params = condition(layout, where)
    head, tail = _frame(layout, tuple(columns), order)
    if after is not None:
        resume, more = after_clause(layout.schema, order, after, SQLITE, expression(layout))
        text, params = f"({text}) and {resume}", [*params, *more]
    sql = f"{head} where {text} {tail}"
    return (sql, params) if limit is None else (f"{sql} limit ?", [*params, limit])


def chosen(layout: Layout, columns: Sequence[str] | None) -> tuple[str, ...]:
    """The columns of a query. Raises as `page_columns`."""
    if columns is None:
        return layout.stored
    kept = type(columns) is tuple and {*map(type, columns)} == {str}
    return _chosen_once(layout, columns) if kept else page_columns(layout.schema, columns)


@lru_cache(maxsize=512)
def _chosen_once(layout: Layout, columns: tuple[str, ...]) -> tuple[str, ...]:
    return page_columns(layout.schema, columns)


@lru_cache(maxsize=512)
def _frame(layout: Layout, columns: tuple[str, ...], order: Order | None) -> tuple[str, str]:
    """What stands before and behind the condition of a query."""
    column = expression(layout)
    chosen = ", ".join(map(column, columns))
    head = f"select {chosen} from {layout.table} as t"
    return head, f"order by {order_clause(layout.schema, order, column)}"


@lru_cache(maxsize=256)
def decoder(layout: Layout, columns: tuple[str, ...]) -> Callable[[Sequence[Any]], Record]:
    """A function from a row to a record of `columns`; null fields are None."""

    def plain(row: Sequence[Any]) -> Record:
        return dict(zip(columns, row, strict=True))

    coerced = coercer(layout.schema)

    def decode(row: Sequence[Any]) -> Record:
        return coerced(plain(row))

    return plain if is_plain(layout, columns) else decode


def is_plain(layout: Layout, columns: Sequence[str]) -> bool:
    """Whether SQLite's values are those of the record."""
    return not any(layout.schema.field(name).kind in _CODED for name in columns)


def without_partition(schema: Schema, where: Filter | None) -> Filter | None:
    """The filter less the equality on the partition at its top; None when nothing is left."""
    if where is None or schema.partition is None:
        return where
    rest = tuple(p for p in at_top(where) if not _pins(p, schema.partition))
    return And(rest) if rest else None


def _pins(part: Filter, field: str) -> bool:
    return isinstance(part, Compare) and part.field == field and part.op is Op.EQ


def served_by_index(schema: Schema, where: Filter | None) -> bool:
    """Whether an index narrows the filter to few rows: it pins the index's first own field."""
    pinned = {*equalities(where), *_choices(where)}
    skip = 1 if schema.partition else 0
    leads = [schema.key, *(i.fields for i in schema.indexes)]
    return any(len(lead) > skip and lead[skip] in pinned for lead in leads)


def told_by_index(schema: Schema, where: Filter | None) -> bool:
    """Whether an index alone tells what passes: all is pinned that is asked, its first fields."""
    pinned = set(equalities(where))
    if not pinned or len(pinned) < len(list(at_top(where))):
        return False
    skip = 1 if schema.partition else 0
    return any({*i.fields[skip : skip + len(pinned)]} == pinned for i in schema.indexes)


def keys_listed(schema: Schema, where: Filter | None) -> float:
    """How many keys, less the partition, the filter allows at its top; endless if it lists none."""
    own = [name for name in schema.key if name != schema.partition]
    return len(_choices(where)[own[0]]) if own[1:] == [] and own[0] in _choices(where) else inf


def is_short(layout: Layout, where: Filter | None, order: Order | None, limit: int | None) -> bool:
    """Whether a query reads few rows along one index, and so needs no other thread."""
    few = limit is not None and limit <= SHORT_READ
    pinned, named, parts = [], [], at_top(where)
    for part in parts:
        if isinstance(part, Compare) and part.op is Op.EQ:
            pinned.append(part.field)
        elif isinstance(part, Compare) and part.op is Op.IN and len(part.value) <= SHORT_READ:
            named.append(part.field)
    lead = layout.schema.key[: len(parts)]
    if few and order is None and len(parts) == len(pinned) and set(pinned) == set(lead):
        return True  # in the key's own order, and no row is passed over
    return _is_short(layout, tuple(pinned), tuple(named), order, few)


@lru_cache(maxsize=1024)
def _is_short(
    layout: Layout, pinned: tuple[str, ...], named: tuple[str, ...], order: Order | None, few: bool
) -> bool:
    schema = layout.schema
    for lead in (schema.key, *(i.fields for i in schema.indexes)):
        rest = [f for f in lead if f not in pinned]
        sorts = [order.field, *schema.key] if order else []
        wanted = [f for f in sorts if f not in pinned]
        if few and rest == wanted[: len(rest)] and (rest or order is None):
            return True
    return set(schema.key) <= {*pinned, *named}


def _choices(where: Filter | None) -> dict[str, tuple[Any, ...]]:
    """Fields of which the filter lists the values, at its top."""
    return {p.field: p.value for p in at_top(where) if isinstance(p, Compare) and p.op is Op.IN}
