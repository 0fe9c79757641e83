"""The cache before an embedder: really least recently used, keyed by model and text."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engrammic.embed.base import Embedder, Vectors
from engrammic.embed.cached import (
    CachedEmbedder,
    CachedEmbeddingProvider,
    EmbeddingProvider,
    get_embedder,
)
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput
from engrammic.testing.embedders import EmbedderTests


class Counting(HashingEmbedder):
    """Counts what it was asked for."""

    def __init__(self, dimension: int = 16) -> None:
        super().__init__(dimension)
        self.asked: list[str] = []

    def embed(self, text: str) -> Vectors:
        self.asked.append(text)
        return super().embed(text)

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.embed(text) for text in texts])


class TestCached(EmbedderTests):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return CachedEmbedder(HashingEmbedder())


def test_a_text_is_embedded_once():
    inner = Counting()
    cached = CachedEmbedder(inner)
    first = cached.embed("a")
    assert np.array_equal(cached.embed_cached("a"), first)
    assert inner.asked == ["a"]
    assert cached.cache_len() == 1


def test_what_was_used_last_stays():
    inner = Counting()
    cached = CachedEmbedder(inner, capacity=2)
    for text in ("a", "b", "a", "c", "a"):
        cached.embed(text)
    assert inner.asked == ["a", "b", "c"]
    cached.embed("b")
    assert inner.asked == ["a", "b", "c", "b"]
    assert cached.cache_len() == 2


def test_a_batch_uses_and_fills_the_cache():
    inner = Counting()
    cached = CachedEmbedder(inner)
    cached.embed("b")
    vectors = cached.embed_batch(["a", "b", "a", "c"])
    assert inner.asked == ["b", "a", "c"]
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(vectors[1], cached.embed("b"))
    cached.embed("c")
    assert inner.asked == ["b", "a", "c"]


def test_a_batch_larger_than_the_cache_is_whole():
    cached = CachedEmbedder(Counting(), capacity=3)
    texts = [f"text {n}" for n in range(10)]
    assert np.array_equal(cached.embed_batch(texts), HashingEmbedder(16).embed_batch(texts))
    assert cached.cache_len() == 3


@pytest.mark.parametrize("size", [1, 3, 32])
def test_batch_embed_gives_what_embed_batch_gives(size: int):
    cached = CachedEmbedder(Counting())
    texts = [f"text {n}" for n in range(7)]
    want = HashingEmbedder(16).embed_batch(texts)
    assert np.array_equal(cached.batch_embed(texts, batch_size=size), want)
    assert cached.batch_embed([]).shape == (0, 16)


def test_another_model_has_entries_of_its_own():
    cached = CachedEmbedder(Counting(16))
    cached.embed("a")
    cached.inner = Counting(8)
    assert cached.embed("a").shape == (8,)
    assert cached.cache_len() == 2


def test_a_vector_that_a_caller_changes_does_not_change_the_cache():
    cached = CachedEmbedder(HashingEmbedder(16))
    with pytest.raises(ValueError, match="read-only"):
        cached.embed("a")[0] = 5
    batch = cached.embed_batch(["a", "b"])
    batch[:] = 0
    assert np.linalg.norm(cached.embed("b")) == pytest.approx(1)


def test_clearing_forgets():
    cached = CachedEmbedder(Counting())
    cached.embed("a")
    cached.clear_cache()
    assert cached.cache_len() == 0


def test_no_capacity_keeps_nothing():
    cached = CachedEmbedder(Counting(), capacity=0)
    assert np.array_equal(cached.embed("a"), cached.embed_batch(["a"])[0])
    assert cached.cache_len() == 0


def test_senseless_numbers_are_refused_by_name():
    with pytest.raises(InvalidInput, match="capacity"):
        CachedEmbedder(HashingEmbedder(), capacity=-1)
    with pytest.raises(InvalidInput, match="batch_size"):
        CachedEmbedder(HashingEmbedder()).batch_embed(["a"], batch_size=0)


def test_similarity_is_the_cosine():
    cached = CachedEmbedder("hashing")
    assert cached.similarity("one text", "one text") == pytest.approx(1)
    assert cached.similarity("one text", "one word") > cached.similarity("one text", "else")


def test_the_names_of_the_seeds_are_here():
    assert EmbeddingProvider is CachedEmbeddingProvider is CachedEmbedder
    embedder = get_embedder("hashing:64")
    assert embedder.dimension == 64
    assert embedder.model_name == embedder.fingerprint.model
    assert CachedEmbedder("hashing").capacity == 1000


def test_threads_share_one_cache():
    cached = CachedEmbedder(HashingEmbedder(16), capacity=5)
    texts = [f"text {n % 9}" for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(cached.embed, texts))
    want = HashingEmbedder(16).embed_batch(texts)
    assert np.array_equal(np.stack(found), want)
    assert cached.cache_len() == 5
