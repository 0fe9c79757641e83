"""VectorStoreManager: documents under ids, given vectors, `where` dictionaries, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engrammic.adapters.agent_brain.hnsw import HnswSettings, described
from engrammic.adapters.agent_brain.resetting import check_empty, leftovers, probe
from engrammic.adapters.agent_brain.room import Place, Room
from engrammic.checks import check_count, check_name, shown
from engrammic.clock import Clock, now
from engrammic.compile.where import compile_where, flattened, unflattened
from engrammic.errors import EmbeddingMismatch, InvalidInput
from engrammic.filters import Compare, Op
from engrammic.stores.base import check_content
from engrammic.stores.code_chunks import check_lengths
from engrammic.stores.collection import LONGEST_VECTOR
from engrammic.stores.vector_store import VectorHit, VectorStore
from engrammic.types import Vector


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A chunk found; `score` is its similarity, in [0, 1] for texts, higher is better."""

    text: str
    metadata: Mapping[str, Any]
    score: float
    chunk_id: str


@dataclass(frozen=True, slots=True)
class EmbeddingMetadata:
    """Which model a collection's vectors come from."""

    provider: str
    model: str
    dimensions: int


def similarity(distance: float) -> float:
    """A cosine distance, in [0, 2], as the score that a search has."""
    return 1 - distance


