"""The page of a vector search: ranked in this process, filtered by the server."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.mysql.matrix import Matrix
from engrammic.emulation.ranks import Ranked
from engrammic.filters import Filter
from engrammic.sql.reading import condition, decoder, is_partition_alone
from engrammic.sql.session import Session
from engrammic.types import Kind, Scored

SPREAD = 8
"""Ranked records that are tried for each one wanted, before all that match are listed."""


async def nearest(
    session: Session,
    matrix: Matrix,
    query: NDArray[np.float32],
    limit: int,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored]:
    """The best that match: tried in order of rank, or as a whole when matches are rare."""
    if where is None or is_partition_alone(matrix.layout, where):
        return await _given(session, matrix, matrix.rank(query, limit), None, names)
    ranked = matrix.rank(query, limit * SPREAD)
    page = await _given(session, matrix, ranked, where, names)
    if len(page) >= limit or len(ranked) < limit * SPREAD:
        return page[:limit]
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
    ranked = matrix.vectors.rank_among(allowed, query, limit)
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
