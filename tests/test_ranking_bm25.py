"""BM25: the same numbers as SQLite's FTS5, to the sixth decimal and beyond."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.ranking.bm25 import LEAST_IDF, bm25, idf, saturation

COLUMN = st.lists(st.sampled_from("abcdefgh"), max_size=12)
TEXTS = st.lists(st.tuples(COLUMN, COLUMN), min_size=1, max_size=12)
WEIGHTS = st.tuples(st.floats(0.5, 5), st.floats(0.5, 5))


def fts5(
    documents: list[tuple[list[str], list[str]]], weights: tuple[float, float], terms: list[str]
) -> list[float | None]:
    db = apsw.Connection(":memory:")
    db.execute("create virtual table t using fts5(a, b, tokenize='ascii')")
    rows = [(i, " ".join(a), " ".join(b)) for i, (a, b) in enumerate(documents)]
    db.executemany("insert into t(rowid, a, b) values (?, ?, ?)", rows)
    match = " OR ".join(f'"{t}"' for t in terms)
    sql = "select rowid, -bm25(t, ?, ?) from t where t match ?"
    found = dict(db.execute(sql, (*weights, match)).fetchall())
    return [found.get(i) for i in range(len(documents))]


@given(TEXTS, WEIGHTS, st.lists(st.sampled_from("abcdefghz"), min_size=1, max_size=5))
def test_equal_to_fts5(
    documents: list[tuple[list[str], list[str]]], weights: tuple[float, float], terms: list[str]
) -> None:
    expected = fts5(documents, weights, terms)
    for own, theirs in zip(bm25(documents, weights, terms), expected, strict=True):
        assert own == (theirs if theirs is None else pytest.approx(theirs, rel=1e-9, abs=1e-12))


def test_a_rare_term_tells_more_and_a_common_one_next_to_nothing() -> None:
    assert idf(100, 1) > idf(100, 10) > idf(100, 60) == LEAST_IDF


def test_frequency_saturates_and_length_counts_against() -> None:
    assert saturation(1, 10, 10) < saturation(2, 10, 10) < saturation(1000, 10, 10) < 2.2
    assert saturation(1, 20, 10) < saturation(1, 10, 10)


def test_a_document_without_any_term_has_no_score() -> None:
    assert bm25([[["a"]], [["b"]]], [1.0], ["b"])[0] is None
    assert bm25([], [1.0], ["b"]) == []
    assert bm25([[[]]], [1.0], ["b"]) == [None]
