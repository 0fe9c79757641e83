"""Who makes summaries and facts: the rules, or whatever follows these two protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engrammic.items import KeyFact, Message, MessageSummary
from engrammic.tiers.fallback import fallback_fact, summary_of


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
