"""A loaded model: its tokenizer, and its graph in an onnxruntime session."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from weakref import WeakSet

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from engrammic.embed.base import Vectors
from engrammic.embed.prepare import Graph
from engrammic.embed.window import CHARACTERS_READ, Window, not_text
from engrammic.errors import EmbeddingError, InvalidSettings
from engrammic.telemetry import turned_off

turned_off(onnxruntime)

SENTENCE = "sentence_embedding"
"""The output that is pooled already; a graph without it gives its tokens' states first."""

_BEST = ("CUDAExecutionProvider", "ROCMExecutionProvider", "DmlExecutionProvider")
_NAMES = {"mps": "coreml", "directml": "dml"}
_CPU = "CPUExecutionProvider"


class Session:
    """Text to unit vectors, for several threads at once."""

    def __init__(self, graph: Graph, device: str, threads: int | None) -> None:
        self.graph = graph
        self._tokenizer = self._tokenizer_of_its_own()
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(graph.notes.max_tokens)
        self._session = _load(graph, device, threads)
        self._inputs = [i.name for i in self._session.get_inputs()]
        outputs = [o.name for o in self._session.get_outputs()]
        self._output = SENTENCE if SENTENCE in outputs else outputs[0]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special tokens included, cut to the window."""
        cap = self.graph.notes.max_tokens * CHARACTERS_READ
        try:
            if len(texts) == 1:  # on this thread: the shared pool may be busy with a batch
                return [self._tokenizer.encode(texts[0][:cap]).ids]
            found = self._tokenizer.encode_batch_fast([text[:cap] for text in texts])
        except TypeError as error:
            raise not_text() from error
        return [encoding.ids for encoding in found]

    def run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        """One unit vector a text, shape (len(ids), dimension)."""
        width = max(map(len, ids))
        tokens = np.zeros((len(ids), width), np.int64)
        mask = np.zeros((len(ids), width), np.int64)
        for row, own in enumerate(ids):
            tokens[row, : len(own)] = own
            mask[row, : len(own)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask}
        feed |= {name: np.zeros_like(tokens) for name in self._inputs if name not in feed}
        found = self._session.run([self._output], {name: feed[name] for name in self._inputs})[0]
        return _unit(found if found.ndim == 2 else self._pool(found, mask))

    @cached_property
    def window(self) -> Window:
        """The window, for cutting passages."""
        return Window(self._tokenizer_of_its_own(), self.graph.notes.max_tokens)

    def _tokenizer_of_its_own(self) -> Tokenizer:
        tokenizer: Tokenizer = Tokenizer.from_file(str(self.graph.tokenizer))
        return tokenizer

    def _pool(self, states: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
        if self.graph.notes.pooling == "cls":
            return states[:, 0]
        weight = mask[..., None].astype(np.float32)
        pooled: NDArray[Any] = (states * weight).sum(axis=1) / weight.sum(axis=1)
        return pooled


def providers(device: str) -> list[str]:
    """The execution providers for a device: "auto", "cpu", "cuda", or another that is there."""
    there = onnxruntime.get_available_providers()
    if device == "auto":
        return [*(p for p in _BEST if p in there), _CPU]
    asked = _NAMES.get(device.lower(), device.lower()).removesuffix("executionprovider")
    for provider in there:
        if provider.lower() == f"{asked}executionprovider":
            return [provider] if provider == _CPU else [provider, _CPU]
    names = ", ".join(sorted(p.removesuffix("ExecutionProvider").lower() for p in there))
    raise InvalidSettings(f"device {device!r}: this onnxruntime has {names}")


def _unit(vectors: NDArray[Any]) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return unit


def _load(graph: Graph, device: str, threads: int | None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0
    # Idle workers would otherwise spin on the cores that the database needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = providers(device)
    try:
        session = onnxruntime.InferenceSession(graph.path, options, providers=wanted)
    except Exception as error:  # onnxruntime's errors share no other base
        raise EmbeddingError(f"onnxruntime cannot load {graph.path}: {error}") from error
    _SESSIONS.add(session)
    if device != "auto" and wanted[0] not in session.get_providers():
        raise InvalidSettings(f"device {device!r}: {wanted[0]} did not start on this machine")
    return session


_SESSIONS: WeakSet[onnxruntime.InferenceSession] = WeakSet()


def _abandon() -> None:
    """Keep the parent's sessions alive in a forked child until it ends.

    Freeing one waits for its sleeping workers, which a fork does not copy: the
    child would hang.
    """
    for session in _SESSIONS:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)
