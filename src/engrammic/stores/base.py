"""What every store shares: its scoped backend, its clock, its tables made on first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from engrammic.backend import Backend
from engrammic.clock import Clock, now
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, Or, is_null
from engrammic.predicate import check_text
from engrammic.records import KEY_BYTES
from engrammic.scope import Scope, Scoped
from engrammic.types import Schema

Storage: TypeAlias = Backend | Scoped

CONTENT_BYTES = 1 << 20
"""The longest content of one item, in UTF-8: longer texts are documents."""


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
            for schema in self.schemas():
                await self.backend.ensure_table(schema)
            self._declared = True


def alive(moment: int) -> Filter:
    """Not expired at `moment`."""
    return Or((is_null("expires_at"), Compare("expires_at", Op.GT, moment)))


def expired(moment: int) -> Filter:
    """Expired at `moment` or before."""
    return Compare("expires_at", Op.LTE, moment)


def check_id(name: str, value: object) -> None:
    """Raise InvalidInput for what cannot be an id: no text, empty, or too long."""
    if not isinstance(value, str) or not value:
        raise InvalidInput(name, f"want a text that is not empty, not {value!r}")
    if len(value.encode(errors="replace")) > KEY_BYTES:
        raise InvalidInput(name, f"is longer than {KEY_BYTES} bytes")


def check_content(name: str, content: object) -> str:
    """The content of an item. Raises InvalidInput for none, or one too long."""
    if not isinstance(content, str):
        raise InvalidInput(name, f"want a text, not {type(content).__name__}")
    size = len(content) if content.isascii() else len(content.encode(errors="replace"))
    if size > CONTENT_BYTES:
        raise InvalidInput(
            name, f"is {size} bytes long, more than {CONTENT_BYTES}; split it into several items"
        )
    check_text(content, name)
    return content
