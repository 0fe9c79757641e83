"""An embedder that remembers the vectors of the texts it was last asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from engrammic.embed.base import Embedder, Fingerprint, Span, Vectors
from engrammic.embed.registry import load_embedder
from engrammic.embed.weights import DEFAULT_MODEL
from engrammic.errors import InvalidInput

CAPACITY = 1000


class CachedEmbedder:
    """An embedder before which stands a cache of the `capacity` texts used last.

    `inner` is an embedder, or what `load_embedder` takes; by default the
    default model. Keyed by the model's fingerprint and the text, shared by
    threads. Vectors that come out of the cache are read-only.
    """

    def __init__(self, inner: Embedder | str = DEFAULT_MODEL, capacity: int = CAPACITY) -> None:
        if capacity < 0:
            raise InvalidInput("capacity", f"want 0 or more, not {capacity}")
        self.inner: Embedder = load_embedder(inner) if isinstance(inner, str) else inner
        self.capacity = capacity
        self._lock = Lock()
        self._vectors: OrderedDict[tuple[Fingerprint, str], Vectors] = OrderedDict()

    def __repr__(self) -> str:
        return f"CachedEmbedder({self.inner!r}, capacity={self.capacity})"

    @property
    def fingerprint(self) -> Fingerprint:
        """That of the embedder within."""
        return self.inner.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.inner.dimension

    @property
    def model_name(self) -> str:
        """The model's name."""
        return self.inner.fingerprint.model

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,); from the cache when it is there."""
        found = self.known(text)
        return self._keep(text, self.inner.embed(text)) if found is None else found

    def embed_cached(self, text: str) -> Vectors:
        """The same as `embed`, under the name that says so."""
        return self.embed(text)

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension).

        Only texts that the cache lacks are embedded, each once.
        """
        known: dict[str, Vectors] = {}
        for text in dict.fromkeys(texts):
            found = self.known(text)
            if found is not None:
                known[text] = found
        absent = [text for text in dict.fromkeys(texts) if text not in known]
        if absent:
            known |= zip(absent, self.inner.embed_batch(absent), strict=True)
        for text in absent[-self.capacity :]:
            self._keep(text, known[text])
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = known[text]
        return vectors

    def batch_embed(self, texts: Sequence[str], batch_size: int = 32) -> Vectors:
        """As `embed_batch`, `batch_size` texts at a time."""
        if batch_size < 1:
            raise InvalidInput("batch_size", f"want at least 1, not {batch_size}")
        starts = range(0, max(len(texts), 1), batch_size)
        return np.concatenate([self.embed_batch(texts[s : s + batch_size]) for s in starts])

    def passages(self, text: str) -> list[Span]:
        """Spans that cover `text`, each within the model's window."""
        return self.inner.passages(text)

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two texts, in [-1, 1]."""
        return float(np.clip(self.embed(a) @ self.embed(b), -1.0, 1.0))

    def cache_len(self) -> int:
        """How many texts the cache holds."""
        with self._lock:
            return len(self._vectors)

    def clear_cache(self) -> None:
        """Forget every vector."""
        with self._lock:
            self._vectors.clear()

    def known(self, text: str) -> Vectors | None:
        """The vector of a text that the cache holds, else None; at once."""
        key = (self.fingerprint, text)
        with self._lock:
            found = self._vectors.get(key)
            if found is not None:
                self._vectors.move_to_end(key)
            return found

    def _keep(self, text: str, vector: Vectors) -> Vectors:
        own = vector.copy()  # a row of a batch would keep the whole batch alive
        own.setflags(write=False)
        key = (self.fingerprint, text)
        with self._lock:
            self._vectors[key] = own
            self._vectors.move_to_end(key)
            while len(self._vectors) > self.capacity:
                self._vectors.popitem(last=False)
        return own


EmbeddingProvider = CachedEmbedder
CachedEmbeddingProvider = CachedEmbedder


def get_embedder(spec: str = DEFAULT_MODEL) -> CachedEmbedder:
    """An embedder with a cache, for a model's name or another spec of `load_embedder`."""
    return CachedEmbedder(spec)
