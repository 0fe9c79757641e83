"""Bringing files in, filling vectors in, and how the memory is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engrammic.backend import Backend, Health
from engrammic.checks import check_count
from engrammic.embed.base import Embedder
from engrammic.predicate import LARGEST
from engrammic.progress import Advance, ignored
from engrammic.scope import Scope, Scoped
from engrammic.stores.conversations import ConversationStore
from engrammic.stores.entities import EntityStore
from engrammic.stores.items import ItemStore
from engrammic.stores.messages import MessageStore
from engrammic.stores.notes import NoteStore
from engrammic.tiers.tiered import TieredMemory

if TYPE_CHECKING:
    from engrammic.extraction.nouns import Extractor
    from engrammic.sessions.importing import ImportReport, Progress

FILL_BATCH = 32


class Upkeep:
    """What a memory needs for its upkeep. `Memory` is one."""

    backend: Backend
    embedder: Embedder | None
    scope: Scope
    remarks: tuple[str, ...]
    messages: MessageStore
    conversations: ConversationStore
    notes: NoteStore
    tiers: TieredMemory
    entities: EntityStore
    _scoped: Scoped
    _stores: tuple[ItemStore[Any], ...]

    async def import_files(
        self, paths: Iterable[str | Path], progress: Progress | None = None
    ) -> ImportReport:
        """Import transcripts and text files; twice changes nothing. Bad lines are reported."""
        from engrammic.sessions.importing import Importer

        importer = Importer(self.messages, self.conversations, self.notes)
        return await importer.run(paths, progress)

    async def delete_expired(self) -> int:
        """Delete everything whose time is over; how many items.

        Of session messages a summary stays, as with `maintain`.
        """
        evicted = await self.tiers.evict_expired()
        others = [store for store in self._stores if store is not self.messages]
        return evicted + sum([await store.delete_expired() for store in others])

    async def fill_in(self) -> AsyncIterator[int]:
        """Give items stored without a model their vectors; yields how many are left."""
        if self.embedder is None:
            return
        for store in (*self._stores, self.tiers.versions):
            while records := await store.pending(FILL_BATCH):
                await store.fill_in(records)
                yield await store.count_pending()

    async def learn(
        self,
        most: int | None = None,
        advance: Advance = ignored,
        *,
        extractor: Extractor | None = None,
    ) -> int:
        """Read messages for entities, relations and claims; how many were read, `most` at most.

        What was read already is passed over, unless it says something else now.
        `entities`, `graph` and `contradictions` hold what was found; it goes with its
        messages. The rules read, unless an `extractor` does, such as
        `engrammic.llm.ModelExtractor`.
        """
        if most is not None:
            check_count("most", most, 0, LARGEST)
        from engrammic.extraction.rules import RuleExtractor
        from engrammic.graph.learning import Learning

        by = extractor or RuleExtractor()
        return await Learning(self.messages, self.entities, by).run(most, advance)

    async def stats(self) -> dict[str, Any]:
        """Counts of this scope, what is pending, and the engine's sizes in bytes."""
        counts = {
            "messages": await self._scoped.count("messages"),
            "conversations": await self._scoped.count("conversations"),
            "notes": await self._scoped.count("notes"),
            "summaries": await self._scoped.count("summaries"),
            "facts": await self._scoped.count("facts"),
            "passages": await self._scoped.count("passages"),
        }
        pending = sum([await store.count_pending() for store in self._stores])
        engine = await self.backend.stats()
        return {"scope": str(self.scope), **counts, "pending": pending, "engine": engine}

    async def health(self) -> Health:
        """`{"status": "ok" | "degraded" | "error", "problems": [...], ...}`; quick."""
        found = await self.backend.health()
        problems = [*found["problems"], *self.remarks]
        status = "degraded" if problems and found["status"] == "ok" else found["status"]
        return {**found, "status": status, "problems": problems}
