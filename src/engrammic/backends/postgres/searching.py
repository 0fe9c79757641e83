"""The nearest records by pgvector, as one statement each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.emulation.mixed import Mixed
from engrammic.filters import Filter
from engrammic.reads import is_partition_alone
from engrammic.sql.layout import Layout
from engrammic.sql.reading import condition

Best: TypeAlias = Callable[[int], Awaitable[list[Any]]]
"""Rows of a score, the key and the fields, best first."""

Run: TypeAlias = Callable[[str, list[Any]], Awaitable[list[Any]]]


def nearest(
    run: Run,
    layout: Layout,
    query: tuple[str, NDArray[np.float32]],
    where: Filter | None,
    names: Sequence[str],
    mixed: Mixed,
    *,
    exact: bool,
) -> Best:
    """A function that gives the rows nearest to `query`, a field and its vector.

    A partition that has its table for itself needs no filter before the ranking.
    """
    field, vector = query
    table = layout.schema.name
    literal = "[" + ",".join(map(str, vector.tolist())) + "]"
    text, values = condition(layout, where)

    async def narrowed(count: int) -> list[Any]:
        near = f"v JOIN {layout.table} t ON t.row_ = v.row_ WHERE {text}"
        return await run(
            _statement(layout, field, names, near, "", exact), [literal, *values, count]
        )

    async def among_all(count: int) -> list[Any]:
        if not mixed.knows(table, where):
            sql = _statement(layout, field, names, "v", f"WHERE {text} ", exact)
            rows = await run(sql, [literal, count, *values])
            if len(rows) == count:
                return rows
            mixed.note(table, where)
        return await narrowed(count)

    return among_all if where is None or is_partition_alone(layout.schema, where) else narrowed


def _statement(
    layout: Layout, field: str, names: Sequence[str], near: str, condition: str, exact: bool
) -> str:
    # No index serves a sum.
    away = "(v.v <=> %s::vector)" + (" + 0" if exact else "")
    keys = ", ".join(f"t.{layout.column(name)}" for name in layout.schema.key)
    given = "".join(f", {layout.given(name)}" for name in names)
    return (
        f"SELECT greatest(-1, least(1, 1 - s.away)), {keys}{given} "
        f"FROM (SELECT v.row_, {away} AS away FROM {layout.vectors_of(field)} {near} "
        f"ORDER BY away LIMIT %s) s JOIN {layout.table} t ON t.row_ = s.row_ "
        f"{condition}ORDER BY s.away"
    )
