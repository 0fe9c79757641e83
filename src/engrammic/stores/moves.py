"""The log of what happened to items: every move, why, and what it takes to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic.clock import new_id
from engrammic.filters import eq, every
from engrammic.stores.base import Store
from engrammic.types import Field, Index, Kind, Order, Record, Schema

MOVES = Schema(
    "moves",
    (
        Field("move_id", Kind.TEXT, nullable=False),
        Field("kind", Kind.TEXT, nullable=False),
        Field("item_id", Kind.TEXT, nullable=False),
        Field("action", Kind.TEXT, nullable=False),
        Field("before", Kind.TEXT),
        Field("after", Kind.TEXT),
        Field("reason", Kind.TEXT, nullable=False),
        Field("detail", Kind.JSON),
        Field("moved_at", Kind.INT, nullable=False),
        Field("pass_id", Kind.TEXT),
    ),
    key=("move_id",),
    indexes=(Index(("kind", "item_id")), Index(("moved_at",))),
)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happened to an item.

    `action` is demote, promote, expire, evict, supersede, reject, retire, merge,
    rate, hold or undo; `before` and `after` are its tiers, None where it was not
    or is no more. `pass_id` names the pass of `maintain` that did it.
    """

    move_id: str
    kind: str
    item_id: str
    action: str
    before: str | None
    after: str | None
    reason: str
    moved_at: int
    detail: Mapping[str, Any] | None = None
    pass_id: str | None = None


Moves: TypeAlias = list[Move]


def move_record(
    kind: str,
    item_id: str,
    action: str,
    before: str | None,
    after: str | None,
    reason: str,
    moment: int,
    *,
    detail: Mapping[str, Any] | None = None,
    pass_id: str | None = None,
) -> Record:
    """The row of a new move; the ids sort by the time they were made."""
    return {
        "move_id": f"{moment:012x}{new_id()}",
        "kind": kind,
        "item_id": item_id,
        "action": action,
        "before": before,
        "after": after,
        "reason": reason,
        "detail": dict(detail) if detail else None,
        "moved_at": moment,
        "pass_id": pass_id,
    }


class MoveLog(Store):
    """Reads the log; moves are written in the change list of what they tell of."""

    def schemas(self) -> Sequence[Schema]:
        """The one table."""
        return (MOVES,)

    async def get(self, move_id: str) -> Move | None:
        """One move, or None."""
        await self.ready()
        record = await self.backend.get(MOVES.name, (move_id,))
        return None if record is None else Move(**record)

    async def of(self, kind: str, item_id: str) -> Moves:
        """What happened to an item, the oldest first."""
        await self.ready()
        where = every(eq("kind", kind), eq("item_id", item_id))
        return [Move(**r) for r in await self.backend.query(MOVES.name, where)]

    async def list(
        self, *, limit: int = 100, after: tuple[int, str] | None = None, pass_id: str | None = None
    ) -> Moves:
        """The newest moves first; `after` resumes behind a (moved_at, move_id)."""
        await self.ready()
        where = None if pass_id is None else eq("pass_id", pass_id)
        order = Order("moved_at", descending=True)
        found = await self.backend.query(MOVES.name, where, order=order, after=after, limit=limit)
        return [Move(**record) for record in found]
