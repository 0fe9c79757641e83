"""The onnxruntime embedder, on MiniLM where it is installed and on a tiny BERT elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engrammic.embed.onnx import OnnxEmbedder, _steps
from engrammic.errors import EmbeddingError, InvalidInput, InvalidSettings, MissingDependency
from engrammic.testing.embedders import LONG, TEXTS, EmbedderTests
from tiny_bert import HAS_MINILM, WINDOW, write_tiny_bert


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    """A tiny BERT whose graph is built in a cache of its own."""
    root = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENGRAMMIC_CACHE_DIR", str(root / "cache"))
        embedder = OnnxEmbedder(write_tiny_bert(root / "model"), step=64)
        embedder.embed("")
    return embedder


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny BERT's directory, beside an empty cache."""
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))
    return write_tiny_bert(tmp_path / "model")


@cache
def minilm() -> OnnxEmbedder:
    return OnnxEmbedder(device="cpu")


@pytest.mark.skipif(not HAS_MINILM, reason="all-MiniLM-L6-v2 or onnx is not installed")
class TestMiniLM(EmbedderTests):
    @pytest.fixture
    def embedder(self) -> OnnxEmbedder:
        return minilm()

    def test_it_is_the_model_of_the_seeds(self, embedder: OnnxEmbedder):
        assert embedder.dimension == 384
        assert embedder.fingerprint.model == "all-MiniLM-L6-v2"
        assert embedder.fingerprint.max_tokens == 256
        assert embedder.fingerprint.revision == "53aa51172d14"

    def test_meaning_counts_more_than_words(self, embedder: OnnxEmbedder):
        asked, found, other = embedder.embed_batch(
            [
                "how does authentication work?",
                "Users log in with a password and get a signed token",
                "how does the coffee machine work?",
            ]
        )
        assert asked @ found > 0.3
        assert asked @ found > asked @ other

    @pytest.mark.parametrize("text", [*TEXTS, *LONG], ids=range(len(TEXTS) + len(LONG)))
    def test_every_passage_fits_the_window(self, embedder: OnnxEmbedder, text: str):
        window = embedder._loaded().window
        for start, end in embedder.passages(text):
            assert window.fit(text[start:end]) == end - start

    def test_the_int8_model_is_near_the_exact_one_and_is_told_apart(self, embedder: OnnxEmbedder):
        small = OnnxEmbedder(device="cpu", precision="int8")
        texts = [t for t in TEXTS if t.strip()]
        cosines = (embedder.embed_batch(texts) * small.embed_batch(texts)).sum(axis=1)
        assert 0.95 < cosines.min() < 0.99999
        assert small.fingerprint != embedder.fingerprint
        assert small.fingerprint.precision == "int8"

    def test_a_query_does_not_wait_for_a_batch(self, embedder: OnnxEmbedder):
        batch = threading.Thread(target=embedder.embed_batch, args=(["word " * 120] * 80,))
        batch.start()
        waits = []
        while batch.is_alive():
            began = time.perf_counter()
            embedder.embed("a question")
            waits.append(time.perf_counter() - began)
        batch.join()
        assert len(waits) > 5
        assert np.median(waits) < 0.1


def test_what_overruns_the_window_is_not_read(tiny: OnnxEmbedder):
    fits = "cat " * (WINDOW - 2)
    assert np.array_equal(tiny.embed(fits), tiny.embed(fits + "dog"))
    assert not np.allclose(tiny.embed(fits), tiny.embed(fits[4:] + "dog"))


def test_ten_megabytes_are_read_no_further_than_the_window(tiny: OnnxEmbedder):
    began = time.perf_counter()
    tiny.embed("cat " * 2_500_000)
    assert time.perf_counter() - began < 1


def test_a_batch_in_many_steps_keeps_its_order(tiny: OnnxEmbedder):
    texts = ["cat " * (n % 37) + "dog" for n in range(300)]
    alone = np.stack([tiny.embed(text) for text in texts])
    assert np.abs(tiny.embed_batch(texts) - alone).max() < 1e-5


def test_steps_hold_every_text_once_and_stay_within_their_bound():
    lengths = [3, 200, 7, 7, 90, 64, 1, 512, 30]
    steps = list(_steps(lengths, 128))
    assert sorted(i for step in steps for i in step) == list(range(len(lengths)))
    assert all(len(s) == 1 or len(s) * max(lengths[i] for i in s) <= 128 for s in steps)


@pytest.mark.parametrize("bad", ["lone \ud800 surrogate", None, 3, b"bytes"])
def test_what_is_no_text_is_refused_by_name(tiny: OnnxEmbedder, bad: object):
    with pytest.raises(InvalidInput, match="text"):
        tiny.embed(bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="text"):
        tiny.embed_batch(["fine", bad])  # type: ignore[list-item]


