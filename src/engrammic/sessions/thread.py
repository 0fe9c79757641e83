"""A conversation while it is read: it dates, numbers and names its messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engrammic.clock import EARLIEST
from engrammic.items import Conversation, Message
from engrammic.sessions.blocks import Part
from engrammic.sessions.storable import refusal
from engrammic.sessions.values import clean, digest, identity, moment

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "gpt": "assistant",
    "developer": "system",
    "function": "tool",
    "environment": "tool",
}


def role_of(value: str) -> str:
    """The role in our words: user, assistant, system or tool; another name comes back as it is."""
    return _ROLES.get(value.lower(), value.lower())


ROLES = ("user", "assistant", "system", "tool")

_TITLE = 80
"""Characters of a title that is made of what was asked first."""

_NOT_ASKED = {"type", "generated", "demonstration", "hidden"}
"""Marks of messages that stand in the user's name, but were not written by one."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is read: its format, its full path, and when it last changed (unix ms)."""

    format: str
    path: Path
    changed: int

    @classmethod
    def of(cls, format: str, path: Path) -> Source:  # noqa: A002 (the word of the whole package)
        """The source at `path`."""
        changed = path.stat().st_mtime_ns // 1_000_000
        return cls(format, path.resolve(), max(changed, EARLIEST))

    def conversation_id(self, *more: str) -> str:
        """An id for a conversation that its log does not name: from the path, and `more`."""
        return identity(self.format, self.path.stem, digest(str(self.path), *more))


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of a log: who said what, when. A role not in ROLES is a user of that name.

    `key` is the log's own id of it. `repeats` says that the same key may
    stand for other content elsewhere, so that the content belongs in the id.
    """

    role: str
    parts: Sequence[Part]
    key: str | None = None
    when: object = None
    name: str | None = None
    model_id: str | None = None
    token_count: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    repeats: bool = False


@dataclass(slots=True)
class Thread:
    """What is known of a conversation so far; it grows with each turn that is put through it.

    `messages` counts those that a store takes.
    """

    source: Source
    id: str
    title: str | None = None
    created: int | None = None
    updated: int | None = None
    model_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    turns: int = 0
    messages: int = 0
    _opening: str | None = None
    _asked: int | None = None
    _given: int | None = None

    def put(self, turn: Turn) -> Iterator[Message]:
        """The messages of one turn, one for each part.

        Times come from the log, and rise by a millisecond where the log has
        the same one again; without any they count on from the last message,
        or from the file's time of change, and the metadata says `undated`.
        """
        number, self.turns = self.turns, self.turns + 1
        self.model_id = turn.model_id or self.model_id
        for place, part in enumerate(turn.parts):
            yield self._message(turn, part, number, place == 0)

    def _message(self, turn: Turn, part: Part, number: int, first: bool) -> Message:
        spoken = turn.role if turn.role in ROLES else "user"
        role = {"tool_use": "assistant", "tool_result": "tool"}.get(part.kind, spoken)
        name = turn.name or (None if turn.role in ROLES else turn.role)
        content, in_content = clean(part.content)
        metadata, in_metadata = clean({**turn.metadata, **part.metadata})
        when = moment(turn.when)
        replaced = in_content + in_metadata
        metadata |= {"undated": True} if when is None else {}
        metadata |= {"replaced_characters": replaced} if replaced else {}
        if self._opening is None and role == "user" and not metadata.keys() & _NOT_ASKED:
            self._opening = _first_line(content)
        message = Message(
            conversation_id=self.id,
            role=role,
            content=content,
            message_id=self._key(turn, part, number, role),
            name=_cleaned(name),
            token_count=turn.token_count if first else None,
            model_id=_cleaned(turn.model_id),
            images=json.dumps(clean(part.images)[0]) if part.images else None,
            created_at=self._date(when),
            metadata=metadata,
        )
        self.messages += refusal(message) is None
        return message

    def _key(self, turn: Turn, part: Part, number: int, role: str) -> str:
        key = (turn.key,) if turn.key else (f"{number:06d}", role)
        place = (str(part.index),) if part.index else ()
        content = (digest(part.kind, part.content, size=4),) if turn.repeats or not turn.key else ()
        return identity(self.source.format, self.id, *key, *place, *content)

    def _date(self, when: int | None) -> int:
        if self._given is None:
            date = when or self.source.changed
        elif when is None or (self._asked is not None and self._asked <= when <= self._given):
            date = self._given + 1
        else:
            date = when
        self._asked, self._given = when or date, date
        self.created = date if self.created is None else min(self.created, date)
        self.updated = date if self.updated is None else max(self.updated, date)
        return date

    def conversation(self) -> Conversation:
        """The conversation as it is known by now."""
        facts = {"source": str(self.source.path), "format": self.source.format, **self.metadata}
        return Conversation(
            conversation_id=self.id,
            title=_cleaned(self.title or self._opening),
            model_id=_cleaned(self.model_id),
            created_at=self.created,
            updated_at=self.updated,
            metadata=clean(facts)[0],
        )


def _cleaned(text: str | None) -> str | None:
    return None if text is None else str(clean(text)[0])


def _first_line(content: str) -> str | None:
    """The beginning of what was asked; None for what a program put there (tags, warnings)."""
    line = " ".join(next((line for line in content.splitlines() if line.strip()), "").split())
    if not line or line.startswith(("<", "Caveat:")):
        return None
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"
