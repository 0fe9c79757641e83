"""Archives: everything of one scope as JSON lines, as `engrammic export` writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.items import Conversation, Message, Note
from engrammic.sessions.lines import LINES, Item, Line, each, sample
from engrammic.sessions.values import clean, mapping_of
from engrammic.stores.base import check_content
from engrammic.stores.messages import check_role
from engrammic.stores.notes import check_memory_type

NAME = "engrammic"

FORMAT = 1
"""Raised when a reader of the former one would misread a file."""

_NUMBERS = frozenset({"token_count", "created_at", "updated_at", "expires_at"})
_COUNTED = frozenset({"message_count"})


def header(scope: str, moment: int) -> dict[str, Any]:
    """The first line of an archive."""
    return {NAME: FORMAT, "scope": scope, "exported_at": moment}


def entry(item: Message | Note | Conversation) -> dict[str, Any]:
    """The line of an item: its kind, and its fields that are not empty."""
    found = {f.name: getattr(item, f.name) for f in fields(item) if f.name not in _COUNTED}
    record = {n: dict(v) if n == "metadata" else v for n, v in found.items()}
    return {type(item).__name__.lower(): {n: v for n, v in record.items() if v not in (None, {})}}


def detect(head: bytes, path: Path) -> bool:
    """Whether the file's first line is the header of an archive."""
    return path.suffix in LINES and any(NAME in record for record in sample(head)[:1])


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The items as they were exported; archives hold no thinking apart."""
    refused = False

    def handle(line: Line) -> list[Item]:
        nonlocal refused
        if NAME in line.record:
            refused = line.record[NAME] != FORMAT
            if refused:
                raise InvalidInput(NAME, f"format {line.record[NAME]} of a later release; upgrade")
            return []
        return [] if refused else [_item(line.record)]

    return each(path, handle)


def _item(record: Mapping[str, Any]) -> Item:
    for kind, make in _MAKERS.items():
        if kind in record:
            return make(clean(mapping_of(record[kind]))[0])
    raise InvalidInput("line", f"want one of {', '.join(_MAKERS)}")


def _message(record: Mapping[str, Any]) -> Message:
    for name in ("message_id", "conversation_id"):
        _required(name, record)
    check_role(_required("role", record))
    check_content("content", record.get("content"))
    return Message(**_values(Message, record))


def _note(record: Mapping[str, Any]) -> Note:
    _required("note_id", record)
    check_content("content", _required("content", record))
    check_memory_type(record.get("memory_type", "note"))
    return Note(**_values(Note, record))


def _conversation(record: Mapping[str, Any]) -> Conversation:
    _required("conversation_id", record)
    return Conversation(**_values(Conversation, record))


def _required(name: str, record: Mapping[str, Any]) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(name, "missing")
    return value


def _values(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the kind, each of its type; others are passed over."""
    known = {f.name for f in fields(kind)} - _COUNTED
    found = {n: v for n, v in record.items() if n in known and v is not None}
    for name, value in found.items():
        wanted = int if name in _NUMBERS else Mapping if name == "metadata" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise InvalidInput(name, f"want {wanted.__name__.lower()}, not {value!r}")
    return found


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], Item]] = {
    "message": _message,
    "note": _note,
    "conversation": _conversation,
}
