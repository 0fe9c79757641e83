"""Summaries and facts without a model: the first words, and what they say."""

from __future__ import annotations

from engrammic.items import FactType, KeyFact, Message, MessageSummary

WORDS = 75
"""A text of at most this many words is its own summary."""


def fallback_summarize(content: str) -> str:
    """The text, or its first WORDS words and three dots."""
    words = content.split()
    return content if len(words) <= WORDS else " ".join(words[:WORDS]) + "..."


def summary_of(message: Message) -> MessageSummary:
    """The summary that the rules make of a stored message."""
    assert message.message_id is not None
    return MessageSummary(
        message.message_id, message.conversation_id, message.role,
        fallback_summarize(message.content), name=message.name, created_at=message.created_at,
        metadata=message.metadata,
    )  # fmt: skip


def fallback_fact(summary: MessageSummary) -> KeyFact:
    """The fact that the rules make of a summary: what it says, of whom."""
    return KeyFact(
        summary.summary,
        fact_id=summary.original_message_id,
        original_message_ids=(summary.original_message_id,),
        conversation_id=summary.conversation_id,
        fact_type=FactType.OTHER,
        subject=summary.name or summary.role,
        created_at=summary.created_at,
        metadata=summary.metadata,
    )
