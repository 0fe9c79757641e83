"""The memory that a user holds: every store, and one search over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from engrammic.authority import CanonicalWriteToken
from engrammic.backend import Backend
from engrammic.checks import check_count
from engrammic.clock import Clock, now
from engrammic.embed.base import Embedder
from engrammic.errors import NotFound
from engrammic.graph.linking import Linking
from engrammic.graph.relationships import RelationshipGraph
from engrammic.graph.walking import GraphWalk
from engrammic.items import Item, Metadata, Moment, Note
from engrammic.lifecycle import Lifecycle
from engrammic.releasing import Releasing
from engrammic.reviewing import Reviewing
from engrammic.scope import Scope, Scoped
from engrammic.selection import Selection
from engrammic.stores.base import check_kind_of
from engrammic.stores.conversations import ConversationStore
from engrammic.stores.entities import EntityStore
from engrammic.stores.items import of_kind
from engrammic.stores.keeping import verified
from engrammic.stores.messages import MessageStore
from engrammic.stores.notes import NoteStore
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.tiers.learning import FactExtractor, Summarizer
from engrammic.tiers.tiered import TieredMemory
from engrammic.upkeep import Upkeep

LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """Items of one kind, newest first; `after` gets the next page, None when this is the last."""

    items: tuple[Item, ...]
    after: tuple[int, str] | None


class Memory(Lifecycle, Reviewing, Upkeep, Releasing):
    """An agent's memory: one scope of one database. Open it with `engrammic.open`.

    `remarks` says what one should know of how it was opened. Everything is
    awaited; `engrammic.sync` has the same without `await`.
    """

    def __init__(
        self,
        backend: Backend,
        embedder: Embedder | None = None,
        *,
        scope: Scope | None = None,
        clock: Clock = now,
        remarks: Sequence[str] = (),
        tiers: TieredMemoryConfig | None = None,
        token: CanonicalWriteToken | None = None,
        summarizer: Summarizer | None = None,
        extractor: FactExtractor | None = None,
    ) -> None:
        if scope is not None:
            check_kind_of("scope", scope, Scope)
        self.backend = backend
        self.embedder = embedder
        self.scope = scope or Scope()
        self.clock = clock
        self.remarks = tuple(remarks)
        self._scoped = Scoped(backend, self.scope)
        self.token = token
        self.summarizer, self.extractor = summarizer, extractor
        self.messages = MessageStore(self._scoped, embedder, clock=clock, token=token)
        self.conversations = ConversationStore(self._scoped, clock=clock)
        self.notes = NoteStore(self._scoped, embedder, clock=clock, token=token)
        self.tiers = TieredMemory(self.messages, self._scoped, embedder, tiers)
        self.summaries, self.facts = self.tiers.warm, self.tiers.cold
        self.facts.token = token
        self.entities = EntityStore(self._scoped, clock=clock)
        self.graph = RelationshipGraph.from_entity_store(self.entities)
        drawn = (self.messages, self.summaries, self.facts)
        self._linking = Linking(GraphWalk(self.entities), drawn)
        self._stores = (self.messages, self.notes, self.summaries, self.facts)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def ready(self) -> None:
        """Declare the tables of every store."""
        for store in (self.conversations, self.notes, self.tiers):
            await store.ready()

    async def close(self) -> None:
        """Give the database back. Closing twice is fine."""
        await self.backend.close()

    def scoped(
        self,
        *,
        tenant: str | None = None,
        user: str | None = None,
        agent: str | None = None,
        project: str | None = None,
    ) -> Memory:
        """The same database in another scope: the parts given replace this one's."""
        given = {"tenant": tenant, "user": user, "agent": agent, "project": project}
        scope = replace(self.scope, **{k: v for k, v in given.items() if v is not None})
        return self._twin(scope=scope)

    async def unlocked(self, secret: str | bytes) -> Memory:
        """The same memory for its owner, who may write and change what is canonical.

        The first secret given becomes the owner's. Raises InvalidInput for another.
        """
        return self._twin(token=await verified(self._scoped, secret))

    def tuned(self, tiers: TieredMemoryConfig) -> Memory:
        """The same memory with other settings of its tiers."""
        check_kind_of("tiers", tiers, TieredMemoryConfig)
        return self._twin(token=self.token, tiers=tiers)

    def _twin(
        self,
        scope: Scope | None = None,
        token: CanonicalWriteToken | None = None,
        tiers: TieredMemoryConfig | None = None,
    ) -> Memory:
        return Memory(
            self.backend, self.embedder, scope=scope or self.scope, clock=self.clock,
            remarks=self.remarks, tiers=tiers or self.tiers.config, token=token,
            summarizer=self.summarizer, extractor=self.extractor,
        )  # fmt: skip

    async def remember(
        self,
        content: str,
        memory_type: str = "note",
        *,
        id: str | None = None,  # noqa: A002
        title: str | None = None,
        source: str | None = None,
        project: str | None = None,
        session_id: str | None = None,
        expires_at: Moment | None = None,
        metadata: Metadata | None = None,
    ) -> Note:
        """The note as stored. Types: note, conversation, preference, pattern, insight."""
        note = Note(
            content, id, memory_type, title, source, None, project, session_id,
            expires_at=expires_at, metadata=metadata,  # type: ignore[arg-type]
        )  # fmt: skip
        return await self.notes.add(note)

    async def recall(
        self, query: str | None = None, *, limit: int = 5, **selection: Any
    ) -> list[Note]:
        """Notes that fit the query, best first; without a query the newest."""
        chosen = {**selection, "kinds": ["note"]}
        if query is None:
            return await self.notes.list(Selection.of(chosen).filter("note"), limit=limit)
        return [h.item for h in await self.search(query, limit=limit, **chosen)
                if isinstance(h.item, Note)]  # fmt: skip

    async def get(self, item_id: str) -> Item | None:
        """The item under an id, whatever its kind, or None."""
        for store in self._stores:
            found: Item | None = await store.get(item_id)
            if found is not None:
                return found
        return None

    async def update(
        self,
        item_id: str,
        *,
        content: str | None = None,
        metadata: Metadata | None = None,
        expires_at: Moment | None = None,
    ) -> Item:
        """The item with new content, metadata or expiry; None keeps. Raises NotFound."""
        given: dict[str, Any] = {"metadata": metadata, "expires_at": expires_at}
        for store in self._stores:
            change = {store.text: content, **given}
            change = {name: value for name, value in change.items() if value is not None}
            changed: Item | None = await store.change(item_id, **change)
            if changed is not None:
                return changed
        raise NotFound("item", item_id)

    async def delete(self, item_id: str) -> bool:
        """Delete the item under an id, whatever its kind; whether it was there."""
        return any([await store.delete(item_id) for store in self._stores])

    async def list(
        self,
        kind: str = "note",
        *,
        limit: int = 50,
        after: tuple[int, str] | None = None,
        **selection: Any,
    ) -> Page:
        """Items of one kind, newest first, `limit` a page."""
        check_count("limit", limit, 1, LARGEST_PAGE)
        chosen = Selection.of({"kinds": [kind], **selection})
        store = of_kind(self._stores, kind)
        items = await store.list(chosen.filter(kind), limit=limit, after=after)
        last = store.place_of(items[-1]) if len(items) == limit else None
        return Page(tuple(items), last)
