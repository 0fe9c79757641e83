"""Embedding by the sentence-transformers library (extra `sentence-transformers`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from engrammic.embed.base import Fingerprint, Span, Vectors
from engrammic.embed.window import Window
from engrammic.errors import ModelNotFound


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers runs, by name or directory; loaded when first used.

    Nothing is fetched unless `download` says so. `device` is torch's word for
    it, by default the best that torch finds.
    """

    def __init__(self, model: str, *, device: str | None = None, download: bool = False) -> None:
        self._name, self._device, self._download = model, device, download
        self._using = RLock()

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Which model this is; loads it."""
        return Fingerprint(
            provider="sentence-transformers",
            model=self._name,
            dimension=len(self._encode([""])[0]),
            pooling="",
            max_tokens=self._model.max_seq_length or 0,
        )

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.fingerprint.dimension

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,)."""
        vector: Vectors = self._encode([text])[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""
        return self._encode(texts) if texts else np.empty((0, self.dimension), np.float32)

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each within the model's window; one where it has none."""
        with self._using:
            window = self._window
        return window.passages(text) if window else [(0, len(text))]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors. One thread at a time: torch modules promise nothing to several."""
        with self._using:
            found = self._model.encode(
                list(texts),
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(found, np.float32)

    @cached_property
    def _model(self) -> Any:
        try:
            return SentenceTransformer(
                self._name, device=self._device, local_files_only=not self._download
            )
        except OSError as error:
            raise ModelNotFound(
                f"sentence-transformers has no files of {self._name} on this machine: "
                "give a directory, or download=1 to fetch them"
            ) from error

    @cached_property
    def _window(self) -> Window | None:
        if not self._model.max_seq_length:
            return None
        own = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        return Window(own, self._model.max_seq_length)
