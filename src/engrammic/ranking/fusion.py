"""Fusions: one ranking out of what a search by meaning and a search by words found.

The default, `evidence`, measures each list against its own background and adds:

* meaning: z**2.5 / 3.3, where z says by how many standard deviations a cosine
  exceeds those of unrelated texts of the same collection;
* words: BM25, which counts nats already, less that of the pool's last hit;
* time: 4 nats more for what was said in the time that the query names;
* graph: LINKED nats for what is next to what the query names, less for what is further
  off. What the query names itself counts only alone: words and meaning have it counted.

The sum e becomes the score e / (e + 10). docs/decisions/0001-fusion.md has the measurements.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.ranking.linked import Linked
from engrammic.ranking.timespan import Interval

POOL = 100
"""How many of each list count; more gain nothing."""

TIME_BOOST = 0.2
"""What fitting the query's time is worth, as a share of a full score."""

STEEPNESS = 2.5
"""The power of z. Were cosines of unrelated texts normal, it would be 2; their tail is thinner."""

EXCHANGE = 3.3
"""How many z**STEEPNESS weigh as much as one nat of BM25."""

LINKED = 4.0
"""Nats that the shortest way through the graph is worth, as much as the time named."""

FULL = 20.0
"""Nats of a clear hit; half of it is a score of one half."""

LOWEST = float("-inf")
RRF_K = 60
DENSE_SHARE = 0.65
LINKED_SHARE = 0.2

Column: TypeAlias = NDArray[np.float64]

Parts: TypeAlias = tuple[Column, Column, Column]
"""What meaning, words and graph contribute to each candidate."""


class Fusion(StrEnum):
    """Ways to fuse: `evidence`; reciprocal ranks (k = 60); a weighted mean."""

    EVIDENCE = "evidence"
    RRF = "rrf"
    CONVEX = "convex"


