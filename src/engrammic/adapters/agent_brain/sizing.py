"""How large a collection becomes in `sqlite:`, from the size of its texts and vectors.

Per chunk, in bytes, with d dimensions, t bytes of text and m bytes of metadata:

* vector: 4 d, in pages of 4,096: as many as fit whole, or whole pages;
* record: 1.3 (t + m) + 80, text and metadata as they are, and the key's index;
* words: 1.5 t, the terms and the inverted index over them.

The factors were measured on 500 to 2,000 chunks of Python source of 370 to
1,600 bytes; `tests/test_agent_brain_places.py` holds them to 20 %. Other
engines need at least 4 d + t + m.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from engrammic.checks import check_count
from engrammic.predicate import LARGEST
from engrammic.stores.collection import LONGEST_VECTOR

PAGE = 4096
CELL = 16
"""What a vector's row needs besides the vector."""
LINK = 4
"""What a page of an overlong row needs to name the next."""
RECORD_FACTOR = 1.3
RECORD_BYTES = 80
WORDS_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class StorageEstimate:
    """Bytes on disk by part, and bytes of memory that a process which searches needs."""

    vectors: int
    records: int
    words: int
    memory: int

    @property
    def total(self) -> int:
        """Bytes on disk."""
        return self.vectors + self.records + self.words


def estimate_storage(
    chunks: int, dimension: int, text_bytes: int = 1_500, metadata_bytes: int = 100
) -> StorageEstimate:
    """The size of so many chunks; `text_bytes` and `metadata_bytes` are those of one."""
    check_count("chunks", chunks, 0, LARGEST)
    check_count("dimension", dimension, 1, LONGEST_VECTOR)
    check_count("text_bytes", text_bytes, 0, LARGEST)
    check_count("metadata_bytes", metadata_bytes, 0, LARGEST)
    record = RECORD_FACTOR * (text_bytes + metadata_bytes) + RECORD_BYTES
    return StorageEstimate(
        vectors=chunks * _vector_bytes(4 * dimension),
        records=round(chunks * record),
        words=round(chunks * WORDS_FACTOR * text_bytes),
        memory=chunks * 4 * dimension,
    )


def _vector_bytes(size: int) -> int:
    if size + CELL > PAGE:
        return PAGE * ceil(size / (PAGE - LINK))
    return PAGE // (PAGE // (size + CELL))
