"""Where a query stands among the records of a table: by meaning, by words, and beside the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engrammic.filters import Filter
from engrammic.keys import key_of, under
from engrammic.reads import columns_of, query_vector
from engrammic.types import Record, Schema, Scored, Vector

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is near a query or holds its words, each once, and a sample of all.

    The nearest come first, then what only words found, both best first.
    """

    columns: Mapping[str, Sequence[Any]]
    """The fields asked for, of each a value for every record."""
    cosines: list[float | None]
    """Of each record with the query; None where it has no vector."""
    bm25s: list[float | None]
    """Of each record; None where it is not among the best by words."""
    sample: NDArray[np.float32]
    """Cosines of records that are drawn evenly from all that match."""

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        near: Mapping[K, Scored],
        told: Mapping[K, Scored],
        farther: Mapping[K, float],
        sample: NDArray[np.float32],
    ) -> Self:
        """What searches by meaning and by words found; `farther` has cosines of the latter."""
        hits = {**told, **near}
        keys = [*near, *(key for key in told if key not in near)]
        return cls(
            {name: [hits[key].record[name] for key in keys] for name in columns},
            [near[key].score if key in near else farther.get(key) for key in keys],
            [told[key].score if key in told else None for key in keys],
            sample,
        )

    @property
    def records(self) -> list[Record]:
        """What was found, record by record."""
        rows = zip(*self.columns.values(), strict=True)
        return [dict(zip(self.columns, row, strict=True)) for row in rows]


class Searches(Protocol):
    """What a survey is made of, as `Backend` has it."""

    async def schema(self, table: str) -> Schema:
        """As `Backend.schema`."""
        ...

    async def vector_search(
        self, table: str, field: str, vector: Vector, *, limit: int, where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:  # fmt: skip
        """As `Backend.vector_search`."""
        ...

    async def text_search(
        self, table: str, terms: Sequence[str], *, limit: int, where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:  # fmt: skip
        """As `Backend.text_search`."""
        ...

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`."""
        ...


async def surveyed(
    backend: Searches,
    table: str,
    field: str,
    vector: Vector,
    terms: Sequence[str],
    limit: int,
    where: Filter | None,
    sample: int,
    columns: Sequence[str],
) -> Survey:
    """As `Backend.survey`, search by search: the two at once, then what one found of the other."""
    schema = await backend.schema(table)
    chosen = columns_of(schema, columns)
    query = query_vector(schema, field, vector)
    needed = tuple(dict.fromkeys((*chosen, *schema.key)))

    async def by_words() -> list[Scored]:
        if not terms:
            return []
        return await backend.text_search(table, terms, limit=limit, where=where, columns=needed)

    words = asyncio.ensure_future(by_words())
    try:
        near = await backend.vector_search(
            table, field, vector, limit=limit, where=where, columns=needed
        )
        vectors = await backend.vector_sample(table, field, count=sample, where=where)
    except BaseException:
        words.cancel()
        await asyncio.gather(words, return_exceptions=True)
        raise
    close = {key_of(schema, hit.record): hit for hit in near}
    told = {key_of(schema, hit.record): hit for hit in await words}
    rest = [key for key in told if key not in close] if close else []
    farther = await backend.vector_search(
        table, field, vector, limit=len(rest), where=under(schema, rest), columns=schema.key
    ) if rest else []  # fmt: skip
    scores = {key_of(schema, hit.record): hit.score for hit in farther}
    return Survey.of(chosen, close, told, scores, vectors @ query)