class Candidate(NamedTuple):
    """One thing that either search found.

    `cosine` should be there for every candidate that has a vector; `bm25` is
    needed for the first POOL by words only. `moment` is in unix milliseconds,
    `linked` what a walk through the graph says of it.
    """

    key: Hashable
    cosine: float | None = None
    bm25: float | None = None
    moment: int | None = None
    linked: Linked | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Many candidates, as a column for each field of `Candidate`."""

    keys: Sequence[Hashable]
    cosines: Sequence[float | None]
    bm25s: Sequence[float | None]
    moments: Sequence[int | None]
    links: Sequence[Linked | None]

    @classmethod
    def of(cls, rows: Sequence[Candidate]) -> Self:
        """The same, turned."""
        return cls(*zip(*rows, strict=True)) if rows else cls((), (), (), (), ())


@dataclass(frozen=True, slots=True)
class Background:
    """The cosines of a query with texts that have nothing to do with it."""

    mean: float = 0.15
    deviation: float = 0.1

    @classmethod
    def of(cls, cosines: Iterable[float]) -> Background:
        """The background in a sample of what is searched; 128 records drawn evenly suffice.

        Ten records with the typical background count in, so that a few memories do not mislead.
        """
        typical, weight = cls(), 10
        values = np.fromiter(cosines, np.float64)
        count = len(values) + weight
        mean = (float(values.sum()) + weight * typical.mean) / count
        squares = float(((values - mean) ** 2).sum())
        spread = squares + weight * typical.deviation**2
        return cls(mean, sqrt(spread / count))


@dataclass(frozen=True, slots=True)
class Fused:
    """A candidate's place in the ranking, and what put it there.

    `score` is in [0, 1]. A rank counts from 1 and is None beyond the pool. The
    parts are what each contributes, in the fusion's own unit. `linked` is how
    near it is in the graph, and the way there.
    """

    key: Hashable
    score: float
    cosine: float | None = None
    bm25: float | None = None
    cosine_rank: int | None = None
    bm25_rank: int | None = None
    cosine_part: float = 0.0
    bm25_part: float = 0.0
    time_part: float = 0.0
    linked: Linked | None = None
    linked_rank: int | None = None
    linked_part: float = 0.0

    def explain(self) -> str:
        """Raw scores, ranks and contributions in one line."""
        said = [
            f"{name} {raw:.3f} (rank {rank or f'> {POOL}'}, +{part:.3g})"
            for name, raw, rank, part in (
                ("cosine", self.cosine, self.cosine_rank, self.cosine_part),
                ("bm25", self.bm25, self.bm25_rank, self.bm25_part),
            )
            if raw is not None
        ]
        if self.linked is not None:
            rank = self.linked_rank or f"> {POOL}"
            way = " - ".join(self.linked.way)
            said.append(
                f"graph {self.linked.nearness:.3f} (rank {rank}, +{self.linked_part:.3g}) by {way}"
            )
        if self.time_part:
            said.append(f"time named (+{self.time_part:.3g})")
        return ", ".join(said) or "no list has it"


def fuse(
    candidates: Candidates | Sequence[Candidate],
    *,
    fusion: Fusion | str = Fusion.EVIDENCE,
    background: Background | None = None,
    spans: Sequence[Interval] = (),
    limit: int | None = None,
) -> list[Fused]:
    """The best `limit` candidates of one table; equal scores by cosine, then by BM25.

    `background` serves `evidence` only; without one the typical background
    is taken. Scores of several tables compare, so their lists can be merged.
    """
    fusion = Fusion(fusion)
    if not isinstance(candidates, Candidates):
        candidates = Candidates.of(candidates)
    columns = _columns(candidates)
    ranks = [_ranks(column) for column in columns]
    if fusion is Fusion.EVIDENCE:
        parts, full = _evidence(columns, background or Background(), _named(candidates)), FULL
    elif fusion is Fusion.RRF:
        parts, full = _rrf(ranks), 2 / (RRF_K + 1)
    else:
        parts, full = _convex(columns), 1.0
    times = np.zeros(len(candidates.keys))
    if spans:
        times[[_within(moment, spans) for moment in candidates.moments]] = TIME_BOOST * full
    totals = parts[0] + parts[1] + parts[2] + times
    raw = [np.where(np.isnan(column), -LOWEST, -column) for column in columns]
    order = np.lexsort((*raw[::-1], -totals))[:limit]
    rows = zip(
        order.tolist(), totals[order].tolist(), times[order].tolist(),
        *[part[order].tolist() for part in parts], *[_places(rank[order]) for rank in ranks],
        strict=True,
    )  # fmt: skip
    keys, links = candidates.keys, candidates.links
    cosines, bm25s = candidates.cosines, candidates.bm25s
    return [
        Fused(
            keys[i], _score(fusion, total), cosines[i], bm25s[i],
            near, told, meaning, words, time, links[i], linked, graph,
        )
        for i, total, time, meaning, words, graph, near, told, linked in rows
    ]  # fmt: skip


def _columns(candidates: Candidates) -> tuple[Column, Column, Column]:
    """Cosines, BM25 scores and nearness in the graph; NaN where there is none."""
    near = np.full(len(candidates.keys), np.nan)
    if any(candidates.links):
        near[:] = [np.nan if link is None else link.nearness for link in candidates.links]
    return (
        np.array(candidates.cosines, np.float64),
        np.array(candidates.bm25s, np.float64),
        near,
    )


def _score(fusion: Fusion, total: float) -> float:
    if fusion is Fusion.EVIDENCE:
        return total / (total + FULL / 2)
    return min(1.0, max(0.0, total))


def _within(moment: int | None, spans: Sequence[Interval]) -> bool:
    return moment is not None and any(start <= moment < end for start, end in spans)


def _ranks(values: Column) -> Column:
    """Places from 1 to POOL by falling value, NaN for the others."""
    ranks = np.full(len(values), np.nan)
    count = min(len(values) - int(np.isnan(values).sum()), POOL)  # NaN sorts last
    if count:
        ranks[np.argsort(-values, kind="stable")[:count]] = np.arange(1, count + 1)
    return ranks


def _places(ranks: Column) -> list[int | None]:
    return [None if rank != rank else int(rank) for rank in ranks.tolist()]  # NaN is not itself


def _named(candidates: Candidates) -> NDArray[np.bool_]:
    """Which candidates the query names itself, so that no relation leads there."""
    links = candidates.links
    return np.array([link is not None and not link.way[1:] for link in links], np.bool_)


def _evidence(
    columns: tuple[Column, Column, Column], background: Background, named: NDArray[np.bool_]
) -> Parts:
    cosines, bm25s, near = columns
    z = np.fmax((cosines - background.mean) / background.deviation, 0.0)
    scores = bm25s[~np.isnan(bm25s)]
    floor = np.partition(scores, -POOL)[-POOL] if len(scores) >= POOL else 0.0
    alone = bool(np.isnan(cosines).all() and np.isnan(bm25s).all())
    linked = LINKED * np.where(named & (not alone), 0.0, np.fmax(near, 0.0))
    return z**STEEPNESS / EXCHANGE, np.fmax(bm25s - floor, 0.0), linked


def _rrf(ranks: Sequence[Column]) -> Parts:
    """Cormack, Clarke and Büttcher 2009: the sum of 1 / (k + rank) over the lists."""
    meaning, words, graph = (np.nan_to_num(1 / (RRF_K + rank)) for rank in ranks)
    return meaning, words, graph


def _convex(columns: tuple[Column, Column, Column]) -> Parts:
    cosines, bm25s, near = (np.nan_to_num(column) for column in columns)
    best = max(bm25s.max(initial=0.0), 0.0) or 1.0
    return DENSE_SHARE * cosines, (1 - DENSE_SHARE) * bm25s / best, LINKED_SHARE * near
