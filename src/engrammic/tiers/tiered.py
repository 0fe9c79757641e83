"""Three tiers of one memory: messages whole, as summaries, and as facts; searched as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from engrammic.authority import CanonicalWriteToken
from engrammic.checks import check_count, choice
from engrammic.embed.base import Embedder
from engrammic.errors import Protected
from engrammic.filters import eq
from engrammic.items import MemoryAuthority, MemoryTier, Message
from engrammic.stores.base import Storage, check_kind_of
from engrammic.stores.keeping import VERIFIER
from engrammic.stores.messages import MessageStore
from engrammic.stores.meta import MetaStore
from engrammic.stores.tier_metadata import Standing
from engrammic.tiers.ageing import Ageing
from engrammic.tiers.config import HOUR
from engrammic.tiers.moving import TierMoves
from engrammic.tiers.policy import is_fixed
from engrammic.tiers.scores import retention

LARGEST_COUNT = 2**31


@dataclass(frozen=True, slots=True)
class TieredMemoryStats:
    """How many items each tier holds, and how many messages are tracked in all."""

    hot_count: int
    warm_count: int
    cold_count: int
    total_tracked: int


class TieredMemory(TierMoves):
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
        chosen = choice("authority", MemoryAuthority, authority)
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

    async def evict_expired(self) -> int:
        """Take away the messages whose text ends now; how many.

        Ephemeral ones leave nothing. Of session ones a summary stays, made now where
        there is none. Canonical and held ones stay.
        """
        return await Ageing(self).evict_expired()

    async def get_demotion_candidates(self, tier: MemoryTier | str, count: int) -> list[str]:
        """Ids of the `count` messages of a tier that are least worth keeping there, worst first.

        Canonical, ephemeral and held ones are never among them.
        """
        check_count("count", count, 1, LARGEST_COUNT)
        chosen, moment = choice("tier", MemoryTier, tier), self.clock()
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
