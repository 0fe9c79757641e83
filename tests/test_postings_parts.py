"""What postings are made of: sizes, frequencies, what changed, and where a ranking is cut."""

from __future__ import annotations

import random

import apsw
import numpy as np

from engrammic.backends.sqlite.derived.postings import Postings, frequencies, lengths
from engrammic.backends.sqlite.derived.words import ByFts5, ByPostings


def test_sizes_are_read_as_fts5_writes_them() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("create virtual table t using fts5(a, b)")
    counts = [(0, 0), (1, 127), (128, 129), (16_383, 2), (16_384, 0), (3, 70_000)]
    for a, b in counts:
        connection.execute("insert into t values (?, ?)", ("x " * a, "y " * b))
    packed = b"".join(size for (size,) in connection.execute("select sz from t_docsize"))
    assert lengths(packed, 2).tolist() == [a + b for a, b in counts]
    assert lengths(b"", 2).tolist() == []


def test_postings_take_in_what_changed() -> None:
    postings = Postings(np.array([0, 2, 5]), np.array([1.0, 2.0, 3.0]), 0)
    journal: list[tuple[int, dict[str, float]]] = [
        (2, {}),
        (5, {"w": 1.0}),
        (5, {"w": 9.0}),
        (7, {"w": 4.0}),
    ]
    postings.catch_up("w", journal)
    pairs = zip(postings.places.tolist(), postings.frequencies.tolist(), strict=True)
    assert dict(pairs) == {0: 1.0, 5: 9.0, 7: 4.0}
    postings.catch_up("w", journal)
    assert len(postings.places) == 3


def test_frequencies_are_weighted_by_field() -> None:
    assert frequencies(["a b a", None], [3.0, 1.0]) == {"a": 6.0, "b": 3.0}
    assert frequencies(["a", "a  b"], [3.0, 0.5]) == {"a": 3.5, "b": 0.5}


def test_a_ranking_by_postings_cuts_where_fts5_does() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("create virtual table t using fts5(a)")
    dice = random.Random(7)
    for row in range(1, 200):
        connection.execute(
            "insert into t(rowid, a) values (?, ?)",
            (row, " ".join(dice.choices("abcdefgh", k=dice.randint(1, 9)))),
        )
    fts5 = ByFts5(connection, "t", '"a" OR "b"')
    scores = np.zeros(199)
    for row, score in connection.execute('select rowid, -rank from t where t match \'"a" OR "b"\''):
        scores[row - 1] = score
    mine = ByPostings(np.arange(1, 200), scores)
    for depth in (0, 1, 7, 50, 150, 1000):
        assert mine.best(depth).scores.tolist() == fts5.best(depth).scores.tolist()
    some = np.arange(3, 150, 4)
    for limit in (1, 5, 100):
        assert mine.among(some, limit).scores.tolist() == fts5.among(some, limit).scores.tolist()
    assert len(mine.among(some[:0], 5).rows) == len(fts5.among(some[:0], 5).rows) == 0
