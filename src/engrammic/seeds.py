"""Names that the systems united here have for the same things; `docs/seeds.md` has all."""

from __future__ import annotations

from typing import Any

from engrammic.adapters.agent_brain import (
    BM25IndexManager,
    GraphStoreManager,
    VectorStoreManager,
)
from engrammic.backend import Backend, Capabilities
from engrammic.embed.cached import CachedEmbeddingProvider, EmbeddingProvider, get_embedder
from engrammic.extraction.nouns import EntityType, ExtractionResult, Relationship
from engrammic.graph.relationships import RelationshipGraph
from engrammic.items import Conversation, Message
from engrammic.stores.code_chunks import ChunkMetadata, DatabaseStats, SearchResult
from engrammic.stores.conversations import ConversationStore
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_tables import ContradictionEvent, Entity
from engrammic.stores.messages import MessageStore
from engrammic.stores.vector_database import VectorDatabase
from engrammic.stores.vector_store import VectorStore
from engrammic.tiers.fallback import fallback_fact, fallback_summarize
from engrammic.types import Field, Kind, Record, Scored

__all__ = [
    "BM25IndexManager",
    "BackendCapabilities",
    "CachedEmbeddingProvider",
    "ChunkMetadata",
    "ContradictionEvent",
    "ConversationMetadata",
    "ConversationStore",
    "DatabaseStats",
    "EmbeddingProvider",
    "Entity",
    "EntityStore",
    "EntityType",
    "ExtractionResult",
    "FieldDef",
    "FieldType",
    "GraphStoreManager",
    "MessageMetadata",
    "MessageStore",
    "Record",
    "Relationship",
    "RelationshipGraph",
    "ScoredRecord",
    "SearchResult",
    "StorageBackend",
    "VectorDatabase",
    "VectorStore",
    "VectorStoreManager",
    "fallback_fact",
    "fallback_summarize",
    "get_embedder",
    "record_get",
]

BackendCapabilities = Capabilities
ConversationMetadata = Conversation
FieldDef = Field
FieldType = Kind
MessageMetadata = Message
ScoredRecord = Scored
StorageBackend = Backend


def record_get(record: Record, name: str) -> Any:
    """The value of a field, None when the record has none."""
    return record.get(name)
