"""Reviewing contradictions: what messages claim and cannot both be right, and how it ends."""

from __future__ import annotations

from engrammic.scope import Scoped
from engrammic.stores.contradictions import Resolution
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_tables import ContradictionEvent, ContradictionKind, Status
from engrammic.stores.indexing import Changes
from engrammic.stores.messages import MessageStore
from engrammic.tiers.versioning import Closing, Versioning


class Reviewing:
    """What a memory needs for its review queue. `Memory` is one."""

    messages: MessageStore
    entities: EntityStore
    _scoped: Scoped

    async def contradictions(self, *statuses: Status | str) -> list[ContradictionEvent]:
        """Those of the given statuses, the first found first; by default all that are open.

        `learn` finds them as it reads messages.
        """
        return await self.entities.contradictions(*statuses)

    async def resolve(
        self, event_id: str, resolution: Resolution | str, note: str | None = None
    ) -> ContradictionEvent:
        """The contradiction as resolved: keep what was there, replace it, or scope both by a note.

        A message that loses is found no more, except `as_of` earlier; its
        conversation keeps it, and `undo` brings it back. What `keep` throws out may
        not be stored again. Raises NotFound, Protected, InvalidInput for a scope
        without a note.
        """
        await self.messages.ready()
        ended: list[ContradictionEvent] = []

        async def resolving(reader: Scoped) -> Changes:
            event, changes = await self.entities.resolved(reader, event_id, resolution, note)
            ended[:] = [event]
            return [*await self._closed(reader, event), *changes]

        await self._scoped.transact(resolving)
        return ended[0]

    async def _closed(self, reader: Scoped, event: ContradictionEvent) -> Changes:
        """The changes that close the message whose claim was thrown out."""
        claims = event.kind is ContradictionKind.CONFLICTING_CLAIM
        if not claims or event.status is Status.SCOPED:
            return []
        kept = event.status is Status.KEPT
        old, new = event.existing_message_id, event.new_message_id
        closing = (
            Closing("reject", f"contradicts {event.existing_context!r}")
            if kept
            else Closing("replace", f"now: {event.new_context}", new)
        )
        messages = Versioning(self.messages)
        return await messages.closed(reader, new if kept else old, closing, keep_out=kept)
