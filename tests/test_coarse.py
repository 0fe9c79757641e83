"""The copy in eight bits: its bounds hold, and what it spares changes no page by a bit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import onnx
import pytest

from engrammic.backends.sqlite.derived import coarse, products, scan
from engrammic.backends.sqlite.derived.coarse import Coarse
from engrammic.backends.sqlite.derived.matrix import View
from engrammic.backends.sqlite.derived.products import GREATEST, MIDDLE
from engrammic.backends.sqlite.derived.scan import Scan, top
from engrammic.units import cosines

Rows: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

COUNT = 700
ROOM = 1000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes that let small matrices have a copy of several blocks, however slow it is."""
    for name, value in (("LEAST", 64), ("STEP", 16), ("WIDTH", 96)):
        monkeypatch.setattr(coarse, name, value)
    monkeypatch.setattr(scan, "FEWER", 2)
    loaded = products._loaded()
    monkeypatch.setattr(coarse, "product", lambda: loaded)


def units(rows: Any) -> Rows:
    rows = np.asarray(rows, np.float64)
    found: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def drawn(rng: np.random.Generator, dimension: int) -> Rows:
    return units(rng.normal(size=(COUNT, dimension)))


def clustered(rng: np.random.Generator, dimension: int) -> Rows:
    centres = rng.normal(size=(9, dimension))
    noise = rng.normal(size=(COUNT, dimension))
    return units(centres[rng.integers(9, size=COUNT)] + 0.2 * noise)


def near_duplicates(rng: np.random.Generator, dimension: int) -> Rows:
    return units(rng.normal(size=dimension) + 1e-6 * rng.normal(size=(COUNT, dimension)))


def ties(rng: np.random.Generator, dimension: int) -> Rows:
    few = units(rng.normal(size=(40, dimension)))
    return few[rng.integers(40, size=COUNT)]


def constant(rng: np.random.Generator, dimension: int) -> Rows:
    return units(rng.choice([-1.0, 1.0], size=(COUNT, 1)) * np.ones((COUNT, dimension)))


def one_hot(rng: np.random.Generator, dimension: int) -> Rows:
    return units(np.eye(dimension)[rng.integers(dimension, size=COUNT)])


def uneven(rng: np.random.Generator, dimension: int) -> Rows:
    return units(rng.normal(size=(COUNT, dimension)) * np.exp(rng.normal(0, 4, dimension)))


def tiny(rng: np.random.Generator, dimension: int) -> Rows:
    """One number of 1, and others down to where float32 ends."""
    rows = rng.normal(size=(COUNT, dimension)) * 10.0 ** rng.uniform(-44, -3, (COUNT, dimension))
    rows[np.arange(COUNT), rng.integers(dimension, size=COUNT)] = 1
    return units(rows)


def signs(rng: np.random.Generator, dimension: int) -> Rows:
    """All codes as great as they get: where sums of products are the greatest."""
    return units(rng.choice([-1.0, 1.0], size=(COUNT, dimension)))


KINDS: list[Callable[[np.random.Generator, int], Rows]] = [
    drawn, clustered, near_duplicates, ties, constant, one_hot, uneven, tiny, signs,
]  # fmt: skip


def view_of(vectors: Rows, dead: Any = (), copy: Coarse | None = None) -> View:
    rows = np.arange(len(vectors)) * 3
    copy = Coarse(vectors.shape[1]) if copy is None else copy
    return View(rows, vectors, np.array(dead, np.int64), True, copy)


def copied(vectors: Rows, dead: Any = ()) -> View:
    """A view whose copy holds all but what does not fill a step."""
    view = view_of(vectors, dead)
    for _ in range(1 + len(vectors) // coarse.STEP):
        view.coarse.bounds(vectors, vectors[0])
    assert len(vectors) - view.coarse.size < coarse.STEP
    return view


def whole(view: View, query: Rows, limit: int) -> Any:
    """What the scan of all gives."""
    return top(view.rows, view.scores(query), min(limit, view.count))


def assert_same(view: View, query: Rows, limit: int) -> None:
    found, wanted = Scan(view, query).nearest(limit), whole(view, query, limit)
    assert found.rows.tobytes() == wanted.rows.tobytes()
    assert found.scores.tobytes() == wanted.scores.tobytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 5, 8, 33, 384])
def test_no_cosine_lies_beyond_its_bounds(kind: Any, dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    vectors = kind(rng, dimension)
    view = copied(vectors)
    for query in (*kind(rng, dimension)[:3], vectors[5], *drawn(rng, dimension)[:2]):
        bounds = view.bounds(query)
        assert bounds is not None
        far = (bounds.reach.astype(float) + bounds.slack) * bounds.unit
        about = bounds.scores.astype(float) * bounds.unit
        true = vectors.astype(float) @ query.astype(float)
        assert np.all(np.abs(about - true) <= far)
        assert np.all(np.abs(about - cosines(vectors, query)) <= far)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 8, 64, 384])
