"""What an agent remembers: messages, conversations and notes, as plain values.

Every time is an int of unix milliseconds, UTC; a `datetime` is accepted where
an item is stored. None for an id or a time means: give it one when storing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Moment: TypeAlias = int | datetime
"""A point in time: unix milliseconds, or a `datetime` (naive ones are UTC)."""

Metadata: TypeAlias = Mapping[str, Any]

MEMORY_TYPES = ("note", "conversation", "preference", "pattern", "insight")
"""The kinds of note: a plain one, and the four of a coding assistant's memory."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    `role` is who speaks to the model (user, assistant, system, tool), `name`
    which person or agent it is. `images` is JSON text of image references.
    The item is hidden from the moment `expires_at` on, and then deleted.
    """

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
