"""Finding: candidates by meaning and by words, fused into one ranking that explains itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput, ModelNotFound
from engrammic.filters import Filter, is_in
from engrammic.predicate import check_text
from engrammic.scope import Scoped
from engrammic.stores.encoding import encode_query
from engrammic.text import query_terms
from engrammic.types import Kind, Record, Schema, Scored, Vector

POOL = 100
"""Candidates taken from each half; more gain nothing (docs/decisions)."""

LARGEST_LIMIT = 1_000
LONGEST_QUERY = 20_000

LEXICAL = (
    "found by words alone: there is no embedding model; "
    "`engrammic model install` gets one and fills the vectors in"
)

Place: TypeAlias = tuple[str, str]
"""Which corpus, and the id there."""


class Mode(StrEnum):
    """How to search: by meaning, by words, or by both."""

    VECTOR = "vector"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Corpus:
    """One table to search in, and what narrows it."""

    kind: str
    schema: Schema
    where: Filter | None = None

    @property
    def key(self) -> str:
        """The field that holds an item's id."""
        return self.schema.key[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that ranking needs."""
        return (self.key, "created_at")

    @property
    def has_vectors(self) -> bool:
        """Whether the table has a field for vectors."""
        return bool(self.schema.of_kind(Kind.VECTOR))


@dataclass(frozen=True, slots=True)
class Found:
    """A record found, its score in [0, 1], and why."""

    kind: str
    record: Record
    score: float
    why: Fused


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits best first; `notes` says what a user should know of how they were found."""

    hits: list[Found]
    mode: Mode
    notes: tuple[str, ...] = ()


async def retrieve(
    backend: Scoped,
    corpora: Sequence[Corpus],
    query: str,
    *,
    limit: int,
    mode: Mode | str,
    embedder: Embedder | None,
    moment: int,
    min_score: float = 0.0,
) -> Ranking:
    """The best hits over all corpora. `min_score` cuts the fused score, here and nowhere else.

    Raises InvalidInput for a bad limit, mode or query, ModelNotFound when
    `vector` is asked for and there is no model.
    """
    mode = _checked(query, limit, mode)
    notes: tuple[str, ...] = ()
    if embedder is None and mode is not Mode.KEYWORD:
        if mode is Mode.VECTOR:
            raise ModelNotFound(f"cannot search by meaning: {LEXICAL}")
        mode, notes = Mode.KEYWORD, (LEXICAL,)
    search = _Search(backend, corpora, query, mode, embedder, moment)
    ranked = await search.run()
    page = [r for r in ranked if r.score >= min_score][:limit]
    return Ranking(await search.records(page), mode, notes)


def _checked(query: str, limit: int, mode: Mode | str) -> Mode:
    if not query.strip():
        raise InvalidInput("query", "is empty; say what to look for")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("query", f"is longer than {LONGEST_QUERY} characters")
    check_text(query, "query")
    if not 1 <= limit <= LARGEST_LIMIT:
        raise InvalidInput("limit", f"want 1 to {LARGEST_LIMIT}, not {limit}")
    if mode not in list(Mode):
        raise InvalidInput("mode", f"{mode!r} is none of {', '.join(Mode)}")
    return Mode(mode)


@dataclass(frozen=True, slots=True)
class _Search:
    """One query on its way through all corpora."""

    backend: Scoped
    corpora: Sequence[Corpus]
    query: str
    mode: Mode
    embedder: Embedder | None
    moment: int

    async def run(self) -> list[Fused]:
        """Every candidate, fused, best first."""
        words = asyncio.gather(*map(self._by_words, self.corpora))
        vector = await self._vector()
        meanings = await asyncio.gather(*(self._by_meaning(c, vector) for c in self.corpora))
        found = _Candidates()
        for corpus, hits, near in zip(self.corpora, await words, meanings, strict=True):
            found.add(corpus, hits, near)
        return found.fused(self.mode)

    async def records(self, page: Sequence[Fused]) -> list[Found]:
        """The full records of a page, in its order; what vanished meanwhile is left out."""
        found: dict[Place, Found] = {}
        for corpus in self.corpora:
            mine = {r.place[1]: r for r in page if r.place[0] == corpus.kind}
            if not mine:
                continue
            where = is_in(corpus.key, tuple(mine))
            for record in await self.backend.query(corpus.schema.name, where):
                why = mine[record[corpus.key]]
                found[why.place] = Found(corpus.kind, record, why.score, why)
        return [found[r.place] for r in page if r.place in found]

    async def _vector(self) -> Vectors | None:
        if self.embedder is None or self.mode is Mode.KEYWORD:
            return None
        return await encode_query(self.embedder, self.query)

    async def _by_words(self, corpus: Corpus) -> list[Scored]:
        terms = query_terms(self.query)
        if self.mode is Mode.VECTOR or not terms:
            return []
        return await self.backend.text_search(
            corpus.schema.name, terms, limit=POOL, where=corpus.where, columns=corpus.columns
        )

    async def _by_meaning(self, corpus: Corpus, vector: Vectors | None) -> list[Scored]:
        if vector is None or not corpus.has_vectors:
            return []
        return await self.backend.vector_search(
            corpus.schema.name,
            "vector",
            vector,
            limit=POOL,
            where=corpus.where,
            columns=corpus.columns,
        )


class _Candidates:
    def __init__(self) -> None:
        self.cosine: dict[Place, float] = {}
        self.bm25: dict[Place, float] = {}

    def add(self, corpus: Corpus, words: Sequence[Scored], near: Sequence[Scored]) -> None:
        for hit in words:
            self.bm25[corpus.kind, hit.record[corpus.key]] = hit.score
        for hit in near:
            self.cosine[corpus.kind, hit.record[corpus.key]] = hit.score

    def fused(self, mode: Mode) -> list[Fused]:
        best = max(self.bm25.values(), default=1.0)
        out = []
        for place in {**self.cosine, **self.bm25}:
            c, b = self.cosine.get(place), self.bm25.get(place)
            parts = {Mode.VECTOR: c or 0.0, Mode.KEYWORD: (b or 0.0) / best}
            score = parts.get(mode, 0.65 * (c or 0.0) + 0.35 * (b or 0.0) / best)
            out.append(Fused(place, min(1.0, max(0.0, score)), c, b))
        return sorted(out, key=lambda f: (-f.score, f.place))


@dataclass(frozen=True, slots=True)
class Fused:
    place: Place
    score: float
    cosine: float | None
    bm25: float | None

    def explain(self) -> str:
        return f"cosine {self.cosine}, bm25 {self.bm25}"
