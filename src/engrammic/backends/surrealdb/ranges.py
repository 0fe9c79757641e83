"""Where rows are read from: along an index, in a range of keys, or behind a record."""

from __future__ import annotations

from typing import Any

from engrammic.backends.surrealdb.rows import row_id, table_of
from engrammic.compile.surreal import MARK, Condition, column
from engrammic.filters import Filter
from engrammic.keys import Key
from engrammic.reads import at_top, equalities
from engrammic.types import Kind, Order, Schema


def behind(schema: Schema, order: Order | None, after: tuple[Any, ...]) -> Condition:
    """Behind a record in the order; for ints a first comparison lets an index serve."""
    down = order is not None and order.descending
    sign = "<" if down else ">"
    if order is None:
        return Condition(f"(id {sign} {MARK})", (row_id(schema, after),))
    name, value, key = column(order.field), after[0], row_id(schema, after[1:])
    text = f"({name} {sign} {MARK} OR ({name} = {MARK} AND id {sign} {MARK}))"
    if schema.field(order.field).kind is not Kind.INT:
        return Condition(text, (value, value, key))
    beside = value + 1 if down else value - 1
    return Condition(f"({name} {sign} {MARK} AND {text})", (beside, value, value, key))


def is_lookup(where: Filter | None) -> bool:
    """Whether nothing but equality is asked."""
    return len(equalities(where)) == len(at_top(where))


def is_key(after: Key | None) -> bool:
    """Whether its values are such as keys hold: an int may be compared with a float too."""
    return after is None or all(type(value) in (str, int) for value in after)


def is_indexed(schema: Schema, where: Filter | None) -> bool:
    """Whether an index narrows down more than the partition does."""
    known = equalities(where)
    for index in schema.indexes:
        own = [name for name in index.fields if name != schema.partition]
        if own and own[0] in known and index.fields[0] in known:
            return True
    return False


def range_of(schema: Schema, where: Filter | None, last: Key | None, params: dict[str, Any]) -> str:
    """The rows of a partition or all, those behind a key.

    A table that is no range is read along an index of the engine's choice.
    """
    table, known = table_of(schema), equalities(where)
    start = end = ""
    value = known.get(schema.partition or "")
    if schema.partition == schema.key[0] and isinstance(value, str) and len(schema.key) > 1:
        params["p"] = value
        start, end = "[$p, NONE]", "[$p, {}]"
    if last is not None:
        params |= {f"k{n}": value for n, value in enumerate(last)}
        start = f"[{', '.join(f'$k{n}' for n in range(len(last)))}]>"
    return f"{table}:{start or '[NONE]'}..{end}"
