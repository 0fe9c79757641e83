"""Agent Brain's storage managers over any database: one record holds text, words and vector."""

from __future__ import annotations

from engrammic.adapters.agent_brain.bm25 import (
    BM25IndexManager,
    BM25Retriever,
    NodeWithScore,
    TextNode,
)
from engrammic.adapters.agent_brain.graph import GraphStoreManager
from engrammic.adapters.agent_brain.hnsw import HnswSettings
from engrammic.adapters.agent_brain.paths import resolve_storage_paths
from engrammic.adapters.agent_brain.sizing import StorageEstimate, estimate_storage
from engrammic.adapters.agent_brain.storage import (
    ChunkStorage,
    Derived,
    Follower,
    StorageBackendProtocol,
)
from engrammic.adapters.agent_brain.vectors import (
    EmbeddingMetadata,
    SearchResult,
    VectorStoreManager,
)

__all__ = [
    "BM25IndexManager",
    "BM25Retriever",
    "ChunkStorage",
    "Derived",
    "EmbeddingMetadata",
    "Follower",
    "GraphStoreManager",
    "HnswSettings",
    "NodeWithScore",
    "SearchResult",
    "StorageBackendProtocol",
    "StorageEstimate",
    "TextNode",
    "VectorStoreManager",
    "estimate_storage",
    "resolve_storage_paths",
]
