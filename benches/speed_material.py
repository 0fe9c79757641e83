"""What the speed benches store and ask: turns, unit vectors, questions."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engrammic import Message
from engrammic.embed.cached import CachedEmbedder
from engrammic.embed.hashing import HashingEmbedder

DIMENSION = 384
START = 1_700_000_000_000


class GivenVectors(CachedEmbedder):
    """Knows the vectors of queries, random units: what is measured is all but the model."""

    def __init__(self) -> None:
        super().__init__(HashingEmbedder(DIMENSION))
        self._given: dict[str, Any] = {}

    def prepare(self, texts: Sequence[str]) -> None:
        """Make the vectors of these queries."""
        self._given = dict(zip(texts, unit_vectors(len(texts), seed=7), strict=True))

    def known(self, text: str) -> Any:
        """The prepared vector."""
        return self._given.get(text)


def unit_vectors(count: int, seed: int = 0) -> Any:
    """Random directions, shape (count, DIMENSION)."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def contents() -> list[tuple[str, str]]:
    """Speaker and text of turns: LoCoMo's, or made-up ones."""
    rows = _rows("docs.jsonl")
    if rows:
        return [(r["meta"]["speaker"], r["text"]) for r in rows]
    rng = np.random.default_rng(3)
    ranks = rng.zipf(1.3, size=(5000, 22)) % 8000
    return [(f"Speaker{n % 20}", " ".join(f"word{r}" for r in row)) for n, row in enumerate(ranks)]


def questions(count: int) -> list[str]:
    """Different queries: LoCoMo's, or made-up ones."""
    rows = _rows("queries.jsonl")
    if rows:
        return list(dict.fromkeys(r["text"] for r in rows[:: max(1, len(rows) // count)]))[:count]
    rng = np.random.default_rng(4)
    return [" ".join(f"word{r}" for r in rng.zipf(1.3, 8) % 8000) + f" {n}" for n in range(count)]


def messages(count: int) -> list[Message]:
    """Turns of conversations of 200: one conversation in a hundred of 20,000."""
    turns = contents()
    return [
        Message(
            f"c{n // max(1, count // 100)}",
            "user" if n % 2 else "assistant",
            turns[n % len(turns)][1],
            f"m{n}",
            turns[n % len(turns)][0],
            token_count=n % 100,
            created_at=START + n * 60_000,
            metadata={"share": n % 100},
        )
        for n in range(count)
    ]


def _rows(name: str) -> list[Any]:
    path = Path(os.environ.get("ENGRAMMIC_DATA", "")) / "locomo" / name
    if not os.environ.get("ENGRAMMIC_DATA") or not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
