"""Three tiers of one memory: messages whole, as summaries, and as facts; searched as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from engrammic.authority import CanonicalWriteToken
from engrammic.checks import check_count, shown
from engrammic.embed.base import Embedder
from engrammic.errors import InvalidInput, NotFound, Protected
from engrammic.filters import eq
from engrammic.items import KeyFact, MemoryAuthority, MemoryTier, Message, MessageSummary
from engrammic.stores.base import Storage, check_kind_of
from engrammic.stores.encoding import encode_later
from engrammic.stores.keeping import VERIFIER
from engrammic.stores.messages import MessageStore
from engrammic.stores.meta import MetaStore
from engrammic.stores.tier_metadata import Standing
from engrammic.tiers.config import HOUR
from engrammic.tiers.policy import Step, is_fixed
from engrammic.tiers.scores import retention
from engrammic.tiers.searching import TieredSearch
from engrammic.tiers.shifts import Made

LARGEST_COUNT = 2**31


@dataclass(frozen=True, slots=True)
class TieredMemoryStats:
    """How many items each tier holds, and how many messages are tracked in all."""

    hot_count: int
    warm_count: int
    cold_count: int
    total_tracked: int


class TieredMemory(TieredSearch):
    """Messages that age: hot, warm, cold, and back. Each lives in one tier at a time."""

    @classmethod
    def with_defaults(
        cls, hot_store: MessageStore, client: Storage, embeddings: Embedder | None = None
    ) -> Self:
        """With the default configuration."""
        return cls(hot_store, client, embeddings)

    async def add_message(
        self,
        message: Message,
        importance: float = 0.5,
        authority: MemoryAuthority | str = MemoryAuthority.SESSION,
    ) -> Message:
        """The message as stored, in the hot tier.

        A session message's text ends after `session_ttl_hours`, and what was
        learnt of it stays; an ephemeral one, or one with an `expires_at` of its
        own, ends wholly. Raises Protected for CANONICAL: that takes a token.
        """
        check_kind_of("message", message, Message)
        chosen = _authority(authority)
        if chosen is MemoryAuthority.CANONICAL:
            raise Protected("a canonical message is added by add_canonical_message, with a token")
        if message.expires_at is not None:
            chosen = MemoryAuthority.EPHEMERAL
        ephemeral = chosen is MemoryAuthority.EPHEMERAL
        hours = self.config.ephemeral_ttl_hours if ephemeral else self.config.session_ttl_hours
        if message.expires_at is None and hours is not None:
            message = replace(message, expires_at=self.clock() + hours * HOUR)
        return await self.hot.add(message, standing=Standing(importance, chosen))

    async def add_canonical_message(
        self, message: Message, importance: float, token: CanonicalWriteToken
    ) -> Message:
        """The message as stored: without an end, never demoted, overwritten only with the token.

        Raises Protected for a token that is not the owner's.
        """
        check_kind_of("message", message, Message)
        check_kind_of("token", token, CanonicalWriteToken)
        await self.ready()
        verifier = f"{VERIFIER}:{self.backend.scope.tenant}"
        if not token.opens(await MetaStore(self.backend.backend).read(verifier)):
            raise Protected("the token is not from this memory's owner's secret")
        hot = MessageStore(self.backend, self.hot.embedder, clock=self.clock, token=token)
        standing = Standing(importance, MemoryAuthority.CANONICAL)
        return await hot.add(replace(message, expires_at=None), standing=standing)

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

    async def get_demotion_candidates(self, tier: MemoryTier | str, count: int) -> list[str]:
        """Ids of the `count` messages of a tier that are least worth keeping there, worst first.

        Canonical, ephemeral and held ones are never among them.
        """
        check_count("count", count, 1, LARGEST_COUNT)
        chosen, moment = _tier(tier), self.clock()
        rows = [
            (retention(row, moment), row.message_id)
            async for page in self.standing.pages(eq("tier", chosen))
            for row in page
            if row.kind == "message" and not is_fixed(row)
        ]
        return [item_id for _, item_id in sorted(rows)[:count]]

    async def get_stats(self) -> TieredMemoryStats:
        """How many messages are hot, and how many summaries and facts there are."""
        await self.ready()
        counts = await self.standing.counts()
        warm = await self.backend.count(self.warm.table)
        cold = await self.backend.count(self.cold.table)
        return TieredMemoryStats(counts[MemoryTier.HOT], warm, cold, sum(counts.values()))

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


def _tier(given: MemoryTier | str) -> MemoryTier:
    try:
        return MemoryTier(given)
    except ValueError:
        raise InvalidInput("tier", f"{shown(given)} is none of {', '.join(MemoryTier)}") from None


def _authority(given: MemoryAuthority | str) -> MemoryAuthority:
    try:
        return MemoryAuthority(given)
    except ValueError:
        problem = f"{shown(given)} is none of {', '.join(MemoryAuthority)}"
        raise InvalidInput("authority", problem) from None
