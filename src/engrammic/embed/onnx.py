"""Embedding on this machine: onnxruntime and tokenizers, no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from engrammic.embed.base import Fingerprint, Span, Vectors
from engrammic.embed.prepare import Notes, Precision, needs_build, notes_of, prepare, require_onnx
from engrammic.embed.weights import DEFAULT_MODEL, find_model
from engrammic.errors import InvalidSettings

if TYPE_CHECKING:
    from engrammic.embed.session import Session

TEXTS_AHEAD = 4096
"""Texts that a batch tokenizes and sorts at a time."""


class OnnxEmbedder:
    """A sentence encoder on onnxruntime, loaded when first used.

    `model` is a known name or a directory. `device` is "auto", "cpu", "cuda"
    or another provider of the installed onnxruntime. `precision` "int8" is
    about twice as fast on a CPU and less exact: a text's vector then depends
    on the texts beside it, and it has a fingerprint of its own. `threads` is
    onnxruntime's choice by default. A batch runs in steps of `step` tokens,
    between which other threads have their turn.

    Raises ModelNotFound when the weights are not on this machine, and
    MissingDependency when they must be prepared and `onnx` is not installed.
    """

    def __init__(
        self,
        model: str | Path = DEFAULT_MODEL,
        *,
        device: str = "auto",
        precision: Precision = "fp32",
        threads: int | None = None,
        step: int = 1024,
    ) -> None:
        if precision not in ("fp32", "int8"):
            raise InvalidSettings(f"precision is fp32 or int8, not {precision!r}")
        self.device, self.precision, self.threads, self.step = device, precision, threads, step
        self.files = find_model(model)
        if needs_build(self.files, precision):
            require_onnx(f"preparing {self.files.name} ({precision})")
        self._process = os.getpid()
        self._loading = Lock()
        self._session: Session | None = None

    def __repr__(self) -> str:
        how = f"device={self.device!r}, precision={self.precision!r}"
        return f"OnnxEmbedder({self.files.name!r}, {how})"

    @cached_property
    def _notes(self) -> Notes:
        return notes_of(self.files)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Which model this is; its revision is the start of the weights' SHA-256."""
        notes = self._notes
        return Fingerprint(
            provider="onnx",
            model=notes.model,
            dimension=notes.dimension,
            revision=notes.revision,
            pooling=notes.pooling,
            precision=self.precision,
            max_tokens=notes.max_tokens,
        )

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._notes.dimension

    @property
    def is_loaded(self) -> bool:
        """Whether the next call finds the model in memory."""
        return self._session is not None and self._process == os.getpid()

    def warm(self) -> Future[None]:
        """Load the model on a thread of its own; the future is done, or failed, when that is."""
        future: Future[None] = Future()

        def load() -> None:
            try:
                self.embed("")
            except Exception as error:  # noqa: BLE001 - it reaches whoever asks the future
                future.set_exception(error)
            else:
                future.set_result(None)

        Thread(target=load, name="engrammic-warm", daemon=True).start()
        return future

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,)."""
        session = self._loaded()
        vector: Vectors = session.run(session.encode([text]))[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), TEXTS_AHEAD):
            self._embed_into(vectors[start:], texts[start : start + TEXTS_AHEAD])
        return vectors

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each within the window, cut at sentences, else words."""
        return self._loaded().window.passages(text)

    def _embed_into(self, vectors: Vectors, texts: Sequence[str]) -> None:
        session = self._loaded()
        encoded = session.encode(texts)
        for group in _steps(list(map(len, encoded)), self.step):
            vectors[group] = session.run([encoded[i] for i in group])

    def _loaded(self) -> Session:
        """The session; the first caller loads it, and builds its graph if need be.

        A forked child loads its own: onnxruntime's threads stay with the parent.
        """
        if self._process != os.getpid():
            self._process, self._loading, self._session = os.getpid(), Lock(), None
        if self._session is None:
            with self._loading:
                if self._session is None:
                    self._session = self._load()
        return self._session

    def _load(self) -> Session:
        from engrammic.embed.session import Session

        return Session(prepare(self.files, self.precision), self.device, self.threads)


def _steps(lengths: Sequence[int], step: int) -> Iterator[list[int]]:
    """Indices in groups of like length: a group padded to its longest is at most `step` tokens."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[index] > step:
            yield group
            group = []
        group.append(index)
    if group:
        yield group
