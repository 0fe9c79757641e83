"""The page of a vector search: ranked in this process, filtered by the server."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.mysql.matrix import Matrix
from engrammic.emulation.ranks import Ranked
from engrammic.filters import And, Compare, Filter, Op
from engrammic.sql.layout import Layout
from engrammic.sql.reading import condition, decoder
from engrammic.sql.session import Session
from engrammic.types import Kind, Scored

GROWTH = 4
"""How many times as many ranked records are tried while the page is not full."""

SPARE = 8
"""Ranked records more than a page."""

PATIENCE = 2000
"""Ranked records that are tried before the filter is asked for all that match."""


async def nearest(
    session: Session,
    matrix: Matrix,
    query: NDArray[np.float32],
    limit: int,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored]:
    """The best that match: tried in order of rank, or as a whole when matches are rare."""
    page: list[Scored] = []
    alone = where is None or _is_partition_alone(matrix.layout, where)
    tried, step = 0, limit if alone else limit * GROWTH + SPARE
    while tried < PATIENCE or alone:
        ranked = matrix.rank(query, tried + step)[tried:]
        page += await _given(session, matrix, ranked, None if alone else where, names)
        if len(page) >= limit or len(ranked) < step:
            return page[:limit]
        tried, step = tried + step, step * GROWTH
    return await _among(session, matrix, query, limit, where, names)


async def _among(
    session: Session,
    matrix: Matrix,
    query: NDArray[np.float32],
    limit: int,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored]:
    text, values = condition(matrix.layout, where)
    rows = await session.rows(
        f"SELECT t.row_ FROM {matrix.layout.table} t WHERE {text}",
        values,
    )
    allowed = matrix.keys_of(row[0] for row in rows)
    everything = matrix.rank(query, len(matrix.vectors))
    ranked = [pair for pair in everything if pair[0] in allowed][:limit]
    return await _given(session, matrix, ranked, None, names)


async def _given(
    session: Session,
    matrix: Matrix,
    ranked: Ranked,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored]:
    """Those of the ranked records that match."""
    if not ranked:
        return []
    layout = matrix.layout
    text, values = condition(layout, where)
    among, _ = layout.dialect.among("t.row_", matrix.rows_of(key for key, _ in ranked))
    keys = layout.schema.key
    given = ", ".join(map(layout.given, (*keys, *names)))
    rows = await session.rows(
        f"SELECT {given} FROM {layout.table} t WHERE {among} AND {text}",
        values,
    )
    read = layout.dialect.read_text
    texts = [layout.schema.field(n).kind is Kind.TEXT for n in keys]
    decode, found = decoder(layout, names), {}
    for row in rows:
        key = tuple([read(v) if t else v for t, v in zip(texts, row, strict=False)])
        found[key] = row[len(keys) :]
    return [Scored(decode(found[key]), score) for key, score in ranked if key in found]


def _is_partition_alone(layout: Layout, where: Filter) -> bool:
    if isinstance(where, And):
        return all(_is_partition_alone(layout, part) for part in where.parts)
    return (
        isinstance(where, Compare) and where.op is Op.EQ and where.field == layout.schema.partition
    )
