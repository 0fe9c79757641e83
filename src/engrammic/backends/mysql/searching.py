"""The page of a vector search: ranked in this process, filtered by the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.mysql.matrix import Matrix
from engrammic.emulation.ranks import Ranked
from engrammic.filters import Filter
from engrammic.reads import is_partition_alone
from engrammic.sql.reading import Statement, condition, decoder
from engrammic.sql.session import Session
from engrammic.types import Kind, Scored

SPREAD = 8
"""Ranked records that are tried for each one wanted, before all that match are listed."""


async def at_once(
    session: Session,
    matrix: Matrix,
    query: NDArray[np.float32],
    limit: int,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored] | None:
    """The page by one statement; None where it saw a later state, or too few records match."""
    plain = where is None or is_partition_alone(matrix.layout.schema, where)
    async with matrix.turn:
        seq, ranked = matrix.seq, matrix.rank(query, limit if plain else limit * SPREAD)
        asked = _asked(matrix, ranked, None if plain else where, names)
    if seq < 0 or not ranked:
        return None
    rows = await session.rows(*asked)
    if not rows or rows[0][0] != seq or len(rows) < min(limit, len(ranked)):
        return None
    return _scored(matrix, ranked, rows, names)[:limit]


async def nearest(
    session: Session,
    matrix: Matrix,
    query: NDArray[np.float32],
    limit: int,
    where: Filter | None,
    names: Sequence[str],
) -> list[Scored]:
    """The best that match: tried in order of rank, or as a whole when matches are rare."""
    if where is None or is_partition_alone(matrix.layout.schema, where):
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
    rows = await session.rows(*_asked(matrix, ranked, where, names))
    return _scored(matrix, ranked, rows, names)


def _asked(matrix: Matrix, ranked: Ranked, where: Filter | None, names: Sequence[str]) -> Statement:
    """Asks for the ranked records that match, and the last change that the statement sees."""
    layout = matrix.layout
    text, values = condition(layout, where)
    among, _ = layout.dialect.among("t.row_", matrix.rows_of(key for key, _ in ranked))
    given = ", ".join(map(layout.given, (*layout.schema.key, *names)))
    return (
        f"SELECT (SELECT coalesce(max(seq), 0) FROM engrammic_changes), {given} "
        f"FROM {layout.table} t WHERE {among} AND {text}"
    ), values


def _scored(
    matrix: Matrix, ranked: Ranked, rows: Sequence[Any], names: Sequence[str]
) -> list[Scored]:
    layout = matrix.layout
    keys = layout.schema.key
    read, width = layout.dialect.read_text, len(keys) + 1
    texts = [layout.schema.field(n).kind is Kind.TEXT for n in keys]
    decode, found = decoder(layout, names), {}
    for row in rows:
        key = tuple([read(v) if t else v for t, v in zip(texts, row[1:width], strict=True)])
        found[key] = row[width:]
    return [Scored(decode(found[key]), score) for key, score in ranked if key in found]
