"""Whole records as they are stored: plain fields, vectors beside, terms out of FTS5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import apsw
import numpy as np

from engrammic.backends.sqlite.connection import snapshot
from engrammic.backends.sqlite.layout import Layout, folded, quoted
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import decoder, listing, select
from engrammic.compile.infix import after_clause, order_clause
from engrammic.sql.sqlite import SQLITE
from engrammic.types import Record


def exported(
    connection: apsw.Connection,
    layout: Layout,
    partitions: Partitions,
    after: tuple[Any, ...] | None,
    limit: int | None,
) -> list[Record]:
    """A page of whole records by key, read in one snapshot."""
    columns = tuple(f.name for f in (*layout.plain, *layout.vectors))
    decode = decoder(layout, columns)
    if not layout.terms:
        sql, values = select(layout, None, None, after, limit, columns)
        return [decode(row) for row in connection.execute(sql, values)]
    sql, values = _page(layout, columns, after, limit)
    width = 1 + len(layout.schema.key)
    with snapshot(connection):
        rows: list[Any] = connection.execute(sql, values).fetchall()
        records = {row[0]: decode(row[width:]) for row in rows}
        for part, members in _by_part(connection, layout, partitions, records).items():
            _add_terms(connection, layout, part, members)
    return [{f.name: record.get(f.name) for f in layout.schema.fields}
            for record in records.values()]  # fmt: skip


def _page(
    layout: Layout, columns: tuple[str, ...], after: tuple[Any, ...] | None, limit: int | None
) -> tuple[str, list[Any]]:
    def column(name: str) -> str:
        return f"t.{quoted(name)}"

    where, values = ("1", []) if after is None else after_clause(
        layout.schema, None, after, SQLITE, column
    )  # fmt: skip
    order = order_clause(layout.schema, None, column)
    sql = f"{listing(layout, columns, where)} order by {order} limit ?"
    return sql, [*values, -1 if limit is None else limit]


def _by_part(
    connection: apsw.Connection,
    layout: Layout,
    partitions: Partitions,
    records: Mapping[int, Record],
) -> dict[int, dict[int, Record]]:
    parts: dict[int, dict[int, Record]] = {}
    column = layout.schema.partition
    for row, record in records.items():
        part = partitions.known(connection, None if column is None else record[column])
        if part is not None and partitions.has_terms(connection, layout, part):
            parts.setdefault(part.number, {})[row] = record
    return parts


def _add_terms(
    connection: apsw.Connection, layout: Layout, part: int, members: Mapping[int, Record]
) -> None:
    names = [f.name for f in layout.terms]
    rows = apsw.carray(np.array(list(members), np.int64))
    sql = (
        f"select rowid, {', '.join(map(quoted, names))} from {layout.terms_table(part)} "
        "where rowid in (select value from carray(?))"
    )
    found: Sequence[Any] = connection.execute(sql, (rows,)).fetchall()
    for row, *values in found:
        members[row].update(zip(names, map(folded, values), strict=True))
