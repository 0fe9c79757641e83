"""What an agent remembers, as plain values: messages, conversations, notes, summaries, facts.

Every time is an int of unix milliseconds, UTC; a `datetime` is accepted where
an item is stored. None for an id or a time means: give it one when storing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

Moment: TypeAlias = int | datetime
"""A point in time: unix milliseconds, or a `datetime` (naive ones are UTC)."""

Metadata: TypeAlias = Mapping[str, Any]

MEMORY_TYPES = ("note", "conversation", "preference", "pattern", "insight")
"""The kinds of note: a plain one, and the four of a coding assistant's memory."""


class MemoryTier(StrEnum):
    """Where an item lives: whole, as a summary, or as facts."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"

    def demote(self) -> MemoryTier | None:
        """The tier below, or None."""
        return {MemoryTier.HOT: MemoryTier.WARM, MemoryTier.WARM: MemoryTier.COLD}.get(self)

    def promote(self) -> MemoryTier | None:
        """The tier above, or None."""
        return {MemoryTier.COLD: MemoryTier.WARM, MemoryTier.WARM: MemoryTier.HOT}.get(self)


class MemoryAuthority(StrEnum):
    """How much an item counts.

    Ephemeral items end at their time and leave nothing behind; of session items
    what was learnt stays when their text goes; canonical ones stay as they are.
    """

    EPHEMERAL = "ephemeral"
    SESSION = "session"
    CANONICAL = "canonical"


class FactType(StrEnum):
    """What a fact is about."""

    DECISION = "decision"
    DEFINITION = "definition"
    REQUIREMENT = "requirement"
    CODE_CHANGE = "code_change"
    CONFIGURATION = "configuration"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    `role` is who speaks to the model (user, assistant, system, tool), `name`
    which person or agent it is. `images` is JSON text of image references.
    The item is hidden from the moment `expires_at` on, and then deleted.
    """

    kind: ClassVar[str] = "message"
    conversation_id: str
    role: str
    content: str
    message_id: str | None = None
    name: str | None = None
    token_count: int | None = None
    model_id: str | None = None
    images: str | None = None
    created_at: Moment | None = None
    expires_at: Moment | None = None
    metadata: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The item's id, whatever its kind calls it."""
        return self.message_id


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is known of a conversation; `message_count` counts its stored messages."""

    conversation_id: str
    title: str | None = None
    model_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    message_count: int = 0
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A text remembered for itself: a preference, an insight, a section of a file.

    `source` says where it comes from (a path, a URL), `section` where in it.
    """

    kind: ClassVar[str] = "note"
    content: str
    note_id: str | None = None
    memory_type: str = "note"
    title: str | None = None
    source: str | None = None
    section: str | None = None
    project: str | None = None
    session_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    expires_at: Moment | None = None
    metadata: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The item's id, whatever its kind calls it."""
        return self.note_id


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """What is left in the warm tier of a message: `summary` stands for it in searches.

    Role, name, time and metadata are the message's own.
    """

    kind: ClassVar[str] = "summary"
    original_message_id: str
    conversation_id: str
    role: str
    summary: str
    summary_id: str | None = None
    name: str | None = None
    key_entities: tuple[str, ...] = ()
    created_at: Moment | None = None
    expires_at: Moment | None = None
    metadata: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The item's id, whatever its kind calls it."""
        return self.summary_id

    @property
    def content(self) -> str:
        """The text, as other kinds call it."""
        return self.summary


@dataclass(frozen=True, slots=True)
class KeyFact:
    """Something known, and from when to when it holds.

    `original_message_ids` are its evidence, `subject` is who or what it is about.
    `valid_from` is included, `valid_until` is not; None leaves that end open.
    `claim` is the question that it answers: another answer to it takes its place.
    """

    kind: ClassVar[str] = "fact"
    fact: str
    fact_id: str | None = None
    original_message_ids: tuple[str, ...] = ()
    conversation_id: str | None = None
    fact_type: str = FactType.OTHER
    subject: str | None = None
    claim: str | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    created_at: Moment | None = None
    expires_at: Moment | None = None
    metadata: Metadata = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The item's id, whatever its kind calls it."""
        return self.fact_id

    @property
    def content(self) -> str:
        """The text, as other kinds call it."""
        return self.fact


Item: TypeAlias = Message | Note | MessageSummary | KeyFact
"""Whatever a search finds."""
