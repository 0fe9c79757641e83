"""A Connectome storage over any database that engrammic knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engrammic.adapters.connectome.documents import (
    CHAINS,
    CHUNKS,
    CURRENT,
    MEMORIES,
    RAW_MESSAGES,
    Tables,
    plain_object,
)
from engrammic.adapters.connectome.interface import Data, StorageInterface
from engrammic.adapters.connectome.records import Documents, Storage
from engrammic.backend import Backend
from engrammic.checks import check_count, shown
from engrammic.clock import Clock, iso, now
from engrammic.errors import EngrammicError, InvalidInput, InvalidSettings
from engrammic.predicate import LARGEST
from engrammic.registry import open_backend
from engrammic.scope import Scope, Scoped
from engrammic.stores.base import alive, check_id

PREFIX = "connectome_"
LONGEST_TTL = 10**11
STATUS = {"ok": "healthy", "degraded": "unhealthy"}


class DatabaseStorage(StorageInterface):
    """Storage in any database: `{"url": ...}` opens it here, `{"backend": ...}` is an open one.

    `scope` is whose it is (a Scope). Adding a memory or a chain reads and
    writes one document in one step; where `capabilities.checks` is false that
    holds within this object alone, and each conversation wants one writer.
    """

    options: ClassVar[frozenset[str]] = frozenset({"url", "backend", "scope"})
    storage_type: ClassVar[str | None] = None
    tables: ClassVar[Tables] = Tables.named(PREFIX)

    def __init__(
        self, storage_config: Mapping[str, Any] | None = None, *, clock: Clock = now
    ) -> None:
        super().__init__(storage_config)
        if unknown := sorted(set(self.storage_config) - self.options):
            known = ", ".join(sorted(self.options))
            raise InvalidSettings(f"no such option: {unknown[0]!r}; there are: {known}")
        self.clock = clock
        self.backend: Backend | None = None
        self._documents: Documents | None = None
        self._opening = asyncio.Lock()

    def url(self) -> str:
        """The URL of the database."""
        found = self.storage_config.get("url")
        if not isinstance(found, str):
            raise InvalidSettings(f"url: want the URL of a database, not {shown(found)}")
        return found

    async def initialize(self) -> bool:
        """Open the database and declare the tables; the other methods do so where need be."""
        await self._ready()
        return True

    async def shutdown(self) -> bool:
        """Close what was opened here; a database that was given stays open."""
        backend, self.backend, self._documents = self.backend, None, None
        if backend is not None and backend is not self.storage_config.get("backend"):
            await backend.close()
        return True

    async def _ready(self) -> Documents:
        async with self._opening:
            if self._documents is None:
                given = self.storage_config.get("backend")
                self.backend = await open_backend(self.url()) if given is None else given
                documents = Documents(
                    self._within(self.backend), self.tables, self.clock, self.backend.capabilities
                )
                await documents.declare()
                self._documents = documents
        return self._documents

    def _within(self, backend: Backend) -> Storage:
        return Scoped(backend, self.storage_config.get("scope") or Scope())

    async def store_conversation(self, conversation_id: str, data: Data) -> bool:
        """Store a conversation, or replace it."""
        return await self._put(conversation_id, CURRENT, plain_object("data", data))

    async def load_conversation(self, conversation_id: str) -> dict[str, Any] | None:
        """The conversation as it was stored, or None."""
        found: dict[str, Any] | None = await self._data(conversation_id, CURRENT)
        return found

    async def list_conversations(self) -> list[str]:
        """The ids of all stored conversations."""
        return await (await self._ready()).owners(self.tables.conversations, CURRENT)

    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation with its messages, memories and chunks; whether there was any."""
        documents = await self._ready()
        return await documents.delete(self.tables.conversations, conversation_id) > 0

    async def store_raw_messages(self, conversation_id: str, messages: Sequence[Data]) -> bool:
        """Store the uncompressed messages of a conversation in the place of those before."""
        given: Any = messages
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise InvalidInput("messages", f"want a list, not {shown(given)}")
        found = [plain_object(f"messages[{n}]", message) for n, message in enumerate(messages)]
        return await self._put(conversation_id, RAW_MESSAGES, found)

    async def load_raw_messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """The messages in their order, none where there are none."""
        return await self._data(conversation_id, RAW_MESSAGES) or []

    async def store_memory(self, conversation_id: str, memory_id: str, memory_data: Data) -> bool:
        """Store a memory; the one under that id is replaced and keeps its place."""
        check_id("memory_id", memory_id)
        memory: dict[str, Any] = {"memory_id": memory_id, "created_at": iso(self.clock())}
        memory |= {**plain_object("memory_data", memory_data), "memory_id": memory_id}

        def changed(memories: list[Any]) -> list[Any]:
            known = [m["memory_id"] for m in memories]
            if memory_id not in known:
                return [*memories, memory]
            place = known.index(memory_id)
            return [*memories[:place], memory, *memories[place + 1 :]]

        documents = await self._ready()
        return await documents.change(self.tables.conversations, conversation_id, MEMORIES, changed)

    async def load_memories(self, conversation_id: str) -> list[dict[str, Any]]:
        """The memories in the order in which they were formed, each with its `memory_id`."""
        return await self._data(conversation_id, MEMORIES) or []

    async def store_reasoning_chain(self, agent_id: str, chain_data: Data) -> bool:
        """Add a chain to an agent's."""
        chain = {"stored_at": iso(self.clock()), **plain_object("chain_data", chain_data)}
        return await (await self._ready()).append(self.tables.agents, agent_id, CHAINS, chain)

    async def load_reasoning_chains(
        self, agent_id: str, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The last `limit` chains of an agent, the oldest of them first."""
        if limit is not None:
            check_count("limit", limit, 0, LARGEST)
        return await (await self._ready()).log(self.tables.agents, agent_id, CHAINS, limit)

    async def list_agents(self) -> list[str]:
        """The ids of all agents that have reasoning chains."""
        return await (await self._ready()).owners(self.tables.agents, CHAINS)

    async def store_chunk_info(self, conversation_id: str, chunk_data: Data) -> bool:
        """Store how a conversation was cut into chunks."""
        return await self._put(conversation_id, CHUNKS, plain_object("chunk_data", chunk_data))

    async def load_chunk_info(self, conversation_id: str) -> dict[str, Any] | None:
        """How a conversation was cut into chunks, or None."""
        found: dict[str, Any] | None = await self._data(conversation_id, CHUNKS)
        return found

    async def store_cache_entry(
        self, key: str, data: Data, ttl_seconds: float | None = None
    ) -> bool:
        """Store an entry for `ttl_seconds`; for ever with None or 0."""
        number = isinstance(ttl_seconds, int | float) and not isinstance(ttl_seconds, bool)
        if ttl_seconds is not None and not (number and 0 <= ttl_seconds <= LONGEST_TTL):
            raise InvalidInput("ttl_seconds", f"want seconds, not {shown(ttl_seconds)}")
        ends = self.clock() + round(ttl_seconds * 1000) if ttl_seconds else None
        entry = plain_object("data", data)
        return await (await self._ready()).set(self.tables.cache, key, entry, expires_at=ends)

    async def load_cache_entry(self, key: str) -> dict[str, Any] | None:
        """The entry, or None where there is none or its time is over: then it is deleted."""
        return await (await self._ready()).value(self.tables.cache, key)

    async def delete_expired(self) -> int:
        """Delete the cache entries whose time is over; how many."""
        return await (await self._ready()).sweep(self.tables.cache)

    async def store_system_state(self, key: str, data: Data) -> bool:
        """Store a state under its key."""
        state = plain_object("data", data)
        return await (await self._ready()).set(self.tables.system, key, state)

    async def load_system_state(self, key: str) -> dict[str, Any] | None:
        """The state, or None."""
        return await (await self._ready()).value(self.tables.system, key)

    async def health_check(self) -> dict[str, Any]:
        """`status` is healthy, unhealthy or error, `problems` says why; then what is known."""
        timestamp = iso(self.clock())
        try:
            await self._ready()
            assert self.backend is not None
            found = await self.backend.health()
        except (EngrammicError, OSError) as error:
            return {"status": "error", "error": str(error), "timestamp": timestamp}
        status = STATUS.get(found["status"], "error")
        return {**found, "status": status, **self._place_told(), "timestamp": timestamp}

    async def get_storage_stats(self) -> dict[str, Any]:
        """Counts of all that is stored, and the bytes that the engine tells of."""
        documents = await self._ready()
        assert self.backend is not None
        place, tables = documents.place, self.tables
        engine = await self.backend.stats()
        return {
            "storage_type": self.storage_type or self.backend.scheme,
            "conversation_count": len(await self.list_conversations()),
            "cache_entries": await place.count(tables.cache.name, alive(self.clock())),
            "agent_count": len(await self.list_agents()),
            "system_state_count": await place.count(tables.system.name),
            "total_bytes": engine.get("bytes"),
            "timestamp": iso(self.clock()),
            **self._place_told(),
        }

    def _place_told(self) -> dict[str, Any]:
        return {}

    async def _put(self, conversation_id: str, part: str, data: Any) -> bool:
        documents = await self._ready()
        return await documents.put(self.tables.conversations, conversation_id, part, data)

    async def _data(self, conversation_id: str, part: str) -> Any:
        return await (await self._ready()).data(self.tables.conversations, conversation_id, part)
