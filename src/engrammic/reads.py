"""What every read is checked for, and what its arguments come to, whatever the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic.checks import check_count, shown
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import And, Compare, Filter, Nulled, Op
from engrammic.predicate import LARGEST, check_text, check_value
from engrammic.records import NO_TERM, key_value
from engrammic.types import Kind, Order, Schema, Vector
from engrammic.units import unit

_SORTABLE = frozenset({Kind.TEXT, Kind.INT, Kind.FLOAT, Kind.BOOL})


def columns_of(schema: Schema, columns: Sequence[str] | None) -> tuple[str, ...]:
    """The fields to return. Raises UnknownField, or InvalidInput for terms."""
    if columns is None:
        return schema.stored
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise InvalidInput("columns", f"want a sequence of fields, not {shown(columns)}")
    known = {f.name: f for f in schema.fields}
    for name in columns:
        if not isinstance(name, str):
            raise InvalidInput("columns", f"want names of fields, not {shown(name)}")
        if name not in known:
            raise UnknownField(f"{schema.name}.{name}", known)
        if known[name].kind is Kind.TERMS:
            raise InvalidInput(f"{schema.name}.{name}", "terms are searched, not read back")
    return tuple(columns)


def page_columns(schema: Schema, columns: Sequence[str] | None) -> tuple[str, ...]:
    """As `columns_of`, for a query: at least one field."""
    chosen = columns_of(schema, columns)
    if not chosen:
        raise InvalidInput("columns", "is empty; name a field, or None for all")
    return chosen


def check_key(schema: Schema, key: Any) -> tuple[Any, ...]:
    """The key as it is stored, a value for each field of `schema.key`. Raises InvalidInput."""
    if not isinstance(key, tuple | list) or len(key) != len(schema.key):
        raise InvalidInput("key", f"want ({', '.join(schema.key)}), not {shown(key)}")
    return tuple([key_value(schema, n, v) for n, v in zip(schema.key, key, strict=True)])


def check_limit(limit: int | None) -> None:
    """Raises InvalidInput for a limit that is no int, or below zero."""
    if limit is not None:
        check_count("limit", limit, 0, LARGEST)


def check_order(order: Any) -> None:
    """Raises InvalidInput for what is no Order, or one of no field."""
    if order is not None and not (isinstance(order, Order) and isinstance(order.field, str)):
        raise InvalidInput("order", f"want an Order of a field, not {shown(order)}")


def sort_fields(schema: Schema, order: Order | None) -> tuple[str, ...]:
    """The fields that a page is sorted by: that of the order, then the key.

    Raises UnknownField, or InvalidInput for a field that may be null or has no order.
    """
    if order is None:
        return schema.key
    check_order(order)
    field, name = schema.field(order.field), f"{schema.name}.{order.field}"
    if field.name != order.field or field.kind not in _SORTABLE:
        raise InvalidInput(name, "only a text, int, float or bool field sorts a page")
    if field.nullable and field.name not in schema.key:
        raise InvalidInput(name, "may be null; only a field that is never null sorts a page")
    return (order.field, *schema.key)


def check_after(schema: Schema, order: Order | None, after: Any) -> None:
    """Raises InvalidInput unless `after` has a fitting value for each of `sort_fields`."""
    names = sort_fields(schema, order)
    if not isinstance(after, tuple | list) or len(after) != len(names):
        raise InvalidInput("after", f"want a value for each of {', '.join(names)}")
    for name, value in zip(names, after, strict=True):
        check_value(schema.field(name).kind, value, f"after.{name}")


def partition_of(schema: Schema, where: Filter | None) -> Any:
    """The one partition that a search asks for, None in a table without partitions.

    Raises InvalidInput where the filter does not demand `partition` eq a value.
    """
    if schema.partition is None:
        return None
    if where is not None:
        found = _demanded(schema.partition, where) or _nulled(schema.partition, where)
        if found is not None:
            return found.value.sound if isinstance(found.value, Nulled) else found.value
    raise InvalidInput(
        f"{schema.name}.{schema.partition}", "a search must say which: add eq on this field"
    )


def is_partition_alone(schema: Schema, where: Filter) -> bool:
    """Whether the filter asks for one partition and nothing else."""
    if isinstance(where, And):
        return len(where.parts) == 1 and is_partition_alone(schema, where.parts[0])
    return _demanded(schema.partition, where) is not None if schema.partition else False


def _demanded(name: str, where: Filter) -> Compare | None:
    if isinstance(where, Compare):
        return where if where.field == name and where.op is Op.EQ else None
    if isinstance(where, And):
        return next((c for p in where.parts if (c := _demanded(name, p)) is not None), None)
    return None


def _nulled(name: str, where: Filter) -> Compare | None:
    """The `eq` with a text that holds a NUL: whatever is searched, the filter lets nothing by."""
    if isinstance(where, Compare):
        is_one = where.field == name and isinstance(where.value, Nulled)
        return where if is_one and where.value.op is Op.EQ else None
    parts = where.parts if isinstance(where, And) else ()
    return next((c for p in parts if (c := _nulled(name, p)) is not None), None)


def at_top(where: Filter | None) -> tuple[Filter, ...]:
    """The filters that a record must pass, every one: the parts of an `And`, else the filter."""
    if where is None:
        return ()
    return tuple(where.parts) if isinstance(where, And) else (where,)


def equalities(where: Filter | None) -> dict[str, Any]:
    """Fields that the filter pins to one value, at its top."""
    return {p.field: p.value for p in at_top(where) if isinstance(p, Compare) and p.op is Op.EQ}


def query_vector(schema: Schema, field: str, vector: Vector) -> NDArray[np.float32]:
    """The vector to search for, normalised. Raises UnknownField, InvalidInput."""
    if not isinstance(field, str):
        raise InvalidInput("field", f"want the name of a field, not {shown(field)}")
    found, name = schema.field(field), f"{schema.name}.{field}"
    if found.kind is not Kind.VECTOR or found.dimension is None:
        raise InvalidInput(name, f"is {found.kind}, not a vector field")
    return unit(vector, found.dimension, name)


def query_terms(schema: Schema, terms: Sequence[str]) -> list[str]:
    """The terms to search for, each once, in order; what no term can be is left out.

    Raises InvalidInput.
    """
    if isinstance(terms, str) or not isinstance(terms, Sequence):
        raise InvalidInput("terms", "want a sequence of terms, not one text")
    if not schema.of_kind(Kind.TERMS):
        raise InvalidInput(schema.name, "the table has no field of terms to search")
    for term in terms:
        if not isinstance(term, str):
            raise InvalidInput("terms", f"a term is a text, not {shown(term)}")
        check_text(term, "terms")
    return [t for t in dict.fromkeys(terms) if t and not NO_TERM.search(t)]
