"""The records of many messages at once: checked and kept by field, where all is plain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from operator import attrgetter
from types import NoneType
from typing import Any, TypeAlias

from engrammic.batches import MANY, Columns
from engrammic.checks import is_storable
from engrammic.clock import EARLIEST, LATEST, new_id
from engrammic.errors import InvalidInput
from engrammic.items import Message
from engrammic.predicate import LARGEST
from engrammic.records import KEY_BYTES
from engrammic.stores.base import CONTENT_BYTES, IMAGES_BYTES, SHORT_BYTES, check_metadata
from engrammic.stores.neighbours import SLOTS

_Column: TypeAlias = Sequence[Any]

_FIELDS = tuple(f.name for f in fields(Message))  # metadata comes last
_GETTERS = {name: attrgetter(name) for name in _FIELDS}
_STORED = frozenset(_FIELDS[:-1])
"""Fields whose values are stored as they are."""


def columns_of(items: Sequence[Message], moment: int, roles: Collection[str]) -> Columns | None:
    """What `MessageStore.record_of` gives for each of new messages at `moment`.

    None where they are few, or one of them wants a look of its own: it may be at fault.
    """
    if len(items) < MANY or {*map(type, items)} != {Message}:
        return None
    given: dict[str, _Column] = {name: [*map(get, items)] for name, get in _GETTERS.items()}
    if not all(look(given[name]) for name, look in _LOOKS.items()):
        return None
    if {*map(type, given["role"])} != {str} or not {*given["role"]} <= {*roles}:
        return None
    try:
        metadata = [check_metadata(value) or None for value in given["metadata"]]
    except InvalidInput:
        return None
    times = enumerate(given["created_at"])
    made: dict[str, _Column] = {
        "message_id": [new_id() if i is None else i for i in given["message_id"]],
        "ordinal": [0] * len(items),
        "created_at": [t or moment + n // SLOTS for n, t in times],
        "metadata": metadata,
    }
    return Columns({**given, **made}, len(items), _STORED)


def _texts(most: int, *, needed: bool, empty: bool = True) -> Callable[[_Column], bool]:
    """A look at texts of at most `most` bytes: whether they are plain, and beyond doubt so long."""

    def are_plain(column: _Column) -> bool:
        found = [value for value in column if value is not None]
        if {*map(type, found)} - {str} or (needed and len(found) < len(column)):
            return False
        if not empty and "" in found:
            return False
        return max(map(len, found), default=0) <= most // 4 and is_storable("".join(found))

    return are_plain


def _numbers(low: int, high: int) -> Callable[[_Column], bool]:
    """A look at ints from `low` to `high`, or None."""

    def are_plain(column: _Column) -> bool:
        if {*map(type, column)} - {int, NoneType}:
            return False
        found = [value for value in column if value is not None]
        return not found or (min(found) >= low and max(found) <= high)

    return are_plain


_LOOKS: dict[str, Callable[[_Column], bool]] = {
    "message_id": _texts(KEY_BYTES, needed=False, empty=False),
    "conversation_id": _texts(KEY_BYTES, needed=True, empty=False),
    "content": _texts(CONTENT_BYTES, needed=True),
    "name": _texts(SHORT_BYTES, needed=False),
    "model_id": _texts(SHORT_BYTES, needed=False),
    "images": _texts(IMAGES_BYTES, needed=False),
    "token_count": _numbers(-LARGEST, LARGEST),
    "created_at": _numbers(EARLIEST, LATEST - 1),
    "expires_at": _numbers(EARLIEST, LATEST - 1),
}
"""What shows of a whole column that its values are as they should be."""
