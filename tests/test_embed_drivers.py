"""The embedders over other libraries: fastembed for real, sentence-transformers by a stand-in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from engrammic.embed.base import Embedder
from engrammic.embed.hashing import HashingEmbedder
from engrammic.embed.install import install_model
from engrammic.embed.onnx import OnnxEmbedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidSettings, ModelNotFound
from engrammic.testing.embedders import EmbedderTests
from tiny_bert import HAS_MINILM, WINDOW, write_tiny_bert

MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@cache
def minilm_by_fastembed() -> Embedder:
    return load_embedder(f"fastembed:{MINILM}?directory={install_model()}")


@pytest.mark.skipif(
    not (HAS_MINILM and find_spec("fastembed")), reason="fastembed or MiniLM is not installed"
)
class TestFastembed(EmbedderTests):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return minilm_by_fastembed()

    def test_it_agrees_with_our_own(self, embedder: Embedder):
        texts = ["The auth module uses JWT tokens", "Bananas are yellow", "x"]
        ours = OnnxEmbedder(device="cpu").embed_batch(texts)
        assert np.abs(embedder.embed_batch(texts) - ours).max() < 1e-5
        assert embedder.fingerprint.provider == "fastembed"

    def test_an_unknown_model_is_refused(self):
        with pytest.raises(InvalidSettings, match="no-such-model"):
            load_embedder("fastembed:no-such-model")

    def test_nothing_is_fetched_unasked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("FASTEMBED_CACHE_PATH", str(tmp_path))
        with pytest.raises(ModelNotFound, match="download=1"):
            load_embedder(f"fastembed:{MINILM}").embed("x")


class StandIn:
    """Not sentence-transformers: a stand-in with the few members that the adapter uses.

    The real library needs torch, which is too large for this suite. Vectors
    are hashed; the tokenizer is a real one.
    """

    tokenizer_file: Path

    def __init__(self, name: str, device: str | None, local_files_only: bool) -> None:
        if name == "absent":
            raise OSError("not in the cache")
        self.max_seq_length = None if name == "endless" else WINDOW
        self.tokenizer = SimpleNamespace(
            backend_tokenizer=Tokenizer.from_file(str(self.tokenizer_file))
        )

    def encode(self, texts: list[str], **options: Any) -> np.ndarray:
        assert options["normalize_embeddings"]
        assert options["convert_to_numpy"]
        return HashingEmbedder(24).embed_batch(texts)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("sentence_transformers")
    kind = type("SentenceTransformer", (StandIn,), {})
    kind.tokenizer_file = write_tiny_bert(tmp_path / "tiny") / "tokenizer.json"
    module.SentenceTransformer = kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    sys.modules.pop("engrammic.embed.sentence_transformers", None)
    yield
    sys.modules.pop("engrammic.embed.sentence_transformers", None)


class TestSentenceTransformersByStandIn(EmbedderTests):
    @pytest.fixture
    def embedder(self, stand_in: None) -> Embedder:
        return load_embedder("sentence-transformers:some/model?device=cpu")

    def test_a_long_text_has_passages(self, embedder: Embedder):
        assert embedder.fingerprint.max_tokens == WINDOW
        assert len(embedder.passages("the cat sleeps on the sofa. " * 30)) > 5

    def test_a_model_without_a_window_reads_everything(self, stand_in: None):
        endless = load_embedder("sentence-transformers:endless")
        assert endless.passages("cat " * 5000) == [(0, 20_000)]

    def test_files_that_are_not_here_are_not_fetched(self, stand_in: None):
        with pytest.raises(ModelNotFound, match="download=1"):
            load_embedder("sentence-transformers:absent").embed("x")


def test_the_adapters_need_their_driver_at_import_only():
    assert importlib.import_module("engrammic.embed.registry")
    assert "sentence_transformers" not in sys.modules
