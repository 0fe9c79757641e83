"""Pages of ranked rows: equal scores by key, also at the end of a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from engrammic.emulation.ranks import ordered
from engrammic.sql.layout import Layout
from engrammic.sql.reading import decoder
from engrammic.types import Kind, Scored

SPARE = 2
"""Rows more than a page: equal scores at its end are ordered by key."""

GROWTH = 4
"""How many times as many rows are asked for while the page's last scores are not told apart."""


async def ranked(
    layout: Layout,
    best: Callable[[int], Awaitable[list[Any]]],
    limit: int,
    names: Sequence[str],
    same: str,
) -> list[Scored]:
    """The page out of rows (score, *key, *fields) that `best` gives, best first."""
    count = limit + SPARE
    rows = await best(count)
    while len(rows) == count and format(rows[limit - 1][0], same) == format(rows[-1][0], same):
        count *= GROWTH
        rows = await best(count)
    width = len(layout.schema.key) + 1
    texts = [layout.schema.field(n).kind is Kind.TEXT for n in layout.schema.key]
    read = layout.dialect.read_text
    by_key = {
        tuple([read(v) if t else v for t, v in zip(texts, row[1:width], strict=True)]): row
        for row in rows
    }
    decode = decoder(layout, names)
    best_pairs = ordered([(key, float(row[0])) for key, row in by_key.items()], same)[:limit]
    return [Scored(decode(by_key[key][width:]), score) for key, score in best_pairs]
