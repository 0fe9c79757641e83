"""BM25 exactly as SQLite's FTS5 computes it, for databases that have none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

K1 = 1.2
B = 0.75
LEAST_IDF = 1e-6  # FTS5 gives it to terms that stand in more than half of the documents


def idf(documents: int, holding: int) -> float:
    """How telling a term is that `holding` of `documents` hold, in nats."""
    return max(math.log((documents - holding + 0.5) / (holding + 0.5)), LEAST_IDF)


def saturation(frequency: float, length: int, mean_length: float) -> float:
    """What a term's (weighted) frequency is worth in a document of that length, below K1 + 1."""
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length / mean_length))


def bm25(
    documents: Sequence[Sequence[Sequence[str]]], weights: Sequence[float], terms: Sequence[str]
) -> list[float | None]:
    """The score of each document, None where it holds no term.

    A document is its terms, one sequence per column; `weights` has one number
    per column. A frequency is the weighted sum over columns, a length the
    plain one. Formula: https://www.sqlite.org/fts5.html#the_bm25_function.
    """
    counts = [[Counter(column) for column in document] for document in documents]
    lengths = [sum(map(len, document)) for document in documents]
    mean = sum(lengths) / max(len(lengths), 1)
    holding = {t: sum(any(t in c for c in columns) for columns in counts) for t in terms}
    found: list[float | None] = []
    for columns, length in zip(counts, lengths, strict=True):
        present = [t for t in terms if any(t in c for c in columns)]
        score = sum(
            idf(len(documents), holding[t])
            * saturation(_frequency(columns, weights, t), length, mean)
            for t in present
        )
        found.append(score if present else None)
    return found


def _frequency(columns: Sequence[Counter[str]], weights: Sequence[float], term: str) -> float:
    return sum(w * c[term] for w, c in zip(weights, columns, strict=True))
