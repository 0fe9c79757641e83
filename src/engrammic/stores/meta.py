"""What the whole database was made with: which model, which analyser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engrammic.backend import Backend
from engrammic.changes import Change, Check, Put
from engrammic.embed.base import Fingerprint
from engrammic.errors import AnalyserMismatch, Conflict, EmbeddingMismatch
from engrammic.filters import eq
from engrammic.text import FINGERPRINT
from engrammic.types import Field, Kind, Schema

META = Schema(
    "engrammic",
    (Field("name", Kind.TEXT, nullable=False), Field("value", Kind.JSON, nullable=False)),
    key=("name",),
)


class MetaStore:
    """Named facts about the database as a whole; not scoped."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def read(self, name: str) -> Any:
        """The value under a name, or None."""
        await self._backend.ensure_table(META)
        found = await self._backend.get("engrammic", (name,))
        return None if found is None else found["value"]

    async def write(self, name: str, value: Any) -> None:
        """Set a value."""
        await self._backend.ensure_table(META)
        await self._backend.apply([Put("engrammic", [{"name": name, "value": value}])])

    async def agree(self, name: str, value: Any) -> Any:
        """The value under a name; `value` from now on, where there was none."""
        while (stored := await self.read(name)) is None:
            changes: list[Change] = [Put("engrammic", [{"name": name, "value": value}])]
            if self._backend.capabilities.checks:
                changes.insert(0, Check("engrammic", eq("name", name), 0))
            try:
                await self._backend.apply(changes)
            except Conflict:
                continue  # another process was first
            return value
        return stored

    async def check_analyser(self) -> None:
        """Raise AnalyserMismatch when the terms were made by another analyser."""
        stored = await self.agree("analyser", FINGERPRINT)
        if stored != FINGERPRINT:
            raise AnalyserMismatch(
                f"the text index was made by analyser {stored}, this is {FINGERPRINT}: "
                "run `engrammic reindex`"
            )

    async def check_embedding(self, fingerprint: Fingerprint) -> None:
        """Raise EmbeddingMismatch when the vectors come from another model."""
        ours = fingerprint.as_record()
        stored = await self.agree("embedding", ours)
        if stored != ours:
            raise EmbeddingMismatch(
                f"the vectors come from {_named(stored)}, not from {_named(ours)}: open with that "
                "model, or run `engrammic reindex --embeddings`"
            )


def _named(fingerprint: Mapping[str, Any]) -> str:
    keys = ("provider", "model", "revision", "precision")
    parts = [str(fingerprint[k]) for k in keys if fingerprint.get(k)]
    return f"{' '.join(parts)} ({fingerprint.get('dimension')} dimensions)"
