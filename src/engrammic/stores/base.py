"""What every store shares: its scoped backend, its clock, its tables made on first use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from engrammic.backend import Backend
from engrammic.checks import check_text, shown
from engrammic.clock import Clock, now
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, Or, is_null
from engrammic.predicate import LARGEST
from engrammic.records import KEY_BYTES, canonical
from engrammic.scope import Scope, Scoped
from engrammic.types import Schema

Storage: TypeAlias = Backend | Scoped

CONTENT_BYTES = 1 << 20
"""The longest content of one item, in UTF-8: longer texts are documents."""

SHORT_BYTES = 4096
"""The longest name, title, source, section or foreign id, in UTF-8."""

IMAGES_BYTES = 1 << 20
"""The longest `images` of a message, in UTF-8."""

METADATA_BYTES = 256 << 10
"""The largest metadata of one item, as JSON in UTF-8."""

IN = 500
"""Ids in one question."""

_SMALL = METADATA_BYTES // 8
"""Characters that stay within METADATA_BYTES however JSON writes them."""


class Store:
    """Tables of one noun in one scope; declared on first use."""

    def __init__(self, backend: Storage, *, clock: Clock = now) -> None:
        self.backend = backend if isinstance(backend, Scoped) else Scoped(backend, Scope())
        self.clock = clock
        self._declared = False

    def schemas(self) -> Sequence[Schema]:
        """The tables that this store needs."""
        return ()

    async def ready(self) -> None:
        """Declare the tables, once."""
        if not self._declared:
            await self.backend.ensure_tables(self.schemas())
            self._declared = True


def alive(moment: int) -> Filter:
    """Not expired at `moment`."""
    return Or((is_null("expires_at"), Compare("expires_at", Op.GT, moment)))


def expired(moment: int) -> Filter:
    """Expired at `moment` or before."""
    return Compare("expires_at", Op.LTE, moment)


def check_id(name: str, value: object) -> None:
    """Raise InvalidInput for what cannot be an id: no text, empty, or too long."""
    if type(value) is str and 0 < len(value) <= KEY_BYTES and value.isascii() and "\0" not in value:
        return
    if not isinstance(value, str) or not value:
        raise InvalidInput(name, f"want a text that is not empty, not {shown(value)}")
    if len(value.encode(errors="replace")) > KEY_BYTES:
        raise InvalidInput(name, f"is longer than {KEY_BYTES} bytes")
    check_text(value, name)


def check_content(name: str, content: object) -> str:
    """The content of an item. Raises InvalidInput for none, or one too long."""
    if not isinstance(content, str):
        raise InvalidInput(name, f"want a text, not {type(content).__name__}")
    if len(content) <= CONTENT_BYTES and content.isascii() and "\0" not in content:
        return content
    size = len(content) if content.isascii() else len(content.encode(errors="replace"))
    if size > CONTENT_BYTES:
        raise InvalidInput(
            name, f"is {size} bytes long, more than {CONTENT_BYTES}; split it into several items"
        )
    check_text(content, name)
    return content


def check_short(name: str, value: object, most: int = SHORT_BYTES) -> None:
    """Raise InvalidInput unless the value is None or a text of at most `most` bytes."""
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidInput(name, f"want a text, not {shown(value)}")
    if len(value) > most // 4 and len(value.encode(errors="replace")) > most:
        raise InvalidInput(name, f"is longer than {most} bytes")
    if "\0" in value or not value.isascii():
        check_text(value, name)


def check_metadata(value: object) -> dict[str, Any]:
    """A copy of an item's metadata, as it will be read; empty for None. Raises InvalidInput."""
    if not value and (value is None or type(value) is dict):
        return {}
    if type(value) is not dict and not isinstance(value, Mapping):
        raise InvalidInput("metadata", f"want a mapping, not {shown(value)}")
    found = dict(value)
    if not _is_small(found):
        text = canonical("metadata", found)
        size = len(text.encode())
        if size > METADATA_BYTES:
            raise InvalidInput("metadata", f"is {size} bytes as JSON, more than {METADATA_BYTES}")
        found = json.loads(text)
    return found


def _is_small(found: dict[str, Any]) -> bool:
    """Whether a few texts and numbers are all there is, too short for any bound."""
    room = _SMALL
    for key, value in found.items():
        if type(key) is not str or not key.isascii() or "\0" in key:
            return False
        if type(value) is str:
            if not value.isascii() or "\0" in value:
                return False
            room -= len(value)
        elif type(value) is not int or not -LARGEST <= value <= LARGEST:
            return False
        room -= len(key) + 24
    return room > 0


def check_kind_of(name: str, value: object, wanted: type) -> None:
    """Raise InvalidInput unless the value is a `wanted`."""
    if not isinstance(value, wanted):
        raise InvalidInput(name, f"want a {wanted.__name__}, not {shown(value)}")


def in_parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    """The ids, each once and sorted, in lists of a size that one question takes."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), IN):
        yield ordered[start : start + IN]
