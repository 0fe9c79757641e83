"""What became of the bytes of deleted records, and where a disk could still hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ERASED = "erased"
PENDING = "pending"
UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """Whether the bytes of deleted records are gone: erased, pending or unsupported; and why.

    `places` are the files and folders in which a reader could look for them.
    """

    state: str
    detail: str
    places: Sequence[Path] = ()
