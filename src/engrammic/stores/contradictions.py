"""The review queue: contradictions wait, are taken, and are resolved by a person or a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from engrammic.changes import Change, Delete, Put, Update
from engrammic.checks import choice
from engrammic.claims.nouns import Clash
from engrammic.errors import InvalidInput, NotFound
from engrammic.filters import Compare, Op, eq, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import Store, check_id, check_kind_of, check_short
from engrammic.stores.clashes import clash_event
from engrammic.stores.entity_tables import (
    CONTRADICTIONS,
    OPEN,
    RELATIONSHIPS,
    ContradictionEvent,
    ContradictionKind,
    Status,
    event_of,
    event_record,
    plain,
)
from engrammic.types import Order, Schema


class Resolution(StrEnum):
    """How a contradiction ends.

    KEEP what was there and reject what is new; REPLACE what was there by what
    is new; SCOPE: both hold, each in its own place, and the note says where.
    """

    KEEP = "keep"
    REPLACE = "replace"
    SCOPE = "scope"


_RESOLVED = {
    Resolution.KEEP: Status.KEPT,
    Resolution.REPLACE: Status.REPLACED,
    Resolution.SCOPE: Status.SCOPED,
}


class ContradictionQueue(Store):
    """Contradictions of one scope. What was resolved is not reported again."""

    def schemas(self) -> Sequence[Schema]:
        """The contradictions, and the relations that a resolution removes."""
        return (CONTRADICTIONS, RELATIONSHIPS)

    async def contradictions(self, *statuses: Status | str) -> list[ContradictionEvent]:
        """Those of the given statuses, the first found first; by default all that are open."""
        wanted = [choice("statuses", Status, status) for status in statuses or OPEN]
        await self.ready()
        found = await self.backend.query(
            CONTRADICTIONS.name, is_in("status", wanted), order=Order("found_at")
        )
        return [event_of(row) for row in found]

    async def pending_contradictions(self) -> list[ContradictionEvent]:
        """Those that nobody has taken yet, the first found first; they stay pending."""
        return await self.contradictions(Status.PENDING)

    async def drain_contradictions(self) -> list[ContradictionEvent]:
        """Those that nobody has taken yet, taken now: pending ones are given out once.

        They stay in the queue until `resolve`.
        """
        await self.ready()
        taken: list[ContradictionEvent] = []

        async def taking(reader: Scoped) -> list[Change]:
            rows = await reader.query(
                CONTRADICTIONS.name, eq("status", Status.PENDING), order=Order("found_at")
            )
            taken[:] = [replace(event_of(row), status=Status.DRAINED) for row in rows]
            records = [{"id": row["id"], "status": str(Status.DRAINED)} for row in rows]
            return [Update(CONTRADICTIONS.name, records)]

        await self.backend.transact(taking)
        return taken

    async def resolve(
        self, event_id: str, resolution: Resolution | str, note: str | None = None
    ) -> ContradictionEvent:
        """The contradiction as resolved. Raises NotFound, and InvalidInput for SCOPE without note.

        What is rejected leaves the relations and is refused when it is said
        again. What messages claim stays: `Memory.resolve` acts on them as well.
        """
        await self.ready()
        resolved: list[ContradictionEvent] = []

        async def resolving(reader: Scoped) -> list[Change]:
            event, changes = await self.resolved(reader, event_id, resolution, note)
            resolved[:] = [event]
            return changes

        await self.backend.transact(resolving)
        return resolved[0]

    async def resolved(
        self, reader: Scoped, event_id: str, resolution: Resolution | str, note: str | None
    ) -> tuple[ContradictionEvent, list[Change]]:
        """As `resolve`, as changes for the caller's own list; the tables are `ready`."""
        chosen = choice("resolution", Resolution, resolution)
        check_id("event_id", event_id)
        check_short("note", note)
        if chosen is Resolution.SCOPE and not note:
            raise InvalidInput("note", "say where each of the two holds")
        row = await reader.get(CONTRADICTIONS.name, (event_id,))
        if row is None:
            raise NotFound("contradiction", event_id)
        event = replace(event_of(row), status=_RESOLVED[chosen], note=note)
        put = Put(CONTRADICTIONS.name, [event_record(event, row["pair_id"])])
        return event, [put, *_rejecting(event, row["pair_id"])]

    async def report(
        self, clash: Clash, existing_message_id: str, new_message_id: str
    ) -> ContradictionEvent:
        """The contradiction of two claims, in the queue; as it stands there if it was known."""
        check_kind_of("clash", clash, Clash)
        await self.ready()
        stored: list[ContradictionEvent] = []

        async def reporting(reader: Scoped) -> list[Change]:
            event, change = await self.reported(reader, clash, existing_message_id, new_message_id)
            stored[:] = [event]
            return change

        await self.backend.transact(reporting)
        return stored[0]

    async def reported(
        self, reader: Scoped, clash: Clash, existing_message_id: str, new_message_id: str
    ) -> tuple[ContradictionEvent, list[Change]]:
        """As `report`, as changes for the caller's own list."""
        check_id("existing_message_id", existing_message_id)
        check_id("new_message_id", new_message_id)
        row = clash_event(clash, existing_message_id, new_message_id, self.clock())
        known = await reader.get(CONTRADICTIONS.name, (row["id"],))
        if known is not None:
            return event_of(known), []
        return event_of(row), [Put(CONTRADICTIONS.name, [row])]


def _rejecting(event: ContradictionEvent, pair_id: str) -> list[Change]:
    """Deletes the relations that say what was rejected, and the open events about it."""
    if event.kind is ContradictionKind.CONFLICTING_CLAIM or event.status is Status.SCOPED:
        return []
    lost = event.new_context if event.status is Status.KEPT else event.existing_context
    moot = [
        every(
            eq("pair_id", pair_id), eq(side, lost), is_in("status", OPEN),
            Compare("id", Op.NE, event.event_id),
        )
        for side in ("existing_context", "new_context")
    ]  # fmt: skip
    return [
        Delete(RELATIONSHIPS.name, every(eq("pair_id", pair_id), eq("plain", plain(lost)))),
        *(Delete(CONTRADICTIONS.name, where) for where in moot),
    ]
