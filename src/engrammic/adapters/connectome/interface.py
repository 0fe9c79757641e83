"""Connectome's `StorageInterface`: what its components ask of a storage, whatever is below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Data: TypeAlias = Mapping[str, Any]


class StorageInterface(ABC):
    """Conversations, their messages and memories, agents' reasoning, a cache, the system's state.

    The methods that store give True, or raise an error of `engrammic.errors`:
    what is missing, locked, damaged or unreachable is told apart.
    """

    def __init__(self, storage_config: Mapping[str, Any] | None = None) -> None:
        self.storage_config = dict(storage_config or {})

    @abstractmethod
    async def initialize(self) -> bool:
        """Open the storage and make it ready."""

    @abstractmethod
    async def shutdown(self) -> bool:
        """Close the storage."""

    @abstractmethod
    async def store_conversation(self, conversation_id: str, data: Data) -> bool:
        """Store a conversation, or replace it."""

    @abstractmethod
    async def load_conversation(self, conversation_id: str) -> dict[str, Any] | None:
        """The conversation as it was stored, or None."""

    @abstractmethod
    async def list_conversations(self) -> list[str]:
        """The ids of all stored conversations."""

    @abstractmethod
    async def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation with all that belongs to it; whether there was any."""

    @abstractmethod
    async def store_raw_messages(self, conversation_id: str, messages: Sequence[Data]) -> bool:
        """Store the uncompressed messages of a conversation in the place of those before."""

    @abstractmethod
    async def load_raw_messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """The messages in their order, none where there are none."""

    @abstractmethod
    async def store_memory(self, conversation_id: str, memory_id: str, memory_data: Data) -> bool:
        """Store a memory of a conversation, or replace the one under that id."""

    @abstractmethod
    async def load_memories(self, conversation_id: str) -> list[dict[str, Any]]:
        """The memories in the order in which they were formed, each with its `memory_id`."""

    @abstractmethod
    async def store_reasoning_chain(self, agent_id: str, chain_data: Data) -> bool:
        """Add a chain to an agent's."""

    @abstractmethod
    async def load_reasoning_chains(
        self, agent_id: str, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The last `limit` chains of an agent, the oldest of them first."""

    @abstractmethod
    async def store_chunk_info(self, conversation_id: str, chunk_data: Data) -> bool:
        """Store how a conversation was cut into chunks."""

    @abstractmethod
    async def load_chunk_info(self, conversation_id: str) -> dict[str, Any] | None:
        """How a conversation was cut into chunks, or None."""

    @abstractmethod
    async def store_cache_entry(
        self, key: str, data: Data, ttl_seconds: float | None = None
    ) -> bool:
        """Store an entry for `ttl_seconds`; for ever with None or 0."""

    @abstractmethod
    async def load_cache_entry(self, key: str) -> dict[str, Any] | None:
        """The entry, or None where there is none or its time is over."""

    @abstractmethod
    async def store_system_state(self, key: str, data: Data) -> bool:
        """Store a state under its key."""

    @abstractmethod
    async def load_system_state(self, key: str) -> dict[str, Any] | None:
        """The state, or None."""

    @abstractmethod
    async def health_check(self) -> dict[str, Any]:
        """`{"status": "healthy" | "unhealthy" | "error", "timestamp": ..., ...}`."""

    @abstractmethod
    async def get_storage_stats(self) -> dict[str, Any]:
        """`storage_type`, `conversation_count`, and what else is counted."""
