"""Moving single messages between tiers, as a caller asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engrammic.checks import shown
from engrammic.errors import InvalidInput, NotFound
from engrammic.items import KeyFact, MemoryTier, Message, MessageSummary
from engrammic.stores.base import check_kind_of
from engrammic.stores.encoding import encode_later
from engrammic.tiers.policy import Step
from engrammic.tiers.searching import TieredSearch
from engrammic.tiers.shifts import Made


class TierMoves(TieredSearch):
    """Demotes and promotes messages of one scope."""

    async def demote_to_warm(
        self, message_id: str, summary: MessageSummary, reason: str = "asked for"
    ) -> bool:
        """Let a summary stand for a message; whether it moved.

        False when it is not in the hot tier, or is canonical or held. The
        message itself stays in its conversation.
        """
        check_kind_of("summary", summary, MessageSummary)
        if summary.original_message_id != message_id:
            raise InvalidInput("summary.original_message_id", f"is not {shown(message_id)}")
        return await self._down(message_id, MemoryTier.HOT, MemoryTier.WARM, summary, reason)

    async def demote_to_cold(
        self, summary_id: str, fact: KeyFact, reason: str = "asked for"
    ) -> bool:
        """Let a fact stand for a summary, which is deleted; whether it moved."""
        check_kind_of("fact", fact, KeyFact)
        summary = await self.warm.get(summary_id)
        if summary is None:
            raise NotFound("summary", summary_id)
        original = summary.original_message_id
        if original not in fact.original_message_ids:
            evidence = (*fact.original_message_ids, original)
            fact = replace(fact, original_message_ids=evidence)
        return await self._down(original, MemoryTier.WARM, MemoryTier.COLD, fact, reason)

    async def promote_to_hot(self, message_id: str, reason: str = "asked for") -> Message | None:
        """The full message, found whole again; None when its text is gone.

        Its summary and the facts that hang on it alone are deleted.
        """
        await self.ready()
        row = await self.standing.get(message_id)
        message = await self.hot.get(message_id)
        if row is None or message is None:
            return None
        if row.tier is not MemoryTier.HOT:
            step = Step(message_id, row.tier, MemoryTier.HOT, 0.0, reason)
            await self.raise_up({message_id: step})
        await self.record_access(message_id)
        return message

    async def raise_up(self, steps: Mapping[str, Step], pass_id: str | None = None) -> int:
        """Bring messages back to the hot tier; how many records changed."""
        indexed = await self.hot.indexed_again(tuple(steps))
        moment = self.clock()
        return await self.backend.transact(
            lambda reader: self.shifts.up(reader, steps, indexed, moment, pass_id)
        )

    async def _down(
        self,
        message_id: str,
        before: MemoryTier,
        after: MemoryTier,
        item: MessageSummary | KeyFact,
        reason: str,
    ) -> bool:
        await self.ready()
        steps = {message_id: Step(message_id, before, after, 0.0, reason)}
        made = {message_id: await self.made(item, how="caller")}
        moment = self.clock()
        return (
            await self.backend.transact(
                lambda reader: self.shifts.down(reader, steps, made, moment)
            )
            > 0
        )

    async def made(self, item: MessageSummary | KeyFact, how: str) -> Made:
        """What is to stand for a message, with a vector of its own where there is a model."""
        store: Any = self.warm if isinstance(item, MessageSummary) else self.cold
        record = store.record_of(item, 0, self.clock())
        if self.embedder is None:
            return Made(item, how=how)
        [encoded] = await encode_later(self.embedder, [store.searchable(record)])
        return Made(item, encoded.vector, how)
