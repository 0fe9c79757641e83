"""Searching the tiers: hot first, further down only when that is not enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from engrammic.changes import Update
from engrammic.embed.base import Embedder
from engrammic.errors import InvalidInput
from engrammic.filters import Filter, eq
from engrammic.items import KeyFact, MemoryTier, Message, MessageSummary
from engrammic.ranking.fusion import Fused
from engrammic.scope import Scoped
from engrammic.stores.base import Storage, check_kind_of
from engrammic.stores.facts import FactStore
from engrammic.stores.indexing import Changes
from engrammic.stores.messages import MessageStore
from engrammic.stores.modes import Mode
from engrammic.stores.moves import MoveLog
from engrammic.stores.retrieval import Found, retrieve
from engrammic.stores.summaries import SummaryStore
from engrammic.stores.tier_metadata import TIER_METADATA, TierMetadata, TierMetadataStore
from engrammic.stores.versions import VersionStore
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.tiers.scores import MultiFactorScore, boosted, combined, recency
from engrammic.tiers.shifts import Shifts

Metadata: TypeAlias = Mapping[str, TierMetadata]

POOL = 50
"""Candidates that are weighed for recency and importance."""

TIER_OF = {"message": MemoryTier.HOT, "summary": MemoryTier.WARM, "fact": MemoryTier.COLD}


@dataclass(frozen=True, slots=True)
class TieredSearchResult:
    """One thing found: `content` is the message's text, its summary, or the fact it became.

    `message_id` is None for a fact that comes from no message.
    """

    message_id: str | None
    content: str
    tier: MemoryTier
    score: float
    item: Message | MessageSummary | KeyFact
    why: Fused
    metadata: TierMetadata | None = None
    multi_factor_score: MultiFactorScore | None = None

    @property
    def original_message_id(self) -> str | None:
        """As `message_id`."""
        return self.message_id


class TieredSearch:
    """One search over messages, summaries and facts of one scope."""

    def __init__(
        self,
        hot_store: MessageStore,
        client: Storage,
        embeddings: Embedder | None = None,
        config: TieredMemoryConfig | None = None,
    ) -> None:
        check_kind_of("hot_store", hot_store, MessageStore)
        check_kind_of("config", config or TieredMemoryConfig(), TieredMemoryConfig)
        self.hot = hot_store
        self.config = config or TieredMemoryConfig()
        self.embedder = embeddings if embeddings is not None else hot_store.embedder
        self.backend = (
            client if isinstance(client, Scoped) else Scoped(client, hot_store.backend.scope)
        )
        if str(self.backend.scope) != str(hot_store.backend.scope):
            raise InvalidInput("client", "is of another scope than hot_store")
        self.clock = hot_store.clock
        self.warm = SummaryStore(self.backend, self.embedder, clock=self.clock)
        self.cold = FactStore(self.backend, self.embedder, clock=self.clock)
        self.standing = TierMetadataStore(self.backend, clock=self.clock)
        self.moves = MoveLog(self.backend, clock=self.clock)
        self.versions = VersionStore(self.backend, self.embedder, clock=self.clock)
        self.shifts = Shifts(self.hot, self.warm, self.cold)

    async def ready(self) -> None:
        """Declare every table."""
        for store in (self.hot, self.warm, self.cold, self.standing, self.moves, self.versions):
            await store.ready()

    async def record_access(self, message_id: str, kind: str = "message") -> bool:
        """Note that an item was recalled; whether it is tracked."""
        return await self.touch({(kind, message_id)}) > 0

    async def touch(self, items: set[tuple[str, str]]) -> int:
        """Note that items, by kind and id, were recalled; how many are tracked."""
        await self.ready()
        moment = self.clock()

        async def touching(reader: Scoped) -> Changes:
            rows = [await reader.get(TIER_METADATA.name, place) for place in sorted(items)]
            seen = [TierMetadata.of(row).record_access(moment) for row in rows if row is not None]
            updates = [
                {"kind": m.kind, "message_id": m.message_id, "access_count": m.access_count,
                 "last_accessed": m.last_accessed}
                for m in seen
            ]  # fmt: skip
            return [Update(TIER_METADATA.name, updates)]

        return await self.backend.transact(touching)

    async def search_adaptive(
        self, query: str, conversation_id: str | None = None, limit: int = 10
    ) -> list[TieredSearchResult]:
        """What fits best over the tiers, best first; what is found in the hot tier is touched.

        Hot first; when nothing there scores `config.enough`, warm as well, and
        when nothing so far scores `config.fair`, cold too.
        """
        found = await self._adaptive(query, conversation_id, limit)
        await self._touch(found)
        return found

    async def search_adaptive_multi_factor(
        self, query: str, conversation_id: str | None = None, limit: int = 10
    ) -> list[TieredSearchResult]:
        """As `search_adaptive`, ranked by similarity, recency and importance together.

        Recency counts from the recall before this one. Words such as "latest"
        raise its weight by up to `config.temporal_boost`.
        """
        pool = await self._adaptive(query, conversation_id, max(limit, POOL))
        moment = self.clock()
        weights = boosted(self.config.weights, query, self.config.temporal_boost)
        scored = []
        for result in pool:
            known = result.metadata
            recent = 1.0 if known is None else recency(known.last_accessed, moment)
            importance = 0.5 if known is None else known.importance
            parts = combined(result.score, recent, importance, weights)
            scored.append(replace(result, score=parts.combined, multi_factor_score=parts))
        best = sorted(scored, key=lambda result: -result.score)[:limit]
        await self._touch(best)
        return best

    async def _adaptive(
        self, query: str, conversation_id: str | None, limit: int
    ) -> list[TieredSearchResult]:
        await self.ready()
        where = None if conversation_id is None else eq("conversation_id", conversation_id)
        found = await self._search(self.hot, query, where, limit)
        if _best(found) < self.config.enough:
            found += await self._search(self.warm, query, where, limit)
            if _best(found) < self.config.fair:
                found += await self._search(self.cold, query, where, limit)
        best = sorted(found, key=lambda hit: -hit.score)[:limit]
        standing = await self._standing_of(best)
        return [self._result(hit, standing) for hit in best]

    async def _search(
        self, store: Any, query: str, where: Filter | None, limit: int
    ) -> list[Found]:
        ranking = await retrieve(
            self.backend, [store.corpus(where)], query, limit=limit, mode=Mode.HYBRID,
            embedder=self.embedder, moment=self.clock(),
        )  # fmt: skip
        return ranking.hits

    async def _standing_of(self, found: Sequence[Found]) -> Metadata:
        ids = [i for hit in found if (i := self._message_of(hit)) is not None]
        return await self.standing.of("message", ids) if ids else {}

    def _message_of(self, hit: Found) -> str | None:
        if hit.kind == "message":
            return str(hit.record["message_id"])
        if hit.kind == "summary":
            return str(hit.record["original_message_id"])
        return next(iter(hit.record["original_message_ids"] or ()), None)

    def _result(self, hit: Found, standing: Metadata) -> TieredSearchResult:
        stores: Mapping[str, Any] = {"message": self.hot, "summary": self.warm, "fact": self.cold}
        message = self._message_of(hit)
        return TieredSearchResult(
            message, hit.record["content"], TIER_OF[hit.kind], hit.score,
            stores[hit.kind].item_of(hit.record), hit.why,
            standing.get(message) if message is not None else None,
        )  # fmt: skip

    async def _touch(self, results: Sequence[TieredSearchResult]) -> None:
        places = {("message", r.message_id) for r in results if r.message_id is not None}
        if places:
            await self.touch(places)


def _best(found: Sequence[Found]) -> float:
    return max((hit.score for hit in found), default=0.0)
