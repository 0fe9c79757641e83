"""Finding: candidates by meaning and by words, fused into one ranking that explains itself."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np

from engrammic.embed.base import Embedder, Vectors
from engrammic.errors import InvalidInput, ModelNotFound
from engrammic.filters import every, is_in
from engrammic.ranking.fusion import POOL, Background, Candidates, Fused, Fusion, fuse
from engrammic.ranking.linked import Linked
from engrammic.ranking.timespan import Interval, spans
from engrammic.scope import Scoped
from engrammic.stores.base import IN
from engrammic.stores.corpus import Corpus
from engrammic.stores.encoding import encode_query, known_query
from engrammic.stores.modes import Mode, checked
from engrammic.surveying import Survey
from engrammic.text import query_terms
from engrammic.types import Record, Scored

SAMPLE = 128
"""Vectors that show what cosines unrelated texts have."""
FEW = 16
"""Fewer vectors show nothing by themselves: those of the other tables are looked at, too."""

LEXICAL = (
    "found by words alone: there is no embedding model; "
    "`engrammic model install` gets one and fills the vectors in"
)
UNLINKED = "found by meaning and words: the graph knows nothing that the query names"

Links: TypeAlias = Mapping[str, Mapping[str, Linked]]
"""What a walk through the graph reached: how near, by kind of item and by id."""


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
    links: Links | None = None,
) -> Ranking:
    """The best hits over all corpora. `min_score` cuts the fused score, here and nowhere else.

    `vector` is the query's, if given; else the embedder makes it. `links` is
    what the modes graph and multi need; where nothing is linked, graph is hybrid.
    Raises InvalidInput for a bad limit, mode or query, ModelNotFound when
    `vector` is asked for and there is no model.
    """
    mode, fusion = checked(query, limit, mode, fusion, min_score)
    if mode.by_graph and links is None:
        raise InvalidInput("mode", f"{mode} is for a whole memory; one store has no graph")
    mode, notes = _possible(mode, embedder is not None or vector is not None, links or {})
    search = _Search(
        backend, corpora, query, mode, embedder, moment, fusion, limit, query_terms(query),
        vector, links if links and mode.by_graph else {},
    )  # fmt: skip
    ranked = await search.run()
    page = [r for r in ranked if r.score >= min_score][:limit]
    return Ranking(await search.records(page), mode, notes)


def _possible(mode: Mode, by_meaning: bool, links: Links) -> tuple[Mode, tuple[str, ...]]:
    """The mode that can be had, and what one should know where it is another."""
    notes: list[str] = []
    if mode is Mode.GRAPH and not any(links.values()):
        mode = Mode.HYBRID
        notes.append(UNLINKED)
    if mode.by_meaning and not by_meaning:
        if mode is Mode.VECTOR:
            raise ModelNotFound(f"cannot search by meaning: {LEXICAL}")
        mode = Mode.KEYWORD if mode is Mode.HYBRID else mode
        notes.append(LEXICAL)
    return mode, tuple(notes)


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
    links: Links

    @property
    def pool(self) -> int:
        """Candidates taken from each half: more than POOL only where more hits are wanted."""
        return max(POOL, self.limit)

    async def run(self) -> list[Fused]:
        """The best candidates of all corpora, fused, best first."""
        vector = await self._vector()
        surveys = [await self._survey(corpus, vector) for corpus in self.corpora]
        everywhere = [cosine for survey in surveys for cosine in survey.sample]
        found = [
            await self._fused(corpus, survey, vector, everywhere)
            for corpus, survey in zip(self.corpora, surveys, strict=True)
        ]
        return sorted(chain.from_iterable(found), key=lambda hit: -hit.score)

    async def _fused(
        self, corpus: Corpus, survey: Survey, vector: Vectors | None, everywhere: Sequence[float]
    ) -> list[Fused]:
        candidates = self._candidates(corpus, survey)
        if links := self.links.get(corpus.kind):
            candidates = await self._linked(corpus, vector, links, candidates)
        if not candidates.keys:
            return []
        background = None
        if vector is not None and corpus.has_vectors:
            # Of a few versions of one item, none is unrelated.
            few = len(survey.sample) < FEW
            background = Background.of(everywhere if few else survey.sample)
        return fuse(
            candidates,
            fusion=self.fusion,
            background=background,
            spans=self._spans(candidates.moments),
            limit=self.limit,
        )

    async def _survey(self, corpus: Corpus, vector: Vectors | None) -> Survey:
        """What meaning and words find, and how near unrelated records are."""
        if vector is None or not corpus.has_vectors:
            told = await self._by_words(corpus)
            nothing = np.empty(0, np.float32)
            return Survey.of(corpus.columns, {}, dict(enumerate(told)), {}, nothing)
        # Unrelated records of what is searched, not of the whole table: turns of one
        # conversation resemble each other, and a cosine high among them is no surprise.
        return await self.backend.survey(
            corpus.schema.name,
            corpus.vector,
            vector,
            self.terms if self.mode.by_words else (),
            limit=self.pool,
            where=corpus.where,
            sample=SAMPLE,
            columns=corpus.columns,
        )

    async def _linked(
        self,
        corpus: Corpus,
        vector: Vectors | None,
        mine: Mapping[str, Linked],
        known: Candidates,
    ) -> Candidates:
        """What is known, and what the graph alone leads to: the nearest first, POOL at most."""
        ids = sorted(mine, key=lambda i: (-mine[i].nearness, i))
        found: list[Record] = []
        for start in range(0, len(ids), IN):
            part = is_in(corpus.key, ids[start : start + IN])
            where = every(corpus.where, corpus.findable, part)
            found += await self.backend.query(corpus.schema.name, where, columns=corpus.columns)
            if len(found) >= self.pool:
                break
        found.sort(key=lambda r: (-mine[r[corpus.key]].nearness, r[corpus.key]))
        moments = {r[corpus.key]: r[corpus.moment] for r in found[: self.pool]}
        there = set(known.keys)
        fresh = [i for i in moments if (corpus.kind, i) not in there]
        cosines = await self._cosines(corpus, vector, fresh)
        return Candidates(
            [*known.keys, *((corpus.kind, i) for i in fresh)],
            [*known.cosines, *map(cosines.get, fresh)],
            [*known.bm25s, *(None for _ in fresh)],
            [*known.moments, *(moments[i] for i in fresh)],
            [*known.links, *(mine[i] for i in fresh)],
        )

    async def _cosines(
        self, corpus: Corpus, vector: Vectors | None, ids: Sequence[str]
    ) -> dict[str, float]:
        """The cosines of what was found by other ways."""
        if not ids or vector is None or not corpus.has_vectors:
            return {}
        where = is_in(corpus.key, ids)
        found = await self.backend.vector_search(
            corpus.schema.name,
            corpus.vector,
            vector,
            limit=len(ids),
            where=where,
            columns=(corpus.key,),
        )
        return {hit.record[corpus.key]: hit.score for hit in found}

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
        if not self.mode.by_meaning:
            return None
        if self.vector is not None or self.embedder is None:
            return self.vector
        known = known_query(self.embedder, self.query)
        if known is not None:
            return known
        ahead = [
            self.backend.prefetch(corpus.schema.name, corpus.vector)
            for corpus in self.corpora
            if corpus.has_vectors
        ]
        vector, *_ = await asyncio.gather(encode_query(self.embedder, self.query), *ahead)
        return vector

    async def _by_words(self, corpus: Corpus) -> list[Scored]:
        if not self.mode.by_words or not self.terms:
            return []
        return await self.backend.text_search(
            corpus.schema.name,
            self.terms,
            limit=self.pool,
            where=corpus.where,
            columns=corpus.columns,
        )

    def _candidates(self, corpus: Corpus, survey: Survey) -> Candidates:
        """What a survey found."""
        ids, moments = survey.columns[corpus.key], survey.columns[corpus.moment]
        links = list(map(self.links.get(corpus.kind, {}).get, ids))
        keys = [(corpus.kind, i) for i in ids]
        return Candidates(keys, survey.cosines, survey.bm25s, moments, links)

    def _spans(self, moments: Sequence[int | None]) -> Sequence[Interval]:
        """The time that the query names, counted from now and from the oldest candidate."""
        if self.mode not in (Mode.HYBRID, Mode.MULTI):
            return ()
        earliest = min((m for m in moments if m is not None), default=None)
        return spans(self.query, self.moment, earliest=earliest)
