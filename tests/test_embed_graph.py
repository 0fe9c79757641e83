"""The graphs that are built from safetensors: exact beside a NumPy forward."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engrammic.embed.onnx import OnnxEmbedder
from engrammic.embed.weights import known_model, package_directory
from engrammic.errors import InvalidInput
from tiny_bert import HAS_MINILM, forward, write_tiny_bert

SENTENCES = [
    "The auth module uses JWT tokens with RS256 signing",
    "How do I rotate the keys of the gateway without signing everybody out?",
    "Caroline went to the LGBTQ support group on 7 May 2023.",
    "def f(x):\n    return {k: v for k, v in x.items() if v is not None}",
    "",
    "Ein längerer Satz, der Umlaute — und 日本語 — enthält. " * 3,
]


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))


def assert_exact(embedder: OnnxEmbedder, weights: Path, texts: list[str]) -> None:
    ids = embedder._loaded().encode(texts)
    want = np.stack([forward(weights, own) for own in ids])
    assert np.abs(embedder.embed_batch(texts) - want).max() < 1e-5


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_random_bert_is_exact(tmp_path: Path, pooling: str):
    directory = write_tiny_bert(tmp_path / "tiny", pooling=pooling)
    embedder = OnnxEmbedder(directory)
    assert_exact(embedder, directory, ["the cat sleeps", "a", "auth module uses token " * 9])
    assert embedder.fingerprint.pooling == pooling
    assert embedder.dimension == 16


@pytest.mark.skipif(not HAS_MINILM, reason="all-MiniLM-L6-v2 or onnx is not installed")
def test_minilm_is_exact_on_real_sentences():
    package = package_directory(known_model("all-MiniLM-L6-v2"))
    assert package
    assert_exact(OnnxEmbedder(), package, SENTENCES)


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_type", "roberta"),
        ("hidden_act", "relu"),
        ("position_embedding_type", "relative_key"),
    ],
)
def test_another_architecture_is_refused_by_the_field_that_differs(
    tmp_path: Path, field: str, value: str
):
    directory = write_tiny_bert(tmp_path / "tiny")
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, field: value}))
    with pytest.raises(InvalidInput, match=field):
        OnnxEmbedder(directory).embed("x")


def test_another_pooling_is_refused(tmp_path: Path):
    directory = write_tiny_bert(tmp_path / "tiny", pooling="max_tokens")
    (directory / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_max_tokens": True}))
    with pytest.raises(InvalidInput, match="mean and cls"):
        OnnxEmbedder(directory)


@pytest.mark.usefixtures("own_cache")
def test_the_graph_gives_the_states_of_tokens_first_as_other_readers_want(tmp_path: Path):
    import onnxruntime

    embedder = OnnxEmbedder(write_tiny_bert(tmp_path / "tiny"))
    embedder.embed("x")
    (path,) = (tmp_path / "cache").rglob("model.onnx")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    assert names == ["last_hidden_state", "sentence_embedding"]
