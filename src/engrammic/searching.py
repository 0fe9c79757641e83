"""Searching a whole memory: every kind of item, in every way, and the best as text for a prompt."""

from __future__ import annotations

from typing import Any

from engrammic.checks import check_count
from engrammic.clock import Clock
from engrammic.context import Context, Counter, compose, count_tokens
from engrammic.embed.base import Embedder
from engrammic.finding import Finder
from engrammic.graph.linking import Linking
from engrammic.graph.relationships import DEEPEST
from engrammic.hits import Hits
from engrammic.predicate import check_filter
from engrammic.ranking.fusion import Fusion
from engrammic.scope import Scoped
from engrammic.selection import Selection
from engrammic.stores.corpus import Corpus
from engrammic.stores.items import ItemStore
from engrammic.stores.messages import MessageStore
from engrammic.stores.modes import Mode, checked
from engrammic.stores.notes import NoteStore
from engrammic.stores.retrieval import retrieve
from engrammic.tiers.tiered import TieredMemory

UNREAD = "the graph knows nothing of {} messages yet: `learn` reads them"


class Searching:
    """What a memory needs to be searched. `Memory` is one."""

    embedder: Embedder | None
    clock: Clock
    messages: MessageStore
    notes: NoteStore
    tiers: TieredMemory
    _scoped: Scoped
    _linking: Linking
    _stores: tuple[ItemStore[Any], ...]

    async def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode | str = Mode.HYBRID,
        min_score: float = 0.0,
        fusion: Fusion | str = Fusion.EVIDENCE,
        depth: int = 2,
        **selection: Any,
    ) -> Hits:
        """What fits the query best, over everything, best first.

        The modes graph and multi walk `depth` relations, 0 to 32, from what the
        query names to the messages that tell of it, once `learn` has read them.
        `selection` are the fields of `Selection`: kinds, conversation_id, role,
        memory_type, project, since, until, metadata, where, as_of, valid_at. Expired
        items are never found. Raises InvalidInput, naming the argument.
        """
        chosen = Selection.of(selection)
        way, _ = checked(query, limit, mode, fusion, min_score)
        check_count("depth", depth, 0, DEEPEST)
        corpora = await self._corpora(chosen)
        moment = self.clock()
        links = await self._linking.links(query, depth) if way.by_graph else None
        ranking = await retrieve(
            self._scoped, corpora, query, limit=limit, mode=mode, embedder=self.embedder,
            moment=moment, min_score=min_score, fusion=fusion, links=links,
        )  # fmt: skip
        stores = {s.kind: s for s in (*self._stores, self.tiers.versions)}
        finder = Finder(self._scoped, stores, self.embedder)
        hits = await finder.hits(ranking.hits, query, moment)
        unread = await self._linking.unread() if way.by_graph else 0
        notes = (*ranking.notes, UNREAD.format(unread)) if unread else ranking.notes
        return Hits(hits, ranking.mode, notes)

    async def _corpora(self, chosen: Selection) -> list[Corpus]:
        """What is searched: every kind that is asked for, but those that are empty for now.

        Messages nearly always are there, so that looking would be for nothing.
        """
        if chosen.where is not None and chosen.covers(self.notes.kind):
            check_filter(chosen.where, self.notes.schema)  # also where there are none yet
        found = [
            store.corpus(chosen.filter(store.kind))
            for store in self._stores
            if chosen.covers(store.kind) and (store is self.messages or await store.holds_any())
        ]
        if chosen.as_of is not None and await self.tiers.versions.holds_any():
            found.append(self.tiers.versions.corpus(chosen.past()))
        return found

    async def context(
        self,
        query: str,
        max_tokens: int = 2_000,
        *,
        limit: int = 20,
        counter: Counter = count_tokens,
        **selection: Any,
    ) -> Context:
        """The best hits as text for a prompt: at most `max_tokens`, with provenance, fenced."""
        check_count("max_tokens", max_tokens, 1, 2**53)
        hits = await self.search(query, limit=limit, **selection)
        return compose([hit for hit in hits if hit.score > 0], max_tokens, counter)
