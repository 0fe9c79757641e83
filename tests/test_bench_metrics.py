"""The metrics of the quality bench, against values worked out by hand."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "benches"))

from metrics import bootstrap, ndcg, recall, reciprocal_rank


def test_ndcg_is_the_discounted_gain_over_the_best_possible() -> None:
    gains = {"a": 2.0, "b": 1.0}
    best = 2 + 1 / math.log2(3)
    assert ndcg(["a", "b"], gains) == 1
    assert ndcg(["b", "x", "a"], gains) == pytest.approx((1 + 2 / 2) / best)
    assert ndcg(["x"], gains) == ndcg(["a"], {}) == 0
    assert ndcg(["x", "a"], gains, k=1) == 0


def test_recall_is_the_share_found_among_the_first() -> None:
    gains = {"a": 1.0, "b": 1.0, "c": 0.0}
    assert recall(["a", "c", "b"], gains, k=2) == 0.5
    assert recall(["a", "c", "b"], gains, k=3) == 1


def test_the_reciprocal_rank_is_that_of_the_first_relevant() -> None:
    assert reciprocal_rank(["x", "a", "b"], {"a": 1.0, "b": 1.0}) == 0.5
    assert reciprocal_rank(["x"], {"a": 1.0}) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_an_interval_holds_its_mean_and_lies_within_the_values(values: list[float]) -> None:
    found = bootstrap(values, samples=200)
    slack = 1e-9
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    assert found == bootstrap(values, samples=200)


def test_nothing_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="no query"):
        bootstrap([])
