"""QdrantStorage: memories found by meaning, in Qdrant or in any other database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from engrammic.backend import Backend
from engrammic.checks import check_count, shown
from engrammic.clock import Clock, iso, now
from engrammic.embed.base import Embedder
from engrammic.embed.cached import get_embedder
from engrammic.errors import InvalidInput, InvalidSettings
from engrammic.filters import Filter, eq, every
from engrammic.items import MEMORY_TYPES, Note
from engrammic.loop import call
from engrammic.memory import Memory
from engrammic.opening import open_memory
from engrammic.stores.modes import LARGEST_LIMIT

Place: TypeAlias = Backend | str | os.PathLike[str] | None
"""A database, open or by its URL or path; None is where the settings have the memory."""

QDRANT_URL = "http://localhost:6333"
NAME = "aiana_memories"


class Opened:
    """A memory that is opened on first use, from any thread, and closed by `close`."""

    def __init__(self, place: Place, embedder: Embedder | str | None, clock: Clock) -> None:
        self.place = place
        self.clock = clock
        self._embedder = embedder
        self._memory: Memory | None = None
        self._opening: asyncio.Lock | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def memory(self) -> Memory:
        """The memory, open."""
        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._memory is None:
                self._memory = await self._opened()
        return self._memory

    async def _opened(self) -> Memory:
        if not isinstance(self.place, Backend):
            return await open_memory(self.place, embedder=self._embedder, clock=self.clock)
        embedder = None if isinstance(self._embedder, str) else self._embedder
        memory = Memory(self.place, embedder, clock=self.clock)
        await memory.ready()
        return memory

    def close(self) -> None:
        """Give back what was opened here. Closing twice is fine."""
        memory, self._memory, self._opening = self._memory, None, None
        if memory is not None and memory.backend is not self.place:
            call(memory.close())


class QdrantStorage(Opened):
    """Aiana's memories: notes, found by cosine.

    `url` is a server's, as Qdrant's client takes it (`http://localhost:6333`),
    or any URL or path of ours; by default QDRANT_URL of the environment, else
    the local server. `embedder` is by default that of `get_embedder`.
    """

    def __init__(
        self,
        url: Place = None,
        embedder: Embedder | None = None,
        *,
        api_key: str | None = None,
        clock: Clock = now,
    ) -> None:
        given = os.environ.get("QDRANT_URL") or QDRANT_URL if url is None else url
        place = qdrant_url(given, api_key) if isinstance(given, str) else given
        super().__init__(place, get_embedder() if embedder is None else embedder, clock)

    def add_memory(
        self,
        content: str,
        session_id: str | None = None,
        project: str | None = None,
        memory_type: str = "conversation",
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """The id of the memory as stored: conversation, preference, pattern, insight or note."""
        return call(self._add(content, session_id, project, memory_type, metadata))

    def search(
        self,
        query: str,
        limit: int = 10,
        project: str | None = None,
        memory_type: str | None = None,
        min_score: float = 0.5,
    ) -> list[dict[str, Any]]:
        """The memories nearest in meaning whose cosine is at least `min_score`, best first."""
        check_count("limit", limit, 1, LARGEST_LIMIT)
        if isinstance(min_score, bool) or not isinstance(min_score, int | float):
            raise InvalidInput("min_score", f"want a number, not {shown(min_score)}")
        return call(self._search(query, limit, project, memory_type, min_score))

    def get_recent(self, limit: int = 10, project: str | None = None) -> list[dict[str, Any]]:
        """The newest memories."""
        check_count("limit", limit, 1, LARGEST_LIMIT)
        return call(self._recent(limit, _chosen(project, None)))

    def delete_memory(self, memory_id: str) -> bool:
        """Delete a memory; whether it was there."""
        return call(self._delete_one(memory_id))

    def delete_session(self, session_id: str) -> int:
        """Delete the memories of a session; how many there were."""
        return call(self._delete_session(session_id))

    def get_stats(self) -> dict[str, Any]:
        """How many memories there are, by type, and what the vectors are."""
        return call(self._stats())

    def health_check(self) -> bool:
        """Whether the database answers and finds nothing wrong."""
        return call(self._healthy())

    async def _add(
        self,
        content: str,
        session_id: str | None,
        project: str | None,
        memory_type: str,
        metadata: Mapping[str, Any] | None,
    ) -> str:
        note = await (await self.memory()).remember(
            content, memory_type, session_id=session_id, project=project, metadata=metadata
        )
        assert note.note_id is not None
        return note.note_id

    async def _search(
        self,
        query: str,
        limit: int,
        project: str | None,
        memory_type: str | None,
        min_score: float,
    ) -> list[dict[str, Any]]:
        memory = await self.memory()
        where = _chosen(project, memory_type)
        hits = await memory.search(query, limit=limit, mode="vector", kinds=["note"], where=where)
        scored = [(h.why.cosine, h.item) for h in hits if isinstance(h.item, Note)]
        return [
            {"score": round(cosine, 6), **_payload(note)}
            for cosine, note in scored
            if cosine is not None and cosine >= min_score
        ]

    async def _recent(self, limit: int, where: Filter | None) -> list[dict[str, Any]]:
        return [_payload(n) for n in await (await self.memory()).notes.list(where, limit=limit)]

    async def _delete_one(self, memory_id: str) -> bool:
        return await (await self.memory()).notes.delete(memory_id)

    async def _delete_session(self, session_id: str) -> int:
        return await (await self.memory()).notes.delete_where(eq("session_id", session_id))

    async def _stats(self) -> dict[str, Any]:
        notes = (await self.memory()).notes
        by_type = {
            kind: await notes.backend.count(notes.table, eq("memory_type", kind))
            for kind in MEMORY_TYPES
        }
        dimension = None if notes.embedder is None else notes.embedder.fingerprint.dimension
        return {
            "collection": NAME,
            "points_count": sum(by_type.values()),
            "by_type": by_type,
            "vector_size": dimension,
            "distance": "Cosine",
        }

    async def _healthy(self) -> bool:
        found = await (await self.memory()).health()
        return bool(found["status"] == "ok")


def qdrant_url(url: str, api_key: str | None = None) -> str:
    """The URL of ours for a server's `http://` or `https://` one; another stays as it is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    if not parts.hostname:
        raise InvalidSettings(f"{shown(url)}: no host; write {QDRANT_URL}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    options = dict(parse_qsl(parts.query))
    options |= {"https": "1"} if parts.scheme == "https" else {}
    options |= {"api_key": api_key} if api_key else {}
    query = f"?{urlencode(options)}" if options else ""
    return f"qdrant://{host}:{parts.port or 6333}/{parts.path.strip('/') or NAME}{query}"


def _chosen(project: str | None, memory_type: str | None) -> Filter | None:
    pinned = {"project": project, "memory_type": memory_type}
    parts = [eq(name, value) for name, value in pinned.items() if value is not None]
    return every(*parts) if parts else None


def _payload(note: Note) -> dict[str, Any]:
    """A memory under Aiana's names: what its metadata say never stands for a field."""
    assert isinstance(note.created_at, int)
    return {
        **note.metadata,
        "id": note.note_id,
        "content": note.content,
        "session_id": note.session_id,
        "project": note.project,
        "memory_type": note.memory_type,
        "timestamp": iso(note.created_at),
        "metadata": dict(note.metadata),
    }
