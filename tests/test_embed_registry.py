"""From a spec to an embedder."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from engrammic.embed import registry
from engrammic.embed.base import Embedder
from engrammic.embed.hashing import HashingEmbedder
from engrammic.embed.http import HttpEmbedder
from engrammic.embed.onnx import OnnxEmbedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidSettings, MissingDependency, ModelNotFound
from tiny_bert import write_tiny_bert


@pytest.mark.parametrize(("spec", "dimension"), [("hashing", 384), ("hashing:256", 256)])
def test_hashing(spec: str, dimension: int):
    embedder = load_embedder(spec)
    assert isinstance(embedder, HashingEmbedder)
    assert embedder.dimension == dimension


def test_a_directory_with_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))
    directory = write_tiny_bert(tmp_path / "tiny")
    embedder = load_embedder(f"{directory}?precision=int8&device=cpu&threads=1")
    assert isinstance(embedder, OnnxEmbedder)
    assert (embedder.precision, embedder.device, embedder.threads) == ("int8", "cpu", 1)
    assert embedder.fingerprint.precision == "int8"


def test_a_scheme_is_no_directory_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "hashing").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(load_embedder("hashing"), HashingEmbedder)


def test_a_server():
    embedder = load_embedder("openai:some/model:8b@http://127.0.0.1:8080/v1?timeout=2.5")
    assert isinstance(embedder, HttpEmbedder)
    assert (embedder.url, embedder.model) == ("http://127.0.0.1:8080/v1", "some/model:8b")
    assert embedder.timeout == 2.5


def test_openai_itself_is_the_default_server():
    embedder = load_embedder("openai:text-embedding-3-small")
    assert isinstance(embedder, HttpEmbedder)
    assert embedder.url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("all-minilm-l7", "all-MiniLM-L6-v2"),
        ("nothing:at-all", "hashing"),
        ("hashing:many", "number"),
        ("hashing?colour=red", "colour"),
        ("openai:m@http://127.0.0.1:9/v1?key_env=NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE"),
        ("", "all-MiniLM-L6-v2"),
    ],
)
def test_what_nobody_knows_is_refused_with_the_way_out(spec: str, says: str):
    with pytest.raises(InvalidSettings, match=says):
        load_embedder(spec)


@pytest.mark.parametrize("extra", ["fastembed", "sentence-transformers"])
def test_a_missing_extra_is_its_install_command(monkeypatch: pytest.MonkeyPatch, extra: str):
    package = extra.replace("-", "_")
    monkeypatch.delitem(sys.modules, f"engrammic.embed.{package}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=rf"engrammic\[{extra}\]"):
        load_embedder(f"{extra}:some-model")


def third_party(rest: str, *, size: int = 8) -> Embedder:
    """What a plugin registers."""
    return HashingEmbedder(size + len(rest))


def test_third_parties_register_by_entry_point(monkeypatch: pytest.MonkeyPatch):
    found = [EntryPoint("mine", f"{__name__}:third_party", registry.GROUP)]
    monkeypatch.setattr(
        registry,
        "entry_points",
        lambda group, name=None: [e for e in found if name in (None, e.name)],
    )
    assert load_embedder("mine:abc?size=5").dimension == 8
    with pytest.raises(InvalidSettings, match="mine"):
        load_embedder("yours:abc")


def test_a_directory_without_a_model_is_not_found(tmp_path: Path):
    with pytest.raises(ModelNotFound):
        load_embedder(str(tmp_path))
