"""BM25IndexManager: the same documents by their words, filtered before they are ranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engrammic.adapters.agent_brain.resetting import check_empty
from engrammic.adapters.agent_brain.room import Place, Room
from engrammic.adapters.agent_brain.vectors import stored_metadata
from engrammic.checks import check_count, shown
from engrammic.clock import Clock, now
from engrammic.compile.where import compile_where, unflattened
from engrammic.errors import InvalidInput
from engrammic.filters import Compare, Filter, Op, every
from engrammic.ranking.fusion import FULL
from engrammic.stores.modes import LARGEST_LIMIT
from engrammic.stores.vector_store import VectorHit
from engrammic.text import query_terms

DOCUMENT = "doc"
"""The source type of a node that names none."""


@dataclass(frozen=True, slots=True)
class TextNode:
    """A chunk of a document, under the id that its vector has too."""

    node_id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeWithScore:
    """A node found. `bm25` is the raw score; `score` is bm25 / (bm25 + 10), in [0, 1)."""

    node: TextNode
    score: float
    bm25: float


@dataclass(frozen=True, slots=True)
class BM25Retriever:
    """Searches by words, `top_k` nodes at a time."""

    index: BM25IndexManager
    top_k: int

    async def aretrieve(self, query: str) -> list[NodeWithScore]:
        """The nodes that hold a word of the query, best first."""
        return await self.index.search_with_filters(query, self.top_k)


class BM25IndexManager:
    """The words of one collection. What `VectorStoreManager` stores is indexed already."""

    def __init__(
        self,
        persist_dir: Place | Room = None,
        collection_name: str | None = None,
        *,
        clock: Clock = now,
    ) -> None:
        self.room = Room.of(persist_dir, collection_name, clock)
        self._initialized = False

    @property
    def is_initialized(self) -> bool:
        """Whether `initialize` was called. Nothing has to be loaded: every method answers."""
        return self._initialized

    async def initialize(self) -> None:
        """Open the database, if that is still to do, and declare the collection."""
        await self.room.store()
        self._initialized = True

    async def build_index(self, nodes: Sequence[Any]) -> int:
        """Index these nodes; how many. Those indexed before stay, whatever they came from.

        A node is a TextNode, or anything with `node_id`, `text` and `metadata`.
        """
        store = await self.room.store()
        given = [_node(node, number) for number, node in enumerate(nodes)]
        self._initialized = True
        return await store.index_words(
            [n.node_id for n in given], [n.text for n in given],
            stored_metadata("nodes", [n.metadata for n in given]),
        )  # fmt: skip

    def get_retriever(self, top_k: int = 5) -> BM25Retriever:
        """A retriever of `top_k` nodes at a time."""
        check_count("top_k", top_k, 1, LARGEST_LIMIT)
        return BM25Retriever(self, top_k)

    async def search_with_filters(
        self,
        query: str,
        top_k: int = 5,
        source_types: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
        max_results: int | None = None,
    ) -> list[NodeWithScore]:
        """The best nodes of these source types and languages: `top_k`, at most `max_results`.

        A node without a source type is a "doc"; one without a language has none of them.
        """
        check_count("top_k", top_k, 1, LARGEST_LIMIT)
        if max_results is not None:
            check_count("max_results", max_results, 1, LARGEST_LIMIT)
        limit = min(top_k, max_results or top_k)
        store = await self.room.store()
        hits = await store.keyword_search(query, limit, where=_chosen(source_types, languages))
        return [_scored(hit) for hit in hits]

    async def persist(self) -> None:
        """Return when everything acknowledged is durable."""
        await (await self.room.store()).flush()

    async def reset(self) -> None:
        """Take the words away; documents with a vector stay, without words.

        Raises StorageError where a word is left.
        """
        store = await self.room.store()
        sample = await store.backend.query(store.table, limit=1)
        await store.forget_words()
        self._initialized = False
        words = query_terms(sample[0]["content"]) if sample else []
        found = words and await store.backend.text_search(store.table, words, limit=1)
        check_empty(["words in the keyword index"] if found else [])

    async def close(self) -> None:
        """Give back what was opened here. Closing twice is fine."""
        await self.room.close()
        self._initialized = False


def _chosen(source_types: Sequence[str] | None, languages: Sequence[str] | None) -> Filter | None:
    parts: list[Filter | None] = []
    if source_types is not None:
        typed = compile_where({"source_type": {"$in": source_types}})
        missing = Compare("metadata.source_type", Op.IS_NULL)
        parts.append(typed | missing if typed and DOCUMENT in source_types else typed)
    if languages is not None:
        parts.append(compile_where({"language": {"$in": languages}}))
    return every(*parts) if parts else None


def _node(given: Any, number: int) -> TextNode:
    try:
        return TextNode(given.node_id, given.text, given.metadata or {})
    except AttributeError as error:
        problem = f"want a node with node_id, text and metadata, not {shown(given)}"
        raise InvalidInput(f"nodes[{number}]", problem) from error


def _scored(hit: VectorHit) -> NodeWithScore:
    node = TextNode(hit.id, hit.content, unflattened(hit.metadata))
    return NodeWithScore(node, hit.score / (hit.score + FULL / 2), hit.score)
