"""Finding: candidates by meaning and by words, fused into one ranking that explains itself."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TypeVar

import numpy as np

from engrammic.backend import Survey
from engrammic.checks import check_count, check_text, shown
from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput, ModelNotFound
from engrammic.filters import Filter, is_in
from engrammic.ranking.fusion import POOL, Background, Candidate, Fused, Fusion, fuse
from engrammic.ranking.timespan import Interval, spans
from engrammic.scope import Scoped
from engrammic.stores.encoding import encode_query
from engrammic.text import query_terms
from engrammic.types import Kind, Record, Schema, Scored

Choice = TypeVar("Choice", bound=StrEnum)

SAMPLE = 128
"""Vectors that show what cosines unrelated texts have."""

LARGEST_LIMIT = 1_000
LONGEST_QUERY = 20_000

LEXICAL = (
    "found by words alone: there is no embedding model; "
    "`engrammic model install` gets one and fills the vectors in"
)


class Mode(StrEnum):
    """How to search: by meaning, by words, or by both."""

    VECTOR = "vector"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Corpus:
    """One table to search in, and what narrows it.

    `vector` and `moment` name the fields that hold an item's vector and its time.
    """

    kind: str
    schema: Schema
    where: Filter | None = None
    vector: str = "vector"
    moment: str = "created_at"

    @property
    def key(self) -> str:
        """The field that holds an item's id."""
        return self.schema.key[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that ranking needs."""
        return (self.key, self.moment)

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
    fusion: Fusion | str = Fusion.EVIDENCE,
    vector: Vectors | None = None,
) -> Ranking:
    """The best hits over all corpora. `min_score` cuts the fused score, here and nowhere else.

    `vector` is the query's, if given; else the embedder makes it.
    Raises InvalidInput for a bad limit, mode or query, ModelNotFound when
    `vector` is asked for and there is no model.
    """
    mode, fusion = _checked(query, limit, mode, fusion, min_score)
    notes: tuple[str, ...] = ()
    if embedder is None and vector is None and mode is not Mode.KEYWORD:
        if mode is Mode.VECTOR:
            raise ModelNotFound(f"cannot search by meaning: {LEXICAL}")
        mode, notes = Mode.KEYWORD, (LEXICAL,)
    search = _Search(
        backend, corpora, query, mode, embedder, moment, fusion, limit, query_terms(query), vector
    )
    ranked = await search.run()
    page = [r for r in ranked if r.score >= min_score][:limit]
    return Ranking(await search.records(page), mode, notes)


def _checked(
    query: object, limit: object, mode: str, fusion: str, min_score: object
) -> tuple[Mode, Fusion]:
    if not isinstance(query, str):
        raise InvalidInput("query", f"want a text, not {shown(query)}")
    if not query.strip():
        raise InvalidInput("query", "is empty; say what to look for")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("query", f"is longer than {LONGEST_QUERY} characters")
    check_text(query, "query")
    check_count("limit", limit, 1, LARGEST_LIMIT)
    number = isinstance(min_score, float | int | np.number) and not isinstance(min_score, bool)
    if not number or not 0 <= min_score <= 1:  # type: ignore[operator]
        raise InvalidInput("min_score", f"want a number from 0 to 1, not {shown(min_score)}")
    return _choice("mode", Mode, mode), _choice("fusion", Fusion, fusion)


def _choice(name: str, choices: type[Choice], value: str) -> Choice:
    try:
        return choices(value)
    except ValueError:
        problem = f"{shown(value)} is none of {', '.join(choices)}"
        raise InvalidInput(name, problem) from None


@dataclass(frozen=True, slots=True)
class _Search:
    """One query on its way through all corpora."""

    backend: Scoped
    corpora: Sequence[Corpus]
    query: str
    mode: Mode
    embedder: Embedder | None
    moment: int
    fusion: Fusion
    limit: int
    terms: Sequence[str]
    vector: Vectors | None

    @property
    def pool(self) -> int:
        """Candidates taken from each half: more than POOL only where more hits are wanted."""
        return max(POOL, self.limit)

    async def run(self) -> list[Fused]:
        """The best candidates of all corpora, fused, best first."""
        # Words need no vector: they are searched for while the query is embedded.
        words = asyncio.gather(*map(self._by_words, self.corpora))
        try:
            vector = await self._vector()
            surveys = [await self._survey(corpus, vector) for corpus in self.corpora]
        except BaseException:
            words.cancel()
            await asyncio.gather(words, return_exceptions=True)
            raise
        found = [
            await self._fused(corpus, survey, told, vector)
            for corpus, survey, told in zip(self.corpora, surveys, await words, strict=True)
        ]
        return sorted(chain.from_iterable(found), key=lambda hit: -hit.score)

    async def _fused(
        self, corpus: Corpus, survey: Survey | None, told: list[Scored], vector: Vectors | None
    ) -> list[Fused]:
        near = [] if survey is None else survey.hits
        if near and told and vector is not None:
            near = near + await self._cosines(corpus, vector, _missing(corpus, told, near))
        candidates = _candidates(corpus, near, told)
        if not candidates:
            return []
        return fuse(
            candidates,
            fusion=self.fusion,
            background=None if survey is None else Background.of(survey.sample),
            spans=self._spans(candidates),
            limit=self.limit,
        )

    async def _survey(self, corpus: Corpus, vector: Vectors | None) -> Survey | None:
        """What is near by meaning, and how near unrelated records are."""
        if vector is None or not corpus.has_vectors:
            return None
        # Unrelated records of what is searched, not of the whole table: turns of one
        # conversation resemble each other, and a cosine high among them is no surprise.
        return await self.backend.vector_survey(
            corpus.schema.name,
            corpus.vector,
            vector,
            limit=self.pool,
            where=corpus.where,
            sample=SAMPLE,
            columns=corpus.columns,
        )

    async def _cosines(self, corpus: Corpus, vector: Vectors, ids: Sequence[str]) -> list[Scored]:
        """The cosines of what was found by words alone."""
        if not ids:
            return []
        where = is_in(corpus.key, ids)
        return await self.backend.vector_search(
            corpus.schema.name,
            corpus.vector,
            vector,
            limit=self.pool,
            where=where,
            columns=corpus.columns,
        )

    async def records(self, page: Sequence[Fused]) -> list[Found]:
        """The full records of a page, in its order; what vanished meanwhile is left out."""
        found: dict[Hashable, Found] = {}
        for corpus in self.corpora:
            mine = {hit.key[1]: hit for hit in page if hit.key[0] == corpus.kind}  # type: ignore[index]
            if not mine:
                continue
            where = is_in(corpus.key, tuple(mine))
            for record in await self.backend.query(corpus.schema.name, where):
                why = mine[record[corpus.key]]
                found[why.key] = Found(corpus.kind, record, why.score, why)
        return [found[hit.key] for hit in page if hit.key in found]

    async def _vector(self) -> Vectors | None:
        if self.mode is Mode.KEYWORD:
            return None
        if self.vector is not None or self.embedder is None:
            return self.vector
        return await encode_query(self.embedder, self.query)

    async def _by_words(self, corpus: Corpus) -> list[Scored]:
        if self.mode is Mode.VECTOR or not self.terms:
            return []
        return await self.backend.text_search(
            corpus.schema.name,
            self.terms,
            limit=self.pool,
            where=corpus.where,
            columns=corpus.columns,
        )

    def _spans(self, candidates: Sequence[Candidate]) -> Sequence[Interval]:
        """The time that the query names, counted from now and from the oldest candidate."""
        if self.mode is not Mode.HYBRID:
            return ()
        earliest = min((c.moment for c in candidates if c.moment is not None), default=None)
        return spans(self.query, self.moment, earliest=earliest)


def _missing(corpus: Corpus, told: Sequence[Scored], near: Sequence[Scored]) -> list[str]:
    key = corpus.key
    known = {hit.record[key] for hit in near}
    return [i for hit in told if (i := hit.record[key]) not in known]


def _candidates(corpus: Corpus, near: Sequence[Scored], told: Sequence[Scored]) -> list[Candidate]:
    key, kind = corpus.key, corpus.kind
    cosines = {hit.record[key]: hit.score for hit in near}
    bm25s = {hit.record[key]: hit.score for hit in told}
    moments = {hit.record[key]: hit.record[corpus.moment] for hit in chain(near, told)}
    return [
        Candidate((kind, i), cosines.get(i), bm25s.get(i), moment) for i, moment in moments.items()
    ]
