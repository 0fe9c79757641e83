"""What every embedder must do: subclass EmbedderTests and give it an `embedder` fixture."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from engrammic.embed.base import Embedder, Span

TEXTS = (
    "The auth module uses JWT tokens with RS256 signing.",
    "x",
    "",
    "   \n\t ",
    "?!… — ***",
    "Ein Straßenfest in Zürich; naïve café.",
    "認証モジュールはJWTを使います。安全な通信のため。",
    "인증 모듈은 토큰을 사용합니다",
    "🙂👩‍👩‍👧‍👦 zero\u200bwidth e\u0301",
    "def get_user_name(user_id: int) -> str: return users[user_id].name\n" * 3,
    "word " * 40,
)

LONG = (
    "The gateway checks every token. A token that is too old is refused! Why? Clocks drift.\n\n"
    * 60,
    "日本語の長い文章です。" * 200,
    "supercalifragilistic" * 200,
    "a" * 5000,
    " " * 5000 + "end",
    "각각각" * 700,
)


def assert_covers(spans: Sequence[Span], text: str) -> None:
    """Fail unless the spans follow each other without a gap from end to end of `text`."""
    assert spans
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert all(start < end for start, end in spans) or not text


class EmbedderTests:
    """The promises of the `Embedder` protocol.

    `tolerance` bounds the difference between a text's vector alone and in a
    batch. `near` and `far` are what a model must tell apart: the first two
    texts of `near` are nearer to each other than either is to `far`.
    """

    tolerance = 1e-5
    near = ("the cat sleeps on the sofa", "a cat sleeps on a sofa")
    far = "quarterly revenue fell in Europe"

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError

    def test_it_is_an_embedder(self, embedder: Embedder) -> None:
        """The protocol's members are there."""
        assert isinstance(embedder, Embedder)

    def test_a_vector_has_the_dimension_and_length_one(self, embedder: Embedder) -> None:
        """One text gives a float32 unit vector, whatever the text."""
        for text in TEXTS:
            vector = embedder.embed(text)
            assert vector.shape == (embedder.dimension,)
            assert vector.dtype == np.float32
            assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)

    def test_a_batch_keeps_the_order(self, embedder: Embedder) -> None:
        """Row n of a batch is text n."""
        texts = [f"{text} {n}" for n, text in enumerate(TEXTS)]
        alone = np.stack([embedder.embed(text) for text in texts])
        assert np.abs(embedder.embed_batch(texts) - alone).max() <= self.tolerance

    def test_neighbours_in_a_batch_do_not_matter(self, embedder: Embedder) -> None:
        """A text's vector does not depend on what is embedded beside it."""
        forward = embedder.embed_batch(TEXTS)
        backward = embedder.embed_batch(TEXTS[::-1])[::-1]
        assert np.abs(forward - backward).max() <= self.tolerance

    def test_equal_texts_have_equal_vectors(self, embedder: Embedder) -> None:
        """Embedding is deterministic."""
        assert np.array_equal(embedder.embed(TEXTS[0]), embedder.embed(TEXTS[0]))

    def test_an_empty_batch_is_an_empty_matrix(self, embedder: Embedder) -> None:
        """No texts give no rows, of the right width."""
        vectors = embedder.embed_batch([])
        assert vectors.shape == (0, embedder.dimension)
        assert vectors.dtype == np.float32

    def test_texts_that_share_their_sense_are_nearer(self, embedder: Embedder) -> None:
        """Alike texts are nearer than unlike ones."""
        a, b, c = embedder.embed_batch([*self.near, self.far])
        assert a @ b > max(a @ c, b @ c)

    def test_the_fingerprint_says_what_comes_back(self, embedder: Embedder) -> None:
        """The fingerprint agrees with the vectors and stays the same."""
        fingerprint = embedder.fingerprint
        assert fingerprint.dimension == embedder.dimension
        assert fingerprint.normalised
        assert fingerprint == embedder.fingerprint
        assert fingerprint.as_record()["model"] == fingerprint.model

    @pytest.mark.parametrize("text", [*TEXTS, *LONG], ids=range(len(TEXTS) + len(LONG)))
    def test_passages_cover_the_text(self, embedder: Embedder, text: str) -> None:
        """Passages leave no character out and none in twice."""
        assert_covers(embedder.passages(text), text)

    def test_several_threads_get_the_same_vectors(self, embedder: Embedder) -> None:
        """Threads do not disturb each other."""
        alone = embedder.embed_batch(TEXTS)
        with ThreadPoolExecutor(4) as pool:
            batches = [pool.submit(embedder.embed_batch, TEXTS) for _ in range(4)]
            singles = list(pool.map(embedder.embed, TEXTS))
        for found in (np.stack(singles), *(b.result() for b in batches)):
            assert np.abs(found - alone).max() <= self.tolerance
