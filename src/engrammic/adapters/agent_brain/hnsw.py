"""HNSW settings of a Chroma collection: accepted, kept, and told for what they are here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from engrammic.backend import Backend
from engrammic.checks import check_count
from engrammic.errors import InvalidInput

PREFIX = "hnsw:"


@dataclass(frozen=True, slots=True)
class HnswSettings:
    """Links of a node, candidates while building, candidates while searching."""

    space: str = "cosine"
    M: int = 16
    ef_construction: int = 100
    ef: int = 10

    def __post_init__(self) -> None:
        if self.space != "cosine":
            raise InvalidInput("hnsw:space", f"only cosine is here, not {self.space!r}")
        for name in ("M", "ef_construction", "ef"):
            check_count(PREFIX + name, getattr(self, name), 1, 65_536)

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> HnswSettings:
        """The settings among a collection's metadata, such as `{"hnsw:M": 32}`.

        Raises InvalidInput for one that does not exist.
        """
        given = {k.removeprefix(PREFIX): v for k, v in metadata.items() if k.startswith(PREFIX)}
        known = {f.name for f in fields(cls)}
        for name in given:
            if name not in known:
                raise InvalidInput(PREFIX + name, f"no such setting; there are: {sorted(known)}")
        return cls(**given)

    def as_record(self) -> dict[str, Any]:
        """The settings as plain values."""
        return asdict(self)


def described(backend: Backend, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the settings are worth on a database: how it searches is its own affair."""
    native = backend.capabilities.vectors
    searched = "by its own means" if native else "exactly, by comparing every vector"
    return {
        "space": "cosine",
        "kept": None if kept is None else dict(kept),
        "applied": False,
        "native": native,
        "note": f"{backend.scheme} searches {searched}; M, ef_construction and ef change nothing",
    }
