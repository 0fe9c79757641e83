"""Change lists that span two tables, and whether any of them stands there half."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count

from engrammic.backend import Backend
from engrammic.changes import Put
from engrammic.types import Field, Kind, Schema

PAIRS = Schema("pairs", (Field("n", Kind.INT, nullable=False), Field("text", Kind.TERMS)),
               key=("n",))  # fmt: skip
PARTS = Schema(
    "parts",
    (Field("n", Kind.INT, nullable=False), Field("i", Kind.INT, nullable=False),
     Field("text", Kind.TERMS), Field("v", Kind.VECTOR, dimension=3)),
    key=("n", "i"),
)  # fmt: skip
EACH = 200
"""Parts of a pair."""


async def keep_writing(backend: Backend, acknowledged: list[int], enough: asyncio.Event) -> None:
    """Write lists until one fails; `acknowledged` gets the numbers of those that did not."""
    for n in count():
        parts = [{"n": n, "i": i, "text": f"part number{n}", "v": [1, n, i]} for i in range(EACH)]
        await backend.apply([Put("pairs", [{"n": n, "text": f"number{n}"}]), Put("parts", parts)])
        acknowledged.append(n)
        if n == 5:
            enough.set()


async def both_or_neither(backend: Backend, acknowledged: Sequence[int]) -> None:
    """Asserts that every list is there whole or not at all, and the acknowledged ones are."""
    pairs = [r["n"] for r in await backend.query("pairs")]
    assert set(acknowledged) <= set(pairs)
    assert len(pairs) - len(acknowledged) <= 1
    assert await backend.count("parts") == EACH * len(pairs)
    for n in pairs:
        assert len(await backend.text_search("pairs", [f"number{n}"], limit=9)) == 1
        assert len(await backend.text_search("parts", [f"number{n}"], limit=999)) == EACH
    hits = await backend.vector_search("parts", "v", [1, 0, 0], limit=EACH * len(pairs) + 1)
    assert len(hits) == EACH * len(pairs)
