"""What a search gives back: hits that say what they are and why they were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from engrammic.clock import iso
from engrammic.items import Item, KeyFact, Message, MessageSummary
from engrammic.ranking.fusion import Fused
from engrammic.stores.modes import Mode


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found.

    `score` is in [0, 1]; `passage` is the part of the text that fits best,
    where the text is longer than the model's window (characters, end excluded).
    """

    id: str
    kind: str
    text: str
    score: float
    tier: str
    item: Item
    why: Fused
    moment: int
    passage: tuple[int, int] | None = None

    @property
    def created_at(self) -> int:
        """When it was said or written, in unix milliseconds."""
        assert isinstance(self.item.created_at, int)
        return self.item.created_at

    @property
    def excerpt(self) -> str:
        """The passage that fits best, or the whole text."""
        return self.text if self.passage is None else self.text[slice(*self.passage)]

    @property
    def origin(self) -> str:
        """Where it comes from: conversation and speaker, or source and section."""
        item = self.item
        if isinstance(item, KeyFact):
            return ", ".join(p for p in (item.conversation_id, item.subject) if p) or item.fact_type
        if isinstance(item, Message | MessageSummary):
            return f"{item.conversation_id}, {item.name or item.role}"
        return ", ".join(p for p in (item.source, item.section) if p) or item.memory_type

    def explain(self) -> str:
        """Why it was found: ranks, raw scores, weights, tier and age, in one line."""
        days = (self.moment - self.created_at) / 86_400_000
        return f"{self.why.explain()}; {self.tier}, {_age(days)}"

    def as_record(self) -> dict[str, Any]:
        """The hit as plain JSON values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "score": round(self.score, 6),
            "tier": self.tier,
            "origin": self.origin,
            "created_at": iso(self.created_at),
            "metadata": dict(self.item.metadata),
            "passage": self.passage,
            "why": self.explain(),
        }


@dataclass(frozen=True, slots=True)
class Hits(Sequence[Hit]):
    """Hits, best first. `notes` says what one should know of how they were found."""

    hits: tuple[Hit, ...]
    mode: Mode
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    @overload
    def __getitem__(self, place: int) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, place: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[place]


def _age(days: float) -> str:
    if days < 0:
        return "in the future"
    if days < 1:
        return "today"
    return f"{days:.0f} days old" if days < 60 else f"{days / 30.44:.0f} months old"