def test_a_page_is_that_of_the_whole_scan_bit_by_bit(kind: Any, dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    vectors = kind(rng, dimension)
    dead = np.unique(rng.integers(COUNT, size=60))
    for view in (copied(vectors), copied(vectors, dead)):
        for query in (*kind(rng, dimension)[:3], vectors[dead[0]], *drawn(rng, dimension)[:2]):
            for limit in (0, 1, 10, 74, 300, COUNT, 2 * COUNT):
                assert_same(view, query, limit)


def test_rows_apart_have_the_cosines_that_they_have_among_all() -> None:
    rng = np.random.default_rng(5)
    for dimension in (1, 3, 7, 31, 100, 384, 1025):
        vectors = drawn(rng, dimension)
        places = np.sort(rng.permutation(COUNT)[:99])
        among = cosines(vectors, vectors[1])[places]
        assert cosines(vectors[places], vectors[1]).tobytes() == among.tobytes()
        assert cosines(vectors[places[0] :], vectors[1])[0] == among[0]


def test_few_rows_are_scored_where_vectors_differ() -> None:
    vectors = drawn(np.random.default_rng(1), 384)
    search = Scan(copied(vectors), vectors[3])
    assert search.nearest(5).rows[0] == 9
    assert "all" not in search.__dict__


def test_all_rows_are_scored_where_they_are_alike() -> None:
    vectors = near_duplicates(np.random.default_rng(1), 16)
    search = Scan(copied(vectors), vectors[3])
    search.nearest(5)
    assert "all" in search.__dict__


def test_the_first_search_copies_nothing_and_the_next_one_step() -> None:
    vectors = drawn(np.random.default_rng(2), 8)
    view = view_of(vectors)
    assert view.bounds(vectors[0]) is None
    assert (view.coarse.size, view.coarse.nbytes) == (0, 0)
    sizes = []
    for _ in range(20):
        view.bounds(vectors[0])
        sizes.append(view.coarse.size)
        assert_same(view, vectors[1], 9)
    step = COUNT // coarse.SHARE
    assert sizes[0] == step
    assert 0 < min(np.diff(sizes[:8])) <= max(np.diff(sizes)) <= 2 * step + coarse.STEP
    assert view.coarse.nbytes > 8 * COUNT


def test_a_small_matrix_has_no_copy() -> None:
    vectors = drawn(np.random.default_rng(2), 8)[: coarse.LEAST - 1]
    view = view_of(vectors)
    assert [view.bounds(vectors[0]) for _ in range(3)] == [None] * 3


def test_what_is_appended_is_copied_and_an_older_view_stays_right() -> None:
    vectors = drawn(np.random.default_rng(3), 24)
    old = copied(vectors[:300])
    new = view_of(vectors, [4, 310, 699], old.coarse)
    for number in range(40):
        for view in (old, new):
            assert_same(view, vectors[number], 10)
    assert COUNT - coarse.STEP < new.coarse.size <= COUNT
    assert len(new.coarse._blocks) == 2


def test_searches_on_several_threads_share_a_copy_that_grows() -> None:
    vectors = drawn(np.random.default_rng(4), 48)
    views = [view_of(vectors[:end], [7], Coarse(48)) for end in (200, 400, 700)]
    views = [view_of(v.vectors, [7], views[0].coarse) for v in views]

    def search(number: int) -> None:
        assert_same(views[number % 3], vectors[number % COUNT], 10)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(search, number) for number in range(600)]:
            done.result()
    assert COUNT - coarse.STEP < views[0].coarse.size <= COUNT


def test_the_graph_is_one_that_onnx_knows() -> None:
    onnx.checker.check_model(onnx.load_from_string(products.graph()), full_check=True)


def test_the_greatest_products_come_out_right() -> None:
    multiply = products._loaded()
    rng = np.random.default_rng(6)
    for size, count in ((1, 1), (2, 3), (7, 40), (64, 129), (1537, 33)):
        a = rng.choice([0, MIDDLE + GREATEST], size).astype(np.uint8)
        b = rng.choice([-GREATEST, GREATEST], (size, count)).astype(np.int8)
        for left, right in ((a, b), (np.full_like(a, a.max()), np.full_like(b, b.max()))):
            exact = left.astype(np.int64) @ right.astype(np.int64)
            assert np.array_equal(multiply(left, right), exact)


def unloaded() -> Any:
    raise ImportError("no onnxruntime on this machine")


@pytest.mark.parametrize(
    ("loaded", "said"),
    [
        (unloaded, "no onnxruntime on this machine"),
        (lambda: lambda a, b: np.zeros(b.shape[1], np.int32), "multiplies wrongly"),
    ],
)
def test_without_a_product_searches_go_on_and_it_is_said_once(
    loaded: Any, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    products.product.cache_clear()
    monkeypatch.setattr(products, "_loaded", loaded)
    monkeypatch.setattr(coarse, "product", products.product)
    vectors = drawn(np.random.default_rng(7), 8)
    view = view_of(vectors)
    for number in range(4):
        assert_same(view, vectors[number], 10)
    products.product.cache_clear()
    assert view.coarse.size == 0
    assert [said in record.getMessage() for record in caplog.records] == [True]


def test_a_product_that_is_not_faster_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    products.product.cache_clear()
    monkeypatch.setattr(products, "WORTH", 1e9)
    assert products.product() is None
    products.product.cache_clear()
