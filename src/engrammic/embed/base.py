"""What every embedding model offers, and the fingerprint that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

Span: TypeAlias = tuple[int, int]
"""A stretch of a text: start and end in characters, end excluded."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that makes two vectors comparable; stored beside them."""

    provider: str
    model: str
    dimension: int
    revision: str = ""
    pooling: str = "mean"
    normalised: bool = True
    precision: str = "fp32"
    max_tokens: int = 256

    def as_record(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)


@runtime_checkable
class Embedder(Protocol):
    """A model that turns text into unit vectors. Blocking; safe to call from several threads."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Which model this is."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,). What overruns the window is not read."""

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""

    def passages(self, text: str) -> list[Span]:
        """Spans that together cover `text`, each within the model's window.

        One span when the text fits. Cut at sentence or word borders.
        """
