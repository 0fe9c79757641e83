"""After a reset nothing is left: looked for by count, by word, by vector, and in the notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engrammic.errors import StorageError
from engrammic.filters import Compare, Op
from engrammic.stores.vector_store import VectorStore
from engrammic.text import query_terms
from engrammic.types import Record


@dataclass(frozen=True, slots=True)
class Probe:
    """What would be found if a reset had missed it."""

    words: Sequence[str] = ()
    field: str | None = None
    vector: Any = None


async def probe(store: VectorStore) -> Probe:
    """Words and a vector of what is stored now."""
    records: list[Record] = await store.backend.query(store.table, limit=1)
    words = query_terms(records[0]["content"]) if records else []
    if store.dimension is None:
        return Probe(words)
    field = store.vector
    there = Compare(field, Op.NOT_NULL)
    held = await store.backend.query(store.table, there, limit=1, columns=(field,))
    return Probe(words, field, held[0][field]) if held else Probe(words)


async def leftovers(store: VectorStore, before: Probe | None = None) -> list[str]:
    """What is left of a collection, in words."""
    before = before or await probe(store)
    left = []
    if count := await store.count():
        left.append(f"{count} chunks")
    if before.words and await store.backend.text_search(store.table, before.words, limit=1):
        left.append("words in the keyword index")
    if before.field is not None and await store.backend.vector_search(
        store.table, before.field, before.vector, limit=1
    ):
        left.append("vectors in the index")
    if noted := await store.noted():
        left.append(f"notes on {', '.join(noted)}")
    return left


def check_empty(left: Sequence[str]) -> None:
    """Raise StorageError where something is left."""
    if left:
        raise StorageError(f"the reset left {'; '.join(left)}: somebody writes; reset again")
