"""What the export files of chat services have in common: one document, many conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from engrammic.errors import InvalidInput
from engrammic.sessions.lines import BadLine, Item, document, guarded
from engrammic.sessions.thread import Source, Thread, Turn

Export: TypeAlias = Mapping[str, Any]


class Place(NamedTuple):
    """Where in a file a conversation stands: its line, if lines count, and in words."""

    line: int | None = None
    words: str = ""


class ReadOne(Protocol):
    """A format's way to read one conversation of its exports."""

    def __call__(self, entry: Export, /, at: Place) -> Iterator[Item]:
        """The items of the conversation."""


def conversations(path: Path, source: Source, key: str, read_one: ReadOne) -> Iterator[Item]:
    """The items of every conversation in the file: a list of objects with `key`, or a single one.

    `read_one` gets the object and where it stands.
    """
    value = document(path)
    if isinstance(value, BadLine):
        yield value
        return
    if isinstance(value, Mapping):
        value = value["conversations"] if isinstance(value.get("conversations"), list) else [value]
    if not isinstance(value, list):
        yield BadLine(path, None, f"neither list nor object but {type(value).__name__}")
        return
    for number, entry in enumerate(value):
        at = Place(words=f"conversation {number}: ")
        if isinstance(entry, Mapping) and key in entry:
            yield from guarded(path, None, partial(read_one, at=at), entry, at.words)
        else:
            yield BadLine(path, None, f"{at.words}no {key} in it")


def told(
    path: Path,
    thread: Thread,
    entries: list[Any],
    turn_of: Callable[[Any], Turn | None],
    at: Place,
) -> Iterator[Item]:
    """The conversation first, then its messages, then what could not be read."""
    said: list[Item] = []
    for number, entry in enumerate(entries):
        where = f"{at.words}message {number}: "
        said += guarded(path, at.line, lambda e: _put(thread, turn_of(e)), entry, where)
    if thread.messages:
        yield thread.conversation()
    yield from said


def _put(thread: Thread, turn: Turn | None) -> Iterator[Item]:
    return iter(()) if turn is None else thread.put(turn)


def object_of(entry: object) -> Export:
    """The entry, which must be an object. Raises InvalidInput."""
    if not isinstance(entry, Mapping):
        raise InvalidInput("message", f"no object but {type(entry).__name__}")
    return entry
