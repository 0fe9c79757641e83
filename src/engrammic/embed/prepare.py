"""Turning a model's weights into an ONNX graph, once, in the cache directory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Literal, TypeAlias

from engrammic.embed.weights import TOKENIZER, ModelFiles, cache_dir
from engrammic.errors import EmbeddingError, InvalidInput, MissingDependency

Precision: TypeAlias = Literal["fp32", "int8"]
Pooling: TypeAlias = Literal["mean", "cls"]

GRAPH_VERSION = 1
"""Raised when the same weights would give another graph."""

NOTES = "engrammic.json"
POOLING = "1_Pooling/config.json"
WINDOW = "sentence_bert_config.json"
_COPIED = (
    TOKENIZER,
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    POOLING,
    WINDOW,
)


@dataclass(frozen=True, slots=True)
class Notes:
    """What a graph file does not tell: where it comes from and how to feed it."""

    model: str
    revision: str
    dimension: int
    pooling: Pooling
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph on disk, ready to be loaded."""

    path: Path
    tokenizer: Path
    notes: Notes


def notes_of(files: ModelFiles) -> Notes:
    """What is known of a model before its graph is loaded; reads the weights for their hash."""
    kept = files.read(NOTES)
    if kept:
        return Notes(**kept)
    config = files.read("config.json")
    if "hidden_size" not in config:
        raise InvalidInput("config.json", f"{files.directory} has none that names hidden_size")
    longest = files.read(WINDOW).get("max_seq_length") or 512
    return Notes(
        model=files.name,
        revision=(_pinned(files) or sha256(files.weights))[:12],
        dimension=config["hidden_size"],
        pooling=_pooling(files.read(POOLING)),
        max_tokens=min(longest, config.get("max_position_embeddings", longest)),
    )


def needs_build(files: ModelFiles, precision: Precision = "fp32") -> bool:
    """Whether the graph has yet to be made."""
    return not _graph_path(files, notes_of(files), precision).is_file()


def prepare(files: ModelFiles, precision: Precision = "fp32") -> Graph:
    """The model's graph, built when the cache has none.

    Several processes may prepare the same model at once: each writes a file of
    its own and renames it into place. Raises MissingDependency when a graph
    must be built and `onnx` is not installed, EmbeddingError when the weights
    are not the official ones or the cache cannot be written.
    """
    notes = notes_of(files)
    path = _graph_path(files, notes, precision)
    if not path.is_file():
        require_onnx(f"preparing {notes.model} ({precision})")
        try:
            _make(files, notes, path, precision)
        except PermissionError as error:
            raise EmbeddingError(
                f"cannot write the graph of {notes.model} to {path.parent}: {error.strerror}; "
                "set ENGRAMMIC_CACHE_DIR to a directory that can be written"
            ) from error
    return Graph(path, files.directory / TOKENIZER, notes)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex; read again only when the file has changed."""
    state = path.stat()
    return _sha256(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=16)
def _sha256(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_official(files: ModelFiles) -> None:
    """Raise EmbeddingError when the weights differ from those that the model's name pins."""
    pinned = _pinned(files)
    if pinned and sha256(files.weights) != pinned:
        raise EmbeddingError(
            f"{files.weights} is not the official {files.name}: its SHA-256 is not {pinned}; "
            "install the package again, or name the directory to use it as it is"
        )


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then rename it to `path` once it is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _graph_path(files: ModelFiles, notes: Notes, precision: Precision) -> Path:
    name = "model.onnx" if precision == "fp32" else f"model.{precision}.onnx"
    if files.is_graph and (precision == "fp32" or (files.directory / NOTES).is_file()):
        return files.weights.with_name(name)
    slug = f"{notes.model.rpartition('/')[2]}-{notes.revision}-v{GRAPH_VERSION}"
    return cache_dir() / "models" / slug / name


def _make(files: ModelFiles, notes: Notes, path: Path, precision: Precision) -> None:
    """Write the graph last: a directory with a graph in it is complete."""
    if precision == "int8":
        return write_atomically(path, lambda to: _quantise(prepare(files).path, to))
    check_official(files)
    for name in _COPIED:
        source = files.directory / name
        if source.is_file():
            write_atomically(path.parent / name, partial(shutil.copyfile, source))
    record = json.dumps(asdict(notes)).encode()
    write_atomically(path.parent / NOTES, lambda to: to.write_bytes(record))
    graph = _build(files, notes)
    return write_atomically(path, lambda to: to.write_bytes(graph))


def _build(files: ModelFiles, notes: Notes) -> bytes:
    from safetensors.numpy import load_file

    from engrammic.embed.onnx_graph import build

    model = build(load_file(files.weights), files.read("config.json"), notes.pooling)
    serialised: bytes = model.SerializeToString()
    return serialised


def _quantise(source: Path, target: Path) -> None:
    """Eight bits for the weights of every MatMul, one scale a channel; embeddings stay fp32."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    model = onnx.load(source)
    add_pre_process_metadata(model)  # else a warning, on a root logger set up for it
    quantize_dynamic(
        model,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
    )


def require_onnx(what: str) -> None:
    """Raise MissingDependency when `onnx`, which writes graphs, is not installed."""
    if find_spec("onnx") is None:
        raise MissingDependency(what, "model")


def _pinned(files: ModelFiles) -> str | None:
    return files.known.sha256 if files.known and not files.is_graph else None


def _pooling(config: dict[str, Any]) -> Pooling:
    """The pooling that a sentence-transformers directory names; the mean when it names none."""
    asked: set[str | None] = {name for name, on in config.items() if on is True}
    asked = asked or {config.get("pooling_mode")}
    if asked <= {None, "mean", "pooling_mode_mean_tokens", "include_prompt"}:
        return "mean"
    if asked <= {"cls", "pooling_mode_cls_token", "include_prompt"}:
        return "cls"
    raise InvalidInput(POOLING, f"only mean and cls are known, not {asked}")