def test_a_ready_graph_is_taken_as_it_is(model: Path, tmp_path: Path):
    built = OnnxEmbedder(model)
    want = built.embed("the cat sleeps")
    (graph,) = (tmp_path / "cache").rglob("model.onnx")
    ready = tmp_path / "ready"
    ready.mkdir()
    for name in ("tokenizer.json", "config.json", "sentence_bert_config.json"):
        (ready / name).write_bytes((model / name).read_bytes())
    (ready / "model.onnx").write_bytes(graph.read_bytes())
    assert np.allclose(OnnxEmbedder(ready).embed("the cat sleeps"), want, atol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_graph_that_gives_only_token_states_is_pooled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pooling: str
):
    import onnx

    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))
    model = write_tiny_bert(tmp_path / "model", pooling=pooling)
    want = OnnxEmbedder(model).embed_batch(["the cat sleeps", "a"])
    (graph,) = (tmp_path / "cache").rglob("model.onnx")
    bare = onnx.load(graph)
    del bare.graph.output[1]
    onnx.save(bare, model / "model.onnx")
    assert np.allclose(OnnxEmbedder(model).embed_batch(["the cat sleeps", "a"]), want, atol=1e-5)


def test_weights_are_part_of_the_fingerprint(tmp_path: Path, model: Path):
    other = write_tiny_bert(tmp_path / "other" / "model", seed=1)
    assert OnnxEmbedder(model).fingerprint != OnnxEmbedder(other).fingerprint


def test_making_one_loads_nothing_and_warm_loads_it_behind(model: Path):
    embedder = OnnxEmbedder(model)
    assert not embedder.is_loaded
    embedder.warm().result(timeout=30)
    assert embedder.is_loaded


FORK = """
import os, signal, sys
from engrammic.embed.onnx import OnnxEmbedder
embedder = OnnxEmbedder(sys.argv[1])
want = embedder.embed_batch(["the cat"] * 8)
child = os.fork()
if child == 0:
    signal.alarm(20)
    same = abs(embedder.embed_batch(["the cat"] * 8) - want).max() < 1e-6
    sys.exit(0 if same else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_embeds_with_a_session_of_its_own_and_ends(model: Path):
    ran = subprocess.run([sys.executable, "-c", FORK, str(model)], timeout=60, check=False)
    assert ran.returncode == 0


def test_onnxruntime_reports_to_nobody(model: Path, tmp_path: Path):
    code = (
        "import sys; from engrammic.embed.onnx import OnnxEmbedder as O; O(sys.argv[1]).embed('x')"
    )
    home = {k: str(tmp_path / "home") for k in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    (tmp_path / "home").mkdir()
    env = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | home
    subprocess.run([sys.executable, "-c", code, str(model)], env=env, check=True)
    assert not list((tmp_path / "home").rglob("*"))


def test_a_failed_warm_up_tells_its_future(model: Path, tmp_path: Path):
    (model / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(EmbeddingError, match="cannot load"):
        OnnxEmbedder(model).warm().result(timeout=30)


def test_a_device_that_is_not_there_names_those_that_are(model: Path):
    with pytest.raises(InvalidSettings, match="cpu"):
        OnnxEmbedder(model, device="abacus").embed("x")


def test_another_precision_is_refused(model: Path):
    with pytest.raises(InvalidSettings, match="fp32 or int8"):
        OnnxEmbedder(model, precision="fp64")  # type: ignore[arg-type]


def test_without_onnx_the_error_is_the_command(model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engrammic.embed.prepare.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install 'engrammic\[model\]'"):
        OnnxEmbedder(model)


def test_a_built_graph_needs_no_onnx(model: Path, monkeypatch: pytest.MonkeyPatch):
    OnnxEmbedder(model).embed("x")
    monkeypatch.setattr("engrammic.embed.prepare.find_spec", lambda name: None)
    assert OnnxEmbedder(model).embed("x").shape == (16,)


def test_reading_a_spec_loads_no_engine():
    code = (
        "import sys, engrammic.embed.base, engrammic.embed.registry, engrammic.embed.cached\n"
        "engrammic.embed.registry.load_embedder('hashing')\n"
        "print([m for m in ('onnxruntime', 'tokenizers', 'onnx', 'huggingface_hub')"
        " if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_window_larger_than_the_model_is_cut_to_its_positions(model: Path):
    (model / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 9999}))
    assert OnnxEmbedder(model).fingerprint.max_tokens == 2 * WINDOW
