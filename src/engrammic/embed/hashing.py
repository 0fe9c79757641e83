"""Deterministic vectors from hashed words and letters: for tests, or where no model may be."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from unicodedata import normalize

import numpy as np

from engrammic.embed.base import Fingerprint, Span, Vectors
from engrammic.errors import InvalidInput

WORD_WEIGHT = 1.0
GRAM_WEIGHT = 0.25
GRAM = 3
"""Letters in a character n-gram; a word is read with a border mark at either end."""

_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Words and their letter trigrams, hashed into signed buckets.

    Knows nothing of meaning: texts are near when they share words or parts of
    words. The same on every machine and in every process. No window: a text
    is one passage, however long.
    """

    def __init__(self, dimension: int = 384) -> None:
        if dimension < 1:
            raise InvalidInput("dimension", f"want at least 1, not {dimension}")
        self.fingerprint = Fingerprint(
            provider="hashing",
            model=f"words-{GRAM}grams",
            dimension=dimension,
            revision="1",
            pooling="sum",
            max_tokens=0,
        )

    def __repr__(self) -> str:
        return f"HashingEmbedder({self.dimension})"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.fingerprint.dimension

    def embed(self, text: str) -> Vectors:
        """The vector of one text, shape (dimension,)."""
        vector = np.zeros(self.dimension, np.float64)
        counted = Counter(_WORD.findall(normalize("NFKC", text).lower()))
        for word, count in counted.items():
            for feature, weight in _features(word):
                vector[feature % self.dimension] += weight * math.sqrt(count)
        length = math.sqrt(math.fsum(vector * vector))
        if not length:  # no word at all, or every bucket cancelled out
            vector[_hash(text) % self.dimension] = length = 1.0
        unit: Vectors = (vector / length).astype(np.float32)
        return unit

    def embed_batch(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of `texts`, shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self.embed(text)
        return vectors

    def passages(self, text: str) -> list[Span]:
        """The whole text: nothing is cut off."""
        return [(0, len(text))]


@lru_cache(maxsize=20_000)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    """A word's buckets, before the modulus, with signed weights."""
    found = [(_hash(word), WORD_WEIGHT), *((_hash(g), GRAM_WEIGHT) for g in _grams(word))]
    return tuple((h >> 1, weight if h & 1 else -weight) for h, weight in found)


def _grams(word: str) -> Iterator[str]:
    marked = f"<{word}>"
    for start in range(len(marked) - GRAM + 1):
        yield marked[start : start + GRAM]


def _hash(feature: str) -> int:
    """64 bits of BLAKE2b: the same everywhere, unlike `hash`."""
    digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
