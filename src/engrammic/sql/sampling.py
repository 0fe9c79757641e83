"""A few vectors of matching records, read without reading all that match."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engrammic.filters import Filter
from engrammic.sql.layout import Layout
from engrammic.sql.reading import condition
from engrammic.sql.session import Session

TRIED = 2
"""Rows that are looked up for each vector wanted."""

SPREAD = 4
"""Rows that are read for each vector wanted where few of the rows looked up match."""

Found = list[NDArray[np.float32]]


async def sampled(
    session: Session, layout: Layout, field: str, count: int, where: Filter | None
) -> Found:
    """About `count` vectors: by numbers spread over the table, else the first that match."""
    vectors = layout.vectors_of(field)
    bounds = await session.rows(f"SELECT min(row_), max(row_) FROM {vectors}")  # noqa: S608
    first, last = bounds[0]
    if first is None:
        return []
    numbers = sorted({int(n) for n in np.linspace(first, last, count * TRIED)})
    among, values = layout.dialect.among("t.row_", numbers)
    found = await _read(session, layout, field, where, f"{among} AND ", values, count * TRIED)
    if 2 * len(found) < count:
        found = await _read(session, layout, field, where, "", [], count * SPREAD)
    return found[:: max(1, len(found) // count)][:count]


async def _read(
    session: Session,
    layout: Layout,
    field: str,
    where: Filter | None,
    among: str,
    values: list[int],
    most: int,
) -> Found:
    text, more = condition(layout, where)
    rows = await session.rows(
        f"SELECT {layout.dialect.vector_out('v.v')} FROM {layout.vectors_of(field)} v "  # noqa: S608
        f"JOIN {layout.table} t ON t.row_ = v.row_ WHERE {among}{text} LIMIT %s",
        [*values, *more, most],
    )
    return [layout.dialect.read_vector(row[0]) for row in rows]
