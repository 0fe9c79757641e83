"""Embedding by the fastembed library (extra `fastembed`)."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from fastembed import TextEmbedding
from tokenizers import Tokenizer

from engrammic.embed.base import Fingerprint, Span, Vectors
from engrammic.embed.window import Window
from engrammic.errors import InvalidSettings, ModelNotFound


class FastEmbedder:
    """A model that fastembed lists, by fastembed's name for it; loaded when first used.

    `directory` holds the model's files (`model.onnx`, `config.json`,
    `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`).
    Without one, fastembed's own cache is looked in, and nothing is fetched
    unless `download` says so.
    """

    def __init__(
        self,
        model: str,
        *,
        directory: str | None = None,
        download: bool = False,
        threads: int | None = None,
    ) -> None:
        try:
            dimension = TextEmbedding.get_embedding_size(model)
        except ValueError as error:
            raise InvalidSettings(f"fastembed knows no model {model!r}") from error
        self.fingerprint = Fingerprint(
            provider="fastembed", model=model, dimension=dimension, pooling="", max_tokens=0
        )
        self._options: dict[str, Any] = {
            "specific_model_path": directory,
            "local_files_only": not download,
            "threads": threads,
        }
        self._loading = Lock()
        self._loaded: tuple[TextEmbedding, Window] | None = None

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.fingerprint.dimension

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,)."""
        vector: Vectors = self.embed_batch([text])[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = np.stack(list(self._ready()[0].embed(list(texts)))).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each within fastembed's window for the model."""
        return self._ready()[1].passages(text)

    def _ready(self) -> tuple[TextEmbedding, Window]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[TextEmbedding, Window]:
        name = self.fingerprint.model
        try:
            model: Any = TextEmbedding(name, **self._options)
        except (ValueError, OSError) as error:
            raise ModelNotFound(
                f"fastembed has no files of {name}: give directory=, or download=1 to fetch them"
            ) from error
        tokenizer = model.model.tokenizer
        tokens = tokenizer.truncation["max_length"]
        return model, Window(Tokenizer.from_str(tokenizer.to_str()), tokens)
