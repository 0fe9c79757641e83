"""The hashing embedder: the same everywhere, near for shared words, never zero."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engrammic.embed.base import Embedder
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput
from engrammic.testing.embedders import EmbedderTests


class TestHashing(EmbedderTests):
    tolerance = 0.0

    @pytest.fixture
    def embedder(self) -> Embedder:
        return HashingEmbedder()


@settings(max_examples=300)
@given(text=st.text(max_size=60), dimension=st.sampled_from([1, 2, 3, 64]))
def test_no_text_gives_the_zero_vector(text: str, dimension: int):
    assert np.linalg.norm(HashingEmbedder(dimension).embed(text)) == pytest.approx(1)


def test_processes_with_other_hash_seeds_agree():
    code = (
        "from engrammic.embed.hashing import HashingEmbedder as H;"
        "print(H(64).embed('The auth module, naïve café').tobytes().hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_a_known_vector_stays_what_it_is():
    vector = HashingEmbedder(8).embed("token")
    assert vector.tolist() == pytest.approx(
        [-0.4364358, 0, 0, 0, 0, 0, 0.2182179, 0.8728716], abs=1e-6
    )


def test_parts_of_words_count():
    asked, near, far = HashingEmbedder().embed_batch(["authentication", "authenticate", "bananas"])
    assert asked @ near > 0.3 > asked @ far


def test_a_dimension_below_one_is_refused():
    with pytest.raises(InvalidInput, match="dimension"):
        HashingEmbedder(0)
