"""Fusions: bounded, monotone, exact where a formula is published, and able to say why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.ranking.fusion import POOL, Background, Candidate, Fusion, fuse

COSINE = st.none() | st.floats(-1, 1)
BM25 = st.none() | st.floats(0, 400)
MOMENT = st.none() | st.integers(0, 100)
ROWS = st.lists(st.tuples(COSINE, BM25, MOMENT), max_size=30)
BACKGROUND = st.builds(Background, st.floats(-0.2, 0.6), st.floats(0.01, 0.3))
FUSION = st.sampled_from(Fusion)


def candidates(rows: list[tuple[float | None, float | None, int | None]]) -> list[Candidate]:
    return [Candidate(i, *row) for i, row in enumerate(rows)]


@given(ROWS, FUSION, BACKGROUND)
def test_every_candidate_once_scored_within_0_and_1_best_first(
    rows: list[tuple[float | None, float | None, int | None]],
    fusion: Fusion,
    background: Background,
) -> None:
    hits = fuse(candidates(rows), fusion=fusion, background=background, spans=[(10, 20)])
    assert sorted(h.key for h in hits) == list(range(len(rows)))  # type: ignore[type-var]
    assert all(0 <= h.score <= 1 for h in hits)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


@given(ROWS.filter(len), FUSION, BACKGROUND, st.data())
def test_a_better_raw_score_never_lowers_the_place(
    rows: list[tuple[float | None, float | None, int | None]],
    fusion: Fusion,
    background: Background,
    data: st.DataObject,
) -> None:
    before = candidates(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    old = before[at]
    better = old._replace(
        cosine=None if old.cosine is None else data.draw(st.floats(old.cosine, 1)),
        bm25=None if old.bm25 is None else data.draw(st.floats(old.bm25, 400)),
    )
    after = [*before[:at], better, *before[at + 1 :]]

    def ahead(given_: list[Candidate]) -> set[object]:
        """Those with a higher score than the candidate's."""
        hits = fuse(given_, fusion=fusion, background=background)
        mine = next(h.score for h in hits if h.key == at)
        return {h.key for h in hits if h.score > mine + 1e-9}

    assert ahead(after) <= ahead(before)


def test_reciprocal_ranks_are_summed_exactly() -> None:
    hits = fuse(
        [Candidate("a", 0.9, 1.0), Candidate("b", 0.8, 7.0), Candidate("c", None, 3.0)],
        fusion="rrf",
    )
    scores = {h.key: h.score for h in hits}
    assert scores == {"a": 1 / 61 + 1 / 63, "b": 1 / 62 + 1 / 61, "c": 1 / 62}
    assert [h.key for h in hits] == ["b", "a", "c"]


def test_the_weighted_mean_is_that_of_cosine_and_share_of_the_best_bm25() -> None:
    hits = fuse([Candidate("a", 0.4, 5.0), Candidate("b", 0.8, 10.0)], fusion=Fusion.CONVEX)
    assert hits[0].score == pytest.approx(0.65 * 0.8 + 0.35)
    assert hits[1].score == pytest.approx(0.65 * 0.4 + 0.35 * 0.5)


def test_evidence_is_surprise_at_the_cosine_and_bm25_above_the_floor() -> None:
    (hit,) = fuse([Candidate("a", 0.6, 6.0)], background=Background(0.2, 0.1))
    assert hit.cosine_part == pytest.approx(4**2.5 / 3.3)
    assert hit.bm25_part == 6.0
    total = 4**2.5 / 3.3 + 6
    assert hit.score == pytest.approx(total / (total + 10))


def test_in_a_full_list_bm25_counts_from_its_last_place() -> None:
    found = [Candidate(n, bm25=float(n + 1)) for n in range(POOL + 20)]
    parts = {h.key: h.bm25_part for h in fuse(found)}
    assert parts[POOL + 19] == POOL - 1
    assert parts[20] == parts[3] == 0


def test_a_common_cosine_weighs_little_and_a_rare_one_much() -> None:
    """The same two lists rank differently before another background."""
    found = [Candidate("meant", 0.55, None), Candidate("worded", 0.35, 6.0)]
    sharp = fuse(found, background=Background(0.1, 0.1))
    vague = fuse(found, background=Background(0.3, 0.1))
    assert [sharp[0].key, vague[0].key] == ["meant", "worded"]


@pytest.mark.parametrize("fusion", Fusion)
def test_time_is_a_boost_and_no_filter(fusion: Fusion) -> None:
    found = [Candidate("then", 0.4, 5.0, 15), Candidate("later", 0.41, 5.1, 20)]
    assert fuse(found, fusion=fusion)[0].key == "later"
    hits = fuse(found, fusion=fusion, spans=[(0, 5), (10, 20)])
    assert [h.key for h in hits] == ["then", "later"]
    assert hits[0].time_part > 0 == hits[1].time_part


def test_one_half_alone_keeps_its_order_even_below_the_background() -> None:
    found = [Candidate(n, cosine=n / 100) for n in range(-20, 20)]
    assert [h.key for h in fuse(found)] == list(range(19, -21, -1))


def test_a_hit_says_why() -> None:
    hit = fuse([Candidate("a", 0.5, 6.0, 5)], spans=[(0, 10)])[0]
    for said in ("cosine 0.500 (rank 1", "bm25 6.000 (rank 1", "time named (+4)"):
        assert said in hit.explain()
    assert "bm25" not in fuse([Candidate("a", 0.5)])[0].explain()
    assert fuse([Candidate("a")])[0].explain() == "no list has it"


def test_a_background_is_the_mean_and_deviation_held_by_ten_typical_ones() -> None:
    assert Background.of([]) == Background()
    many = Background.of([0.2, 0.4] * 5000)
    assert many.mean == pytest.approx(0.3, abs=1e-3)
    assert many.deviation == pytest.approx(0.1, abs=1e-3)
    assert Background.of([0.9]).mean < 0.25


def test_an_unknown_fusion_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        fuse([], fusion="nonsense")