class VectorStoreManager:
    """One collection of documents, over any database. Safe to share between tasks."""

    def __init__(
        self,
        persist_dir: Place | Room = None,
        collection_name: str | None = None,
        *,
        hnsw: HnswSettings | None = None,
        clock: Clock = now,
    ) -> None:
        self.room = Room.of(persist_dir, collection_name, clock)
        self.hnsw = hnsw
        self._initialized = False

    @property
    def is_initialized(self) -> bool:
        """Whether `initialize` was called. Every other method does so by itself."""
        return self._initialized

    async def initialize(self) -> None:
        """Open the database, if that is still to do, and declare the collection."""
        await self._ready()

    async def _ready(self) -> VectorStore:
        store = await self.room.store()
        if not self._initialized:
            if self.hnsw is not None:
                await store.note(hnsw=self.hnsw.as_record())
            self._initialized = True
        return store

    async def add_documents(
        self,
        ids: Sequence[str],
        embeddings: Sequence[Vector],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> int:
        """The number of documents added. Raises Conflict, and adds none, where an id is there."""
        return await self._write(ids, embeddings, documents, metadatas, True)

    async def upsert_documents(
        self,
        ids: Sequence[str],
        embeddings: Sequence[Vector],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> int:
        """The number of documents stored; those there are replaced, words and vector too.

        The last of equal ids wins. Raises InvalidInput for lists of different lengths.
        """
        return await self._write(ids, embeddings, documents, metadatas, False)

    async def _write(
        self,
        ids: Sequence[str],
        embeddings: Sequence[Vector],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None] | None,
        new: bool,
    ) -> int:
        store = await self._ready()
        given: dict[str, Sequence[Any]] = {
            "ids": ids,
            "embeddings": embeddings,
            "documents": documents,
        }
        given |= {} if metadatas is None else {"metadatas": metadatas}
        for name, values in given.items():
            if isinstance(values, str) or not hasattr(values, "__len__"):
                raise InvalidInput(name, f"want a list, not {shown(values)}")
        check_lengths(**given)
        for number, document in enumerate(documents):
            check_content(f"documents[{number}]", document)
        flat = None if metadatas is None else stored_metadata("metadatas", metadatas)
        return await store.upsert(ids, embeddings, documents, flat, new=new)

    async def similarity_search(
        self,
        query_embedding: Vector,
        top_k: int = 5,
        similarity_threshold: float = 0.0,
        where: Mapping[str, Any] | None = None,
    ) -> list[SearchResult]:
        """The nearest documents among those that `where` lets through, best first.

        Those below the threshold are left out: it cuts the score, 1 - distance.
        """
        store = await self._ready()
        hits = await store.search(
            query_embedding, top_k, similarity_threshold, where=compile_where(where)
        )
        return [result_of(hit) for hit in hits]

    async def get_count(self, where: Mapping[str, Any] | None = None) -> int:
        """How many documents there are, or how many `where` lets through."""
        return await (await self._ready()).count(compile_where(where))

    async def get_by_id(self, chunk_id: str) -> dict[str, Any] | None:
        """`{"text": ..., "metadata": ...}`, or None."""
        found = await (await self._ready()).get(chunk_id)
        if found is None:
            return None
        return {"text": found.content, "metadata": unflattened(found.metadata)}

    async def delete_by_ids(self, ids: Sequence[str]) -> int:
        """Delete these documents; how many there were. No ids delete nothing."""
        return await (await self._ready()).delete(ids)

    async def delete_by_where(self, where: Mapping[str, Any]) -> int:
        """Delete what `where` lets through; how many. None and {} are refused: that is `reset`."""
        chosen = compile_where(where)
        if chosen is None:
            raise InvalidInput("where", "want a dictionary; `reset()` deletes everything")
        return await (await self._ready()).delete_where(chosen)

    async def delete_collection(self) -> None:
        """Delete the documents, their words and vectors, and what is known of the collection."""
        await (await self._ready()).forget()
        self._initialized = False

    async def reset(self) -> None:
        """Delete the collection and make it anew. Raises StorageError where something is left."""
        check_empty(await self.emptied())

    async def emptied(self) -> list[str]:
        """Delete the collection and make it anew; what is left of it, in words."""
        store = await self._ready()
        before = await probe(store)
        await self.delete_collection()
        left = await leftovers(store, before)
        await self.initialize()
        return left

    async def leftovers(self) -> list[str]:
        """What is there, in words; empty after a reset."""
        return await leftovers(await self._ready())

    async def close(self) -> None:
        """Give back what was opened here. Closing twice is fine."""
        await self.room.close()
        self._initialized = False

    async def get_embedding_metadata(self) -> EmbeddingMetadata | None:
        """Which model the vectors come from, None where nobody said."""
        kept = (await (await self._ready()).noted()).get("embedding")
        return None if kept is None else EmbeddingMetadata(**kept)

    async def set_embedding_metadata(self, provider: str, model: str, dimensions: int) -> None:
        """Keep which model the vectors come from."""
        given = _checked(provider, model, dimensions)
        await (await self._ready()).note(embedding=asdict(given))

    async def validate_embedding_compatibility(
        self, provider: str, model: str, dimensions: int
    ) -> None:
        """Raise EmbeddingMismatch for another model than that of the stored vectors.

        Without vectors everything is compatible.
        """
        given, store = _checked(provider, model, dimensions), await self._ready()
        if store.dimension is None or not await store.count(Compare(store.vector, Op.NOT_NULL)):
            return
        kept = await self.get_embedding_metadata()
        stored = kept or EmbeddingMetadata(provider, model, store.dimension)
        if stored != given or store.dimension != dimensions:
            raise EmbeddingMismatch(
                f"the vectors come from {stored}, not from {given}: "
                "`reset()` and store the documents again"
            )

    async def describe_index(self) -> dict[str, Any]:
        """What the HNSW settings are worth on this database."""
        store = await self._ready()
        return described(store.backend.backend, (await store.noted()).get("hnsw"))


def stored_metadata(
    name: str, given: Sequence[Mapping[str, Any] | None]
) -> list[Mapping[str, Any] | None]:
    """Metadata as they are stored. Raises InvalidInput for what is no mapping of names."""
    for number, metadata in enumerate(given):
        if metadata is not None and not isinstance(metadata, Mapping):
            raise InvalidInput(f"{name}[{number}]", f"want a dictionary, not {shown(metadata)}")
        for key in metadata or ():
            check_name(key, f"{name}[{number}]")
    return [None if metadata is None else flattened(metadata) for metadata in given]


def result_of(hit: VectorHit) -> SearchResult:
    """A hit in the words of this system."""
    return SearchResult(hit.content, unflattened(hit.metadata), hit.score, hit.id)


def _checked(provider: str, model: str, dimensions: int) -> EmbeddingMetadata:
    check_name(provider, "provider")
    check_name(model, "model")
    check_count("dimensions", dimensions, 1, LONGEST_VECTOR)
    return EmbeddingMetadata(provider, model, dimensions)
