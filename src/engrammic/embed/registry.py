"""From one line of text to an embedder; each family is imported when it is asked for."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from engrammic.embed.base import Embedder
from engrammic.errors import InvalidSettings, MissingDependency

GROUP = "engrammic.embedders"
"""Entry points of third parties: a scheme, and a function of (rest, **options)."""

OPENAI = "https://api.openai.com/v1"

Options: TypeAlias = dict[str, Any]


def load_embedder(spec: str) -> Embedder:
    """The embedder that `spec` names, its model not yet in memory.

    * `all-MiniLM-L6-v2`, another known name, or a directory
    * `hashing`, `hashing:256`
    * `openai:MODEL@URL`; without `@URL` it is OpenAI's own server
    * `fastembed:NAME`, `sentence-transformers:NAME`
    * `SCHEME:REST` of the entry-point group `engrammic.embedders`

    Options follow a `?`, as in `all-MiniLM-L6-v2?precision=int8&device=cpu`.
    Raises InvalidSettings for what nobody knows, ModelNotFound when the
    weights are not on this machine, MissingDependency for an extra that is
    not installed.
    """
    name, _, query = spec.partition("?")
    options = {k: _number(v) for k, v in parse_qsl(query, keep_blank_values=True)}
    scheme, colon, rest = name.partition(":")
    if scheme in _SCHEMES:
        return _made(spec, _SCHEMES[scheme], rest, options)
    if not colon or Path(name).expanduser().is_dir():
        return _made(spec, _onnx, name, options)
    for entry in entry_points(group=GROUP, name=scheme):
        return _made(spec, _third_party(entry), rest, options)
    raise InvalidSettings(f"embedder {spec!r}: no scheme {scheme!r}; there are {_known_schemes()}")


def _made(spec: str, make: Callable[..., Embedder], rest: str, options: Options) -> Embedder:
    """What `make` returns. Options that it does not take are named, not left to a TypeError."""
    try:
        inspect.signature(make).bind(rest, **options)
    except TypeError as error:
        raise InvalidSettings(f"embedder {spec!r}: {error}") from None
    return make(rest, **options)


def _onnx(
    model: str, device: str = "auto", precision: Any = "fp32", threads: int | None = None
) -> Embedder:
    from engrammic.embed.onnx import OnnxEmbedder

    return OnnxEmbedder(model, device=device, precision=precision, threads=threads)


def _hashing(dimension: str) -> Embedder:
    from engrammic.embed.hashing import HashingEmbedder

    if dimension and not dimension.isdecimal():
        raise InvalidSettings(f"hashing:{dimension}: want a number of dimensions")
    return HashingEmbedder(int(dimension)) if dimension else HashingEmbedder()


def _openai(
    rest: str,
    key_env: str | None = None,
    dimension: int | None = None,
    max_tokens: int = 2048,
    batch_size: int = 64,
    timeout: float = 30.0,
) -> Embedder:
    """`key_env` names the variable with the key; OPENAI_API_KEY goes to OpenAI alone."""
    from engrammic.embed.http import HttpEmbedder

    model, _, url = rest.partition("@")
    key = os.environ.get(key_env or ("ENGRAMMIC_EMBED_API_KEY" if url else "OPENAI_API_KEY"))
    if key_env and key is None:
        raise InvalidSettings(f"openai:{rest}: the variable {key_env} is not set")
    return HttpEmbedder(
        url or OPENAI, model, key,
        dimension=dimension, max_tokens=max_tokens, batch_size=batch_size, timeout=timeout,
    )  # fmt: skip


def _fastembed(
    model: str, directory: str | None = None, download: int = 0, threads: int | None = None
) -> Embedder:
    make = _driver("fastembed").FastEmbedder
    made: Embedder = make(model, directory=directory, download=bool(download), threads=threads)
    return made


def _sentence_transformers(model: str, device: str | None = None, download: int = 0) -> Embedder:
    make = _driver("sentence-transformers").SentenceTransformersEmbedder
    made: Embedder = make(model, device=device, download=bool(download))
    return made


def _driver(extra: str) -> Any:
    """The module of an extra. Raises MissingDependency when its package is not installed."""
    package = extra.replace("-", "_")
    try:
        return importlib.import_module(f"engrammic.embed.{package}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingDependency(f"embedder {extra!r}", extra) from error


def _third_party(entry: EntryPoint) -> Callable[..., Embedder]:
    make: Callable[..., Embedder] = entry.load()
    return make


def _known_schemes() -> str:
    return ", ".join(sorted({*_SCHEMES, *(e.name for e in entry_points(group=GROUP))}))


def _number(value: str) -> float | str:
    """The number that an option spells, whole where it can be; else its text."""
    try:
        return int(value) if value.isdecimal() else float(value)
    except ValueError:
        return value


_SCHEMES: dict[str, Callable[..., Embedder]] = {
    "fastembed": _fastembed,
    "hashing": _hashing,
    "onnx": _onnx,
    "openai": _openai,
    "sentence-transformers": _sentence_transformers,
}
