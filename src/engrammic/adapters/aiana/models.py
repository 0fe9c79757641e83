"""Aiana's sessions and messages, and their way into conversations and messages of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from engrammic.checks import shown
from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.items import Conversation
from engrammic.items import Message as OurMessage
from engrammic.stores.messages import ROLES


class MessageType(StrEnum):
    """What a line of a transcript is."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL_USE = "tool_use"
    TOOL_RESULT = "tool_result"
    SUMMARY = "summary"
    SYSTEM = "system"


SPEAKERS = {
    MessageType.USER: "user",
    MessageType.ASSISTANT: "assistant",
    MessageType.TOOL_USE: "assistant",
    MessageType.TOOL_RESULT: "tool",
    MessageType.SUMMARY: "system",
    MessageType.SYSTEM: "system",
}
"""Who speaks, where a message does not say."""

_OF_SESSIONS = ("project_path", "transcript_path", "ended_at", "summary")
_OF_MESSAGES = ("type", "tool_name", "tool_input", "parent_id")


@dataclass(frozen=True, slots=True)
class Session:
    """A recorded session. The counts are counted when it is read, never set."""

    id: str
    project_path: str
    transcript_path: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    summary: str | None = None
    message_count: int = 0
    token_count: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        """Whether it has no end yet."""
        return self.ended_at is None

    @property
    def duration_seconds(self) -> float | None:
        """From its start to its end, None while it is active."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Message:
    """A line of a session's transcript."""

    id: str | None
    session_id: str
    type: MessageType | str
    content: str | None = None
    timestamp: datetime | None = None
    role: str | None = None
    tool_name: str | None = None
    tool_input: Any = None
    parent_id: str | None = None
    tokens: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def stored_session(session: Session) -> dict[str, Any]:
    """A session as `ConversationStore.create` takes it. Raises InvalidInput."""
    kept = {name: getattr(session, name) for name in _OF_SESSIONS}
    if session.ended_at is not None:
        kept["ended_at"] = milliseconds("ended_at", session.ended_at)
    return {
        "conversation_id": session.id,
        "created_at": session.started_at,
        "metadata": _joined(session.metadata, kept),
    }


def session_of(found: Conversation, messages: int, tokens: int) -> Session:
    """The session that a conversation is, also one that was imported from a transcript."""
    kept = dict(found.metadata)
    own = {name: kept.pop(name, None) for name in _OF_SESSIONS}
    return Session(
        id=found.conversation_id,
        project_path=own["project_path"] or kept.get("cwd") or "",
        transcript_path=own["transcript_path"] or kept.get("source") or "",
        started_at=moment_of(found.created_at),
        ended_at=moment_of(own["ended_at"]),
        summary=own["summary"],
        message_count=messages,
        token_count=tokens,
        metadata=kept,
    )


def stored_message(message: Message) -> OurMessage:
    """A message of ours. Raises InvalidInput for a type that there is not."""
    try:
        kind = MessageType(message.type)
    except ValueError as error:
        raise InvalidInput(
            "type", f"{shown(message.type)} is none of {list(MessageType)}"
        ) from error
    role = message.role or SPEAKERS[kind]
    kept = {"type": kind.value, "tool_name": message.tool_name}
    kept |= {"tool_input": message.tool_input, "parent_id": message.parent_id}
    return OurMessage(
        conversation_id=message.session_id,
        role=role if role in ROLES else SPEAKERS[kind],
        content=message.content or "",
        message_id=message.id,
        name=None if role in ROLES else role,
        token_count=message.tokens,
        created_at=message.timestamp,
        metadata=_joined(message.metadata, kept),
    )


def message_of(found: OurMessage) -> Message:
    """The message as Aiana has it."""
    kept = dict(found.metadata)
    own = {name: kept.pop(name, None) for name in _OF_MESSAGES}
    return Message(
        id=found.message_id,
        session_id=found.conversation_id,
        type=_type(own["type"], found.role),
        content=found.content,
        timestamp=moment_of(found.created_at),
        role=found.name or found.role,
        tool_name=own["tool_name"],
        tool_input=own["tool_input"],
        parent_id=own["parent_id"],
        tokens=found.token_count,
        metadata=kept,
    )


def moment_of(moment: Any) -> datetime | None:
    """Unix milliseconds as a datetime in UTC."""
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC)


def _type(told: Any, role: str) -> MessageType | str:
    if told in set(MessageType):
        return MessageType(told)
    return next((t for t, speaker in SPEAKERS.items() if speaker == role), MessageType.SYSTEM)


def _joined(metadata: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with fields of its own beside. Raises InvalidInput where both have a name."""
    if both := sorted(metadata.keys() & own.keys()):
        raise InvalidInput("metadata", f"{both[0]!r} is a field of its own")
    return {**metadata, **{name: value for name, value in own.items() if value is not None}}
