"""Who makes summaries and facts: the rules, or whatever follows these two protocols."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, runtime_checkable

from engrammic.items import KeyFact, Message, MessageSummary
from engrammic.tiers.fallback import fallback_fact, summary_of

Made = TypeVar("Made")


class Summarizer(Protocol):
    """Makes summaries of messages. `name` says in the log who did it."""

    name: str

    async def summarize(self, messages: Sequence[Message]) -> list[MessageSummary | None]:
        """A summary for each message, in their order; None leaves one to the rules."""


class FactExtractor(Protocol):
    """Makes facts of summaries. `name` says in the log who did it."""

    name: str

    async def extract(self, summaries: Sequence[MessageSummary]) -> list[KeyFact | None]:
        """A fact for each summary, in their order; None leaves one to the rules."""


class Rules:
    """Both, without a model: the first words of a text, and what they say."""

    name = "rules"

    async def summarize(self, messages: Sequence[Message]) -> list[MessageSummary | None]:
        """The first 75 words of each message."""
        return [summary_of(message) for message in messages]

    async def extract(self, summaries: Sequence[MessageSummary]) -> list[KeyFact | None]:
        """What each summary says, of its speaker."""
        return [fallback_fact(summary) for summary in summaries]


@runtime_checkable
class Accountable(Protocol):
    """A summarizer or extractor that counts a pass: what failed in it, and why."""

    notes: list[str]
    failed: int

    def begin(self) -> None:
        """Start counting anew."""


@dataclass(slots=True)
class Guarded:
    """Asks whoever is given, and leaves to the rules what goes wrong; counts and notes it."""

    notes: list[str] = field(default_factory=list)
    failed: int = 0

    async def summaries(
        self, summarizer: Summarizer, messages: Sequence[Message]
    ) -> list[MessageSummary | None]:
        """As many as there are messages; None where it failed."""
        asked = summarizer.summarize(messages)
        return await self._given(summarizer.name, asked, len(messages))

    async def facts(
        self, extractor: FactExtractor, summaries: Sequence[MessageSummary]
    ) -> list[KeyFact | None]:
        """As many as there are summaries; None where it failed."""
        return await self._given(extractor.name, extractor.extract(summaries), len(summaries))

    async def _given(
        self, name: str, asked: Awaitable[list[Made | None]], count: int
    ) -> list[Made | None]:
        try:
            given = await asked
            problem = "" if len(given) == count else f"{len(given)} answers for {count}"
        except Exception as error:  # noqa: BLE001 - a stranger's code must not stop a pass
            given, problem = [], type(error).__name__
        if not problem:
            return given
        self.failed += count
        self.notes.append(f"{name}: {problem}; the rules did it")
        return [None] * count
