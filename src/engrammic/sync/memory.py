"""`Memory` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engrammic.backend import Health
from engrammic.clock import Clock, now
from engrammic.context import Context, Counter, count_tokens
from engrammic.embed.base import Embedder
from engrammic.hits import Hits
from engrammic.items import Message, Metadata, Moment, Note
from engrammic.loop import call, each
from engrammic.memory import Memory as AwaitedMemory
from engrammic.memory import Page
from engrammic.opening import open_memory as open_awaited
from engrammic.ranking.fusion import Fusion
from engrammic.scope import Scope
from engrammic.sessions.importing import ImportReport, Progress
from engrammic.stores.retrieval import Mode
from engrammic.sync.conversations import ConversationStore
from engrammic.sync.messages import MessageStore
from engrammic.sync.notes import NoteStore


class Memory:
    """An agent's memory: one scope of one database. Open it with `engrammic.sync.open`.

    `remarks` says what one should know of how it was opened; `awaited` is the same
    memory with `await`.
    """

    def __init__(self, awaited: AwaitedMemory) -> None:
        self.awaited = awaited
        self.embedder: Embedder | None = awaited.embedder
        self.scope: Scope = awaited.scope
        self.clock: Clock = awaited.clock
        self.remarks: tuple[str, ...] = awaited.remarks
        self.messages = MessageStore(awaited.messages)
        self.conversations = ConversationStore(awaited.conversations)
        self.notes = NoteStore(awaited.notes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back. Closing twice is fine."""
        return call(self.awaited.close())

    def scoped(
        self,
        *,
        tenant: str | None = None,
        user: str | None = None,
        agent: str | None = None,
        project: str | None = None,
    ) -> Memory:
        """The same database in another scope: the parts given replace this one's."""
        return Memory(self.awaited.scoped(tenant=tenant, user=user, agent=agent, project=project))

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode | str = Mode.HYBRID,
        min_score: float = 0.0,
        fusion: Fusion | str = Fusion.EVIDENCE,
        **selection: Any,
    ) -> Hits:
        """What fits the query best, over everything, best first.

        `selection` are the fields of `Selection`: kinds, conversation_id, role,
        memory_type, project, since, until, metadata, where. Expired items are
        never found. Raises InvalidInput, naming the argument.
        """
        return call(
            self.awaited.search(
                query, limit=limit, mode=mode, min_score=min_score, fusion=fusion, **selection
            )
        )

    def remember(
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
        return call(
            self.awaited.remember(
                content,
                memory_type,
                id=id,
                title=title,
                source=source,
                project=project,
                session_id=session_id,
                expires_at=expires_at,
                metadata=metadata,
            )
        )

    def recall(
        self, query: str | None = None, *, limit: int = 5, **selection: Any
    ) -> builtins.list[Note]:
        """Notes that fit the query, best first; without a query the newest."""
        return call(self.awaited.recall(query, limit=limit, **selection))

    def context(
        self,
        query: str,
        max_tokens: int = 2000,
        *,
        limit: int = 20,
        counter: Counter = count_tokens,
        **selection: Any,
    ) -> Context:
        """The best hits as text for a prompt: at most `max_tokens`, with provenance, fenced."""
        return call(
            self.awaited.context(query, max_tokens, limit=limit, counter=counter, **selection)
        )

    def get(self, item_id: str) -> Message | Note | None:
        """The item under an id, whatever its kind, or None."""
        return call(self.awaited.get(item_id))

    def update(
        self,
        item_id: str,
        *,
        content: str | None = None,
        metadata: Metadata | None = None,
        expires_at: Moment | None = None,
    ) -> Message | Note:
        """The item with new content, metadata or expiry; None keeps. Raises NotFound."""
        return call(
            self.awaited.update(item_id, content=content, metadata=metadata, expires_at=expires_at)
        )

    def delete(self, item_id: str) -> bool:
        """Delete the item under an id, whatever its kind; whether it was there."""
        return call(self.awaited.delete(item_id))

    def list(
        self,
        kind: str = "note",
        *,
        limit: int = 50,
        after: tuple[int, str] | None = None,
        **selection: Any,
    ) -> Page:
        """Items of one kind, newest first, `limit` a page."""
        return call(self.awaited.list(kind, limit=limit, after=after, **selection))

    def import_files(
        self, paths: Iterable[str | Path], progress: Progress | None = None
    ) -> ImportReport:
        """Import transcripts and text files; twice changes nothing. Bad lines are reported."""
        return call(self.awaited.import_files(paths, progress))

    def delete_expired(self) -> int:
        """Delete everything whose time is over; how many items."""
        return call(self.awaited.delete_expired())

    def fill_in(self) -> Iterator[int]:
        """Give items stored without a model their vectors; yields how many are left."""
        return each(self.awaited.fill_in())

    def stats(self) -> dict[str, Any]:
        """Counts of this scope, what is pending, and the engine's sizes in bytes."""
        return call(self.awaited.stats())

    def health(self) -> Health:
        """`{"status": "ok" | "degraded" | "error", "problems": [...], ...}`; quick."""
        return call(self.awaited.health())


def open_memory(
    url: str | PathLike[str] | None = None,
    *,
    scope: Scope | None = None,
    embedder: Embedder | str | None = None,
    clock: Clock = now,
    check: bool = True,
    native: bool = False,
) -> Memory:
    """An open memory: at `url` (a path or database URL), else where the settings say.

    `embedder` is an Embedder, what `load_embedder` takes, or "none"; by
    default that of the settings. Where that model is not on this machine the
    memory opens without: search is by words, and says so. `native` refuses
    what the database would have to emulate.

    Raises ConnectionFailed and its kin, EmbeddingMismatch when the stored
    vectors come from another model, ModelNotFound when the named one is absent.
    """
    return Memory(
        call(
            open_awaited(
                url, scope=scope, embedder=embedder, clock=clock, check=check, native=native
            )
        )
    )
