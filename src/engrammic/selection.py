"""What narrows a search or a listing: the keyword arguments that people know, as filters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from engrammic.checks import check_name, shown
from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, Or, eq, every, within
from engrammic.items import Moment
from engrammic.predicate import check_is_filter
from engrammic.stores.facts import valid_at
from engrammic.stores.messages import check_role
from engrammic.stores.notes import check_memory_type
from engrammic.stores.versions import current_at, recorded_by

KINDS = ("message", "note", "summary", "fact")

_HAS = {
    "message": {"role"},
    "note": {"memory_type", "project"},
    "summary": {"role"},
    "fact": set[str](),
}
"""What only some kinds can be narrowed by."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items are meant. What only one kind has leaves the other kinds out.

    `since` is included, `until` is not. `metadata` names values that an item's
    metadata must have; dots reach into it. `as_of` asks for what was held at a
    time, later corrections aside; `valid_at` for facts that held then.
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
    as_of: Moment | None = None
    valid_at: Moment | None = None

    def __post_init__(self) -> None:
        self._check_kinds()
        for name in ("conversation_id", "project"):
            if getattr(self, name) is not None:
                check_name(getattr(self, name), name)
        if self.role is not None:
            check_role(self.role)
        if self.memory_type is not None:
            check_memory_type(self.memory_type)
        for name in ("since", "until", "as_of", "valid_at"):
            if getattr(self, name) is not None:
                milliseconds(name, getattr(self, name))
        if self.where is not None:
            check_is_filter(self.where)
        if self.metadata is not None and not isinstance(self.metadata, Mapping):
            raise InvalidInput("metadata", f"want a mapping, not {shown(self.metadata)}")
        for key in self.metadata or ():
            check_name(key, "metadata")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The selection that keyword arguments ask for. Raises InvalidInput for an unknown one."""
        known = [f.name for f in fields(cls)]
        for name in given:
            if name not in known:
                raise InvalidInput(name, f"no such argument; there are: {', '.join(known)}")
        return cls(**given)

    def _check_kinds(self) -> None:
        if self.kinds is None:
            return
        if isinstance(self.kinds, str):
            raise InvalidInput("kinds", f"want a sequence of kinds, such as [{shown(self.kinds)}]")
        if not isinstance(self.kinds, Collection):
            raise InvalidInput("kinds", f"want a sequence of kinds, not {shown(self.kinds)}")
        for kind in self.kinds:
            if kind not in KINDS:
                raise InvalidInput("kinds", f"{shown(kind)} is none of {', '.join(KINDS)}")

    def covers(self, kind: str) -> bool:
        """Whether items of the kind can be among those meant."""
        if self.kinds is not None and kind not in self.kinds:
            return False
        has = _HAS[kind]
        given = {"role": self.role, "memory_type": self.memory_type, "project": self.project}
        return all(value is None or name in has for name, value in given.items())

    def filter(self, kind: str) -> Filter | None:
        """The filter over one kind's table."""
        conversation = "session_id" if kind == "note" else "conversation_id"
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
        return every(*parts, *self._times(kind), self.where)

    def past(self) -> Filter:
        """The filter over the versions that were current `as_of`."""
        assert self.as_of is not None
        return every(self.among_versions(), current_at(milliseconds("as_of", self.as_of)))

    def among_versions(self) -> Filter:
        """The filter over all versions of the items that are meant."""
        mine = [every(eq("kind", kind), within("item", found)) if found else eq("kind", kind)
                for kind in KINDS if self.covers(kind)
                for found in (replace(self, as_of=None).filter(kind),)]  # fmt: skip
        return Or(tuple(mine))

    def _times(self, kind: str) -> list[Filter]:
        parts: list[Filter] = []
        if self.as_of is not None:
            moment = milliseconds("as_of", self.as_of)
            parts.append(recorded_by(moment, updated=kind != "summary"))
        if self.valid_at is not None and kind == "fact":
            parts.append(valid_at(milliseconds("valid_at", self.valid_at)))
        return parts
