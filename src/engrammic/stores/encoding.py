"""Items to vectors: long texts as passages, off the event loop, or pending without a model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engrammic.embed.base import Embedder, Span, Vectors
from engrammic.embed.cached import CachedEmbedder
from engrammic.types import Field, Kind, Record, Schema

PASSAGES = Schema(
    "passages",
    (
        Field("kind", Kind.TEXT, nullable=False),
        Field("item_id", Kind.TEXT, nullable=False),
        Field("number", Kind.INT, nullable=False),
        Field("start", Kind.INT, nullable=False),
        Field("end", Kind.INT, nullable=False),
        Field("vector", Kind.BLOB, nullable=False),
    ),
    key=("kind", "item_id", "number"),
)
"""Passages of the items that overrun the model's window: they show where in the text a hit is."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vector of one text; its passages when it has more than one."""

    vector: Vectors
    spans: Sequence[Span] = ()
    passages: Vectors | None = None

    def records(self, kind: str, item_id: str, offset: int = 0) -> list[Record]:
        """Rows of PASSAGES; `offset` is where the item's own content begins in the text."""
        if self.passages is None:
            return []
        return [
            {
                "kind": kind,
                "item_id": item_id,
                "number": number,
                "start": max(0, start - offset),
                "end": max(0, end - offset),
                "vector": vector.tobytes(),
            }
            for number, ((start, end), vector) in enumerate(
                zip(self.spans, self.passages, strict=True)
            )
        ]


def encode(embedder: Embedder, texts: Sequence[str]) -> list[Encoded]:
    """The vectors of `texts`: a long one's is the mean of its passages' vectors."""
    spans = [embedder.passages(text) for text in texts]
    pieces = [text[a:b] for text, cut in zip(texts, spans, strict=True) for a, b in cut]
    vectors = embedder.embed_batch(pieces)
    encoded: list[Encoded] = []
    start = 0
    for cut in spans:
        mine = vectors[start : start + len(cut)]
        start += len(cut)
        encoded.append(Encoded(mine[0]) if len(cut) == 1 else Encoded(_mean(mine), cut, mine))
    return encoded


def _mean(vectors: Vectors) -> Vectors:
    mean: Vectors = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    # Opposite passages may cancel out; then the first one speaks for the text.
    return mean / length if length > 1e-6 else vectors[0]


async def encode_later(embedder: Embedder, texts: Sequence[str]) -> list[Encoded]:
    """As `encode`, on another thread."""
    return await asyncio.to_thread(encode, embedder, texts)


def known_query(embedder: Embedder, text: str) -> Vectors | None:
    """The vector of a query, if a cache holds it."""
    return embedder.known(text) if isinstance(embedder, CachedEmbedder) else None


async def encode_query(embedder: Embedder, text: str) -> Vectors:
    """The vector of a query, on another thread unless it is known."""
    known = known_query(embedder, text)
    return await asyncio.to_thread(embedder.embed, text) if known is None else known
