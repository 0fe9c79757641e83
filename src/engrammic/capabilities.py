"""What a database does itself, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

EMULATED = ("filters", "order", "vectors", "text")
"""What is done here, and exactly, where the database does not do it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a database does itself; what it does not is emulated exactly, and slower.

    `durable` says when an acknowledged write survives a crash: "commit" (it is
    on disk), "flush" (after `flush` or a delay of the engine's) or "never".
    """

    atomic: bool = False
    checks: bool = False
    filters: bool = False
    order: bool = False
    vectors: bool = False
    text: bool = False
    processes: bool = False
    durable: Literal["commit", "flush", "never"] = "never"

    @property
    def guarded(self) -> bool:
        """Whether a decision needs checks of its own to keep others out, and can have them."""
        return self.checks and not self.atomic

    @property
    def native(self) -> list[str]:
        """What of EMULATED the database does itself."""
        return [name for name in EMULATED if getattr(self, name)]

    @property
    def emulated(self) -> list[str]:
        """What of EMULATED is done here."""
        return [name for name in EMULATED if not getattr(self, name)]


KNOWN: Mapping[str, Capabilities] = {
    "memory": Capabilities(
        atomic=True, checks=True, filters=True, order=True, vectors=True, text=True
    ),
    "sqlite": Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=True,
        text=True,
        processes=True,
        durable="commit",
    ),
    "files": Capabilities(atomic=True, checks=True, processes=True, durable="commit"),
    "lance": Capabilities(order=True, vectors=True, processes=True, durable="flush"),
    "postgres": Capabilities(
        atomic=True,
        checks=True,
        filters=True,
        order=True,
        vectors=True,
        processes=True,
        durable="commit",
    ),
    "mysql": Capabilities(
        atomic=True, checks=True, filters=True, order=True, processes=True, durable="commit"
    ),
    "surrealdb": Capabilities(atomic=True, checks=True, order=True, durable="commit"),
    "qdrant": Capabilities(vectors=True, processes=True, durable="commit"),
    "milvus": Capabilities(vectors=True, processes=True, durable="commit"),
    "chroma": Capabilities(vectors=True, processes=True, durable="commit"),
    "pinecone": Capabilities(vectors=True, processes=True, durable="commit"),
    "weaviate": Capabilities(vectors=True, processes=True, durable="commit"),
    "nornicdb": Capabilities(processes=True, durable="flush"),
}
"""What the classes of our backends say, for who asks without their drivers."""
