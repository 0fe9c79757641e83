"""Whole records as they are stored: plain fields, vectors beside, terms as the index has them."""

from __future__ import annotations

from typing import Any

import apsw

from engrammic.backends.sqlite.folding import folded
from engrammic.backends.sqlite.layout import Layout, quoted
from engrammic.backends.sqlite.reading import decoder, expression
from engrammic.compile.infix import after_clause, order_clause
from engrammic.sql.sqlite import SQLITE
from engrammic.types import Kind, Record


def exported(
    connection: apsw.Connection, layout: Layout, after: tuple[Any, ...] | None, limit: int | None
) -> list[Record]:
    """A page of whole records by key."""
    sql, values = _page(layout, after, limit)
    decode = decoder(layout, tuple(f.name for f in layout.schema.fields))
    terms = [f.name for f in layout.terms]
    records = [decode(row) for row in connection.execute(sql, values)]
    for record in records:
        for name in terms:
            record[name] = folded(record[name])
    return records


def _page(
    layout: Layout, after: tuple[Any, ...] | None, limit: int | None
) -> tuple[str, list[Any]]:
    def column(name: str) -> str:
        is_beside = layout.schema.field(name).kind is Kind.VECTOR
        return expression(layout)(name) if is_beside else f"t.{quoted(name)}"

    where, values = ("1", []) if after is None else after_clause(
        layout.schema, None, after, SQLITE, column
    )  # fmt: skip
    columns = ", ".join(column(f.name) for f in layout.schema.fields)
    order = order_clause(layout.schema, None, column)
    sql = f"select {columns} from {layout.table} as t where {where} order by {order} limit ?"
    return sql, [*values, -1 if limit is None else limit]
