"""`TieredMemory` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins

from engrammic.authority import CanonicalWriteToken
from engrammic.items import KeyFact, MemoryAuthority, MemoryTier, Message, MessageSummary
from engrammic.loop import call
from engrammic.tiers.searching import TieredSearchResult
from engrammic.tiers.tiered import TieredMemory as AwaitedTieredMemory
from engrammic.tiers.tiered import TieredMemoryStats


class TieredMemory:
    """Messages that age: hot, warm, cold, and back. Each lives in one tier at a time."""

    def __init__(self, awaited: AwaitedTieredMemory) -> None:
        self.awaited = awaited

    def add_message(
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
        return call(self.awaited.add_message(message, importance, authority))

    def add_canonical_message(
        self, message: Message, importance: float, token: CanonicalWriteToken
    ) -> Message:
        """The message as stored: without an end, never demoted, overwritten only with the token.

        Raises Protected for a token that is not the owner's.
        """
        return call(self.awaited.add_canonical_message(message, importance, token))

    def evict_expired(self) -> int:
        """Take away the messages whose text ends now; how many.

        Ephemeral ones leave nothing. Of session ones a summary stays, made now where
        there is none. Canonical and held ones stay.
        """
        return call(self.awaited.evict_expired())

    def get_demotion_candidates(self, tier: MemoryTier | str, count: int) -> builtins.list[str]:
        """Ids of the `count` messages of a tier that are least worth keeping there, worst first.

        Canonical, ephemeral and held ones are never among them.
        """
        return call(self.awaited.get_demotion_candidates(tier, count))

    def get_stats(self) -> TieredMemoryStats:
        """How many messages are hot, and how many summaries and facts there are."""
        return call(self.awaited.get_stats())

    def demote_to_warm(
        self, message_id: str, summary: MessageSummary, reason: str = "asked for"
    ) -> bool:
        """Let a summary stand for a message; whether it moved.

        False when it is not in the hot tier, or is canonical or held. The
        message itself stays in its conversation.
        """
        return call(self.awaited.demote_to_warm(message_id, summary, reason))

    def demote_to_cold(self, summary_id: str, fact: KeyFact, reason: str = "asked for") -> bool:
        """Let a fact stand for a summary, which is deleted; whether it moved."""
        return call(self.awaited.demote_to_cold(summary_id, fact, reason))

    def promote_to_hot(self, message_id: str, reason: str = "asked for") -> Message | None:
        """The full message, found whole again; None when its text is gone.

        Its summary and the facts that hang on it alone are deleted.
        """
        return call(self.awaited.promote_to_hot(message_id, reason))

    def record_access(self, message_id: str, kind: str = "message") -> bool:
        """Note that an item was recalled; whether it is tracked."""
        return call(self.awaited.record_access(message_id, kind))

    def search_adaptive(
        self, query: str, conversation_id: str | None = None, limit: int = 10
    ) -> builtins.list[TieredSearchResult]:
        """What fits best over the tiers, best first; what is found in the hot tier is touched.

        Hot first; when nothing there scores `config.enough`, warm as well, and
        when nothing so far scores `config.fair`, cold too.
        """
        return call(self.awaited.search_adaptive(query, conversation_id, limit))

    def search_adaptive_multi_factor(
        self, query: str, conversation_id: str | None = None, limit: int = 10
    ) -> builtins.list[TieredSearchResult]:
        """As `search_adaptive`, ranked by similarity, recency and importance together.

        Recency counts from the recall before this one. Words such as "latest"
        raise its weight by up to `config.temporal_boost`.
        """
        return call(self.awaited.search_adaptive_multi_factor(query, conversation_id, limit))
