"""Plain chats: JSON lines with one message or one conversation an object, or the same as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engrammic.errors import InvalidInput
from engrammic.sessions.blocks import Part, calls, parts, result
from engrammic.sessions.exports import Place, object_of, told
from engrammic.sessions.lines import LINES, BadLine, Item, Line, document, each, guarded, sample
from engrammic.sessions.thread import ROLES, Source, Thread, Turn, role_of
from engrammic.sessions.values import count_of, moment, named, text_of

NAME = "chat"

_ROLE = ("role", "sender", "author", "speaker", "from")
_SAID = ("content", "text", "value")
_WHEN = ("created_at", "timestamp", "create_time", "time", "date")
_OF = ("conversation_id", "session_id", "thread_id", "chat_id")
_KEY = ("message_id", "id", "uuid")
_TITLE = ("title", "name", "topic")
_MODEL = ("model_id", "model")
_LISTS = ("messages", "conversations", "turns")
_TAKEN = {*_ROLE, *_SAID, *_WHEN, *_OF, *_KEY, *_MODEL}
_TAKEN |= {"name", "metadata", "token_count", "tool_calls", "tool_call_id"}
_DOCUMENT = re.compile(rb'\s*(\[\s*)?\{\s*"(role|content|messages|id|title|conversation_id)"\s*:')


def detect(head: bytes, path: Path) -> bool:
    """Whether an object with a role and a content, or with a list of such, stands at the front."""
    if path.suffix == ".json":
        shape = _DOCUMENT.match(head) is not None
        return shape and b'"role"' in head and (b'"content"' in head or b'"messages"' in head)
    return path.suffix in LINES and any(map(_is_record, sample(head)))


def _is_record(record: Mapping[str, Any]) -> bool:
    listed = _listed(record)
    return _is_message(record) if listed is None else any(map(_is_message, listed[:5]))


def _is_message(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return text_of(_first(value, _ROLE)) is not None and any(key in value for key in _SAID)


def _listed(record: Mapping[str, Any]) -> list[Any] | None:
    return next((record[key] for key in _LISTS if isinstance(record.get(key), list)), None)


def _first(record: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((record[key] for key in keys if record.get(key) not in (None, "")), None)


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The messages as they come; a conversation that is one object stands before its messages.

    Conversations whose messages come one by one follow at the end. What is
    kept for each of them is small; the messages themselves are not kept.
    """
    chats = _Chats(path, Source.of(NAME, path), include_thinking)
    if path.suffix == ".json":
        yield from _document(path, chats)
    else:
        yield from each(path, chats.items)
    yield from (t.conversation() for t in chats.threads.values() if t.messages)


def _document(path: Path, chats: _Chats) -> Iterator[Item]:
    value = document(path)
    if isinstance(value, BadLine):
        yield value
        return
    for number, entry in enumerate(value if isinstance(value, list) else [value]):
        yield from guarded(path, None, chats.entry, _Entry(number, entry), f"entry {number}: ")


class _Entry(NamedTuple):
    """An object at the top of a file."""

    number: int
    value: Any
    at: Place = Place()


class _Chats:
    """The conversations of one file, while it is read."""

    def __init__(self, path: Path, source: Source, include_thinking: bool) -> None:
        self.path = path
        self.source = source
        self.include_thinking = include_thinking
        self.threads: dict[str, Thread] = {}

    def items(self, line: Line) -> Iterator[Item]:
        """What one line of the file says."""
        return self.entry(_Entry(line.number, line.record, Place(line.number)))

    def entry(self, entry: _Entry) -> Iterator[Item]:
        """What one object of the file says."""
        record = object_of(entry.value)
        listed = _listed(record)
        if listed is None:
            id = named(_first(record, _OF)) or self.source.conversation_id()  # noqa: A001
            thread = self.threads.setdefault(id, Thread(self.source, id))
            return thread.put(self._turn(record))
        thread = self._thread(entry.number, record)
        return told(self.path, thread, listed, self._turn, entry.at)

    def _thread(self, number: int, record: Mapping[str, Any]) -> Thread:
        id = named(_first(record, (*_OF, "id", "uuid")))  # noqa: A001
        return Thread(
            self.source,
            id or self.source.conversation_id(str(number)),
            title=text_of(_first(record, _TITLE)),
            created=moment(_first(record, _WHEN)),
            updated=moment(record.get("updated_at")),
            model_id=text_of(_first(record, _MODEL)),
            metadata=_own(record, {*_TITLE, *_LISTS, "updated_at"}),
        )

    def _turn(self, entry: Any) -> Turn:
        record = object_of(entry)
        speaker = text_of(_first(record, _ROLE))
        if speaker is None:
            raise InvalidInput("role", "missing")
        role = role_of(speaker)
        return Turn(
            role=role if role in ROLES else speaker,
            parts=self._said(record, role),
            key=named(_first(record, _KEY)),
            when=_first(record, _WHEN),
            name=text_of(record.get("name")),
            model_id=text_of(_first(record, _MODEL)),
            token_count=count_of(record.get("token_count")),
            metadata=_own(record, set()),
        )

    def _said(self, record: Mapping[str, Any], role: str) -> list[Part]:
        called = calls(record.get("tool_calls"))
        content = next((record[key] for key in _SAID if record.get(key) is not None), None)
        if content is None and not called:
            raise InvalidInput("content", "missing")
        if role == "tool":
            answer = result(content, record.get("tool_call_id"))
            return [answer] if answer.content.strip() else []
        return [*parts(content or "", include_thinking=self.include_thinking), *called]


def _own(record: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """What the object says beyond the known fields; its own `metadata` lies flat among it."""
    rest = {k: v for k, v in record.items() if k not in _TAKEN | taken and v is not None}
    own = record.get("metadata")
    return {**rest, **own} if isinstance(own, Mapping) else rest
