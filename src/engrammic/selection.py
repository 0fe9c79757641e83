"""What narrows a search or a listing: the keyword arguments that people know, as filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, eq, every
from engrammic.items import Moment
from engrammic.stores.messages import check_role
from engrammic.stores.notes import check_memory_type

KINDS = ("message", "note")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items are meant. What only one kind has leaves the other kinds out.

    `since` is included, `until` is not. `metadata` names values that an item's
    metadata must have; dots reach into it.
    """

    kinds: Sequence[str] | None = None
    conversation_id: str | None = None
    role: str | None = None
    memory_type: str | None = None
    project: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    metadata: Mapping[str, Any] | None = None
    where: Filter | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kinds, str):
            raise InvalidInput("kinds", f"want a sequence of kinds, such as [{self.kinds!r}]")
        for kind in self.kinds or ():
            if kind not in KINDS:
                raise InvalidInput("kinds", f"{kind!r} is none of {', '.join(KINDS)}")
        if self.role is not None:
            check_role(self.role)
        if self.memory_type is not None:
            check_memory_type(self.memory_type)

    def covers(self, kind: str) -> bool:
        """Whether items of the kind can be among those meant."""
        if self.kinds is not None and kind not in self.kinds:
            return False
        if kind == "message":
            return self.memory_type is None and self.project is None
        return self.role is None

    def filter(self, kind: str) -> Filter | None:
        """The filter over one kind's table."""
        conversation = "conversation_id" if kind == "message" else "session_id"
        pinned = {
            conversation: self.conversation_id,
            "role": self.role,
            "memory_type": self.memory_type,
            "project": self.project,
        }
        parts: list[Filter | None] = [eq(n, v) for n, v in pinned.items() if v is not None]
        if self.since is not None:
            parts.append(Compare("created_at", Op.GTE, milliseconds("since", self.since)))
        if self.until is not None:
            parts.append(Compare("created_at", Op.LT, milliseconds("until", self.until)))
        parts += [eq(f"metadata.{n}", v) for n, v in (self.metadata or {}).items()]
        return every(*parts, self.where)
