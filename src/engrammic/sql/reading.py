"""Reading records on a database server: conditions, pages, and rows as records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from engrammic import reads
from engrammic.compile.infix import after_clause, compile_filter, order_clause
from engrammic.filters import And, Compare, Filter, Op
from engrammic.predicate import check_filter
from engrammic.sql.layout import HEAD, Layout
from engrammic.sql.numbers import whole_numbers
from engrammic.sql.session import Session
from engrammic.types import Kind, Order, Record

Statement: TypeAlias = tuple[str, list[Any]]
Decoder: TypeAlias = Callable[[Sequence[Any]], Record]


def condition(layout: Layout, where: Filter | None) -> Statement:
    """The condition over the table `t`, and its parameters."""
    if where is None:
        return layout.dialect.true, []
    check_filter(where, layout.schema)
    text, values = compile_filter(
        whole_numbers(where, layout.schema), layout.schema, layout.dialect, layout.at
    )
    # In front, since MariaDB orders along an index by the first form that it meets.
    for hint, value in _hints(layout, where):
        text = f"{hint} AND {text}"
        values.insert(0, value)
    return text, [as_parameter(v) for v in values]


def _hints(layout: Layout, where: Filter) -> Iterator[tuple[str, Any]]:
    """What follows from a filter, in a form that an index on the heads of texts serves."""
    if isinstance(where, And):
        for part in where.parts:
            yield from _hints(layout, part)
    elif isinstance(where, Compare) and where.op is Op.EQ:
        if _is_indexed(layout, where.field):
            yield f"{layout.dialect.head(layout.at(where.field))} = %s", where.value[:HEAD]
        elif layout.is_key(where.field):
            key = layout.dialect.as_key(where.value)
            if key != where.value:
                yield f"{layout.at(where.field)} = %s", key


def _is_indexed(layout: Layout, name: str) -> bool:
    indexed = any(name in index.fields for index in layout.schema.indexes)
    return indexed and layout.is_headed(name)


def as_parameter(value: Any) -> Any:
    """The value as it travels: a bool as a number."""
    return int(value) if isinstance(value, bool) else value


def select(
    layout: Layout,
    where: Filter | None,
    order: Order | None,
    after: Sequence[Any] | None,
    limit: int | None,
    names: Sequence[str],
) -> Statement:
    """The statement that reads a page, and its parameters."""
    reads.check_order(order)
    text, values = condition(layout, where)
    sort = order_clause(layout.schema, order, layout.at)
    if after is not None:
        behind, more = after_clause(layout.schema, order, tuple(after), layout.dialect, layout.at)
        symbol = "<=" if order is not None and order.descending else ">="
        first = layout.at(reads.sort_fields(layout.schema, order)[0])
        # What follows from the comparison of rows, in a form that an index serves.
        text = f"{text} AND {behind} AND {first} {symbol} %s"
        values = [*values, *map(as_parameter, more), as_parameter(after[0])]
    given = ", ".join(map(layout.given, names))
    sql = f"SELECT {given} FROM {layout.table} t WHERE {text} ORDER BY {sort}"  # noqa: S608
    if limit is not None:
        sql, values = f"{sql} LIMIT %s", [*values, limit]
    return sql, values


def decoder(layout: Layout, names: Sequence[str]) -> Decoder:
    """A function from a row with these fields to a record."""
    kinds = {name: layout.schema.field(name).kind for name in names}
    steps = [(i, n, _reader(layout, kinds[n])) for i, n in enumerate(names)]
    read = [(n, step) for _, n, step in steps if step is not None]

    def run(row: Sequence[Any]) -> Record:
        record = dict(zip(names, row, strict=True))
        for name, step in read:
            if record[name] is not None:
                record[name] = step(record[name])
        return record

    return run


def _reader(layout: Layout, kind: Kind) -> Callable[[Any], Any] | None:
    known: dict[Kind, Callable[[Any], Any]] = {
        Kind.TEXT: layout.dialect.read_text,
        Kind.TERMS: layout.dialect.read_text,
        Kind.JSON: json.loads,
        Kind.BOOL: bool,
        Kind.FLOAT: float,
        Kind.VECTOR: layout.dialect.read_vector,
    }
    return known.get(kind)


async def page(
    session: Session,
    layout: Layout,
    where: Filter | None,
    order: Order | None,
    after: Sequence[Any] | None,
    limit: int | None,
    names: Sequence[str],
) -> list[Record]:
    """The records of a page."""
    sql, values = select(layout, where, order, after, limit, names)
    return list(map(decoder(layout, names), await session.rows(sql, values)))


async def counted(session: Session, layout: Layout, where: Filter | None) -> int:
    """How many records match."""
    text, values = condition(layout, where)
    found = await session.rows(f"SELECT count(*) FROM {layout.table} t WHERE {text}", values)  # noqa: S608
    return int(found[0][0])


async def record_under(session: Session, layout: Layout, key: Sequence[Any]) -> Record | None:
    """The record under a key, or None."""
    values = [*map(layout.dialect.as_key, reads.check_key(layout.schema, key))]
    where = " AND ".join(f"t.{layout.column(name)} = %s" for name in layout.schema.key)
    names = layout.schema.stored
    given = ", ".join(map(layout.given, names))
    found = await session.rows(f"SELECT {given} FROM {layout.table} t WHERE {where}", values)  # noqa: S608
    return decoder(layout, names)(found[0]) if found else None
