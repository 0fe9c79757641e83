"""Agent Brain's storage protocol: both searches of a collection, and the reset of everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from engrammic.adapters.agent_brain.bm25 import BM25IndexManager
from engrammic.adapters.agent_brain.resetting import check_empty
from engrammic.adapters.agent_brain.room import Place, Room
from engrammic.adapters.agent_brain.vectors import SearchResult, VectorStoreManager
from engrammic.compile.where import compile_where
from engrammic.types import Vector

DELETED_AT_ONCE = 500
"""Documents that are looked up for a deletion, and deleted, in one step."""


@runtime_checkable
class Derived(Protocol):
    """Something made from the documents: a graph, a cache, a manifest."""

    async def reset(self) -> None:
        """Remove everything."""

    async def leftovers(self) -> list[str]:
        """What is there, in words; empty after `reset`."""


@runtime_checkable
class Follower(Protocol):
    """What is derived from single documents, and lets go of those that are deleted."""

    async def forget_chunks(self, ids: Sequence[str]) -> object:
        """Remove what came from these documents alone."""


@runtime_checkable
class StorageBackendProtocol(Protocol):
    """What Agent Brain's services ask of a storage. Scores are in [0, 1], higher is better."""

    @property
    def is_initialized(self) -> bool:
        """Whether `initialize` was called."""

    async def initialize(self) -> None:
        """Make ready."""

    async def upsert_documents(
        self,
        ids: Sequence[str],
        embeddings: Sequence[Vector],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> int:
        """The number of documents stored."""

    async def vector_search(
        self,
        query_embedding: Vector,
        top_k: int = 5,
        similarity_threshold: float = 0.0,
        where: Mapping[str, Any] | None = None,
    ) -> list[SearchResult]:
        """The nearest documents."""

    async def keyword_search(
        self,
        query: str,
        top_k: int = 5,
        source_types: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
    ) -> list[SearchResult]:
        """The documents that hold the words."""

    async def get_count(self, where: Mapping[str, Any] | None = None) -> int:
        """How many documents there are."""

    async def get_by_id(self, chunk_id: str) -> dict[str, Any] | None:
        """Text and metadata of one document."""

    async def delete_by_ids(self, ids: Sequence[str]) -> int:
        """Delete these documents."""

    async def delete_by_metadata(self, where: Mapping[str, Any]) -> int:
        """Delete what `where` lets through."""

    async def reset(self) -> None:
        """Delete everything."""


class ChunkStorage(VectorStoreManager):
    """A collection with both searches. `derived` is what else a reset has to empty.

    A graph among it also loses what came from documents that are deleted.
    """

    def __init__(
        self,
        persist_dir: Place | Room = None,
        collection_name: str | None = None,
        *,
        derived: Sequence[Derived] = (),
        **options: Any,
    ) -> None:
        super().__init__(persist_dir, collection_name, **options)
        self.words = BM25IndexManager(self.room)
        self.derived = tuple(derived)

    async def vector_search(
        self,
        query_embedding: Vector,
        top_k: int = 5,
        similarity_threshold: float = 0.0,
        where: Mapping[str, Any] | None = None,
    ) -> list[SearchResult]:
        """As `similarity_search`."""
        return await self.similarity_search(query_embedding, top_k, similarity_threshold, where)

    async def keyword_search(
        self,
        query: str,
        top_k: int = 5,
        source_types: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
    ) -> list[SearchResult]:
        """The documents that hold a word of the query, best first."""
        found = await self.words.search_with_filters(query, top_k, source_types, languages)
        return [SearchResult(f.node.text, f.node.metadata, f.score, f.node.node_id) for f in found]

    async def get_chunk_by_id(self, chunk_id: str) -> dict[str, Any] | None:
        """As `get_by_id`."""
        return await self.get_by_id(chunk_id)

    async def delete_by_ids(self, ids: Sequence[str]) -> int:
        """As `VectorStoreManager.delete_by_ids`; a graph lets go of them first."""
        for part in self.derived:
            if isinstance(part, Follower):
                await part.forget_chunks(ids)
        return await super().delete_by_ids(ids)

    async def delete_by_where(self, where: Mapping[str, Any]) -> int:
        """As `VectorStoreManager.delete_by_where`; a graph lets go of them first."""
        chosen = compile_where(where)
        if chosen is None or not any(isinstance(part, Follower) for part in self.derived):
            return await super().delete_by_where(where)
        store, gone = await self._ready(), 0
        while found := await store.backend.query(
            store.table, chosen, columns=("id",), limit=DELETED_AT_ONCE
        ):
            gone += await self.delete_by_ids([row["id"] for row in found])
        return gone

    async def delete_by_metadata(self, where: Mapping[str, Any]) -> int:
        """As `delete_by_where`."""
        return await self.delete_by_where(where)

    async def reset(self) -> None:
        """Empty the collection and everything derived, then look whether anything is left.

        All is emptied before anything is looked at. Raises StorageError, naming what is left.
        """
        left = await self.emptied()
        for part in self.derived:
            await part.reset()
        for part in self.derived:
            left += await part.leftovers()
        check_empty(left)
