"""The storage and memory of AI agents: one import, one directory, no server, no network.

async with engrammic.open("~/.engrammic") as memory:
    await memory.messages.add(Message("conv-001", "user", "We chose RS256"))
    hits = await memory.search("how are tokens signed?")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engrammic._version import __version__
from engrammic.lazily import importer

if TYPE_CHECKING:
    from engrammic.authority import CanonicalWriteToken
    from engrammic.claims.checking import contradiction
    from engrammic.claims.nouns import Claim
    from engrammic.claims.reading import claims_of
    from engrammic.context import Context
    from engrammic.embed.base import Embedder, Fingerprint
    from engrammic.embed.cached import CachedEmbedder
    from engrammic.extraction.nouns import (
        Contains,
        CoOccurs,
        Defines,
        DependsOn,
        EdgeType,
        EntityType,
        ExtractionResult,
        Extractor,
        Modifies,
        References,
    )
    from engrammic.extraction.rules import extract
    from engrammic.forgetting.report import ForgetReport
    from engrammic.graph.relationships import RelationshipGraph
    from engrammic.hits import Hit, Hits
    from engrammic.items import (
        Conversation,
        KeyFact,
        MemoryAuthority,
        MemoryTier,
        Message,
        MessageSummary,
        Note,
    )
    from engrammic.memory import Memory, Page
    from engrammic.opening import open_memory as open  # noqa: A004
    from engrammic.scope import Scope
    from engrammic.stores.code_chunks import ChunkMetadata
    from engrammic.stores.contradictions import Resolution
    from engrammic.stores.conversations import ConversationStore
    from engrammic.stores.entities import EntityStore
    from engrammic.stores.entity_tables import ContradictionEvent, ContradictionKind, Entity
    from engrammic.stores.facts import FactStore
    from engrammic.stores.messages import MessageStore
    from engrammic.stores.notes import NoteStore
    from engrammic.stores.summaries import SummaryStore
    from engrammic.stores.tier_metadata import Standing, TierMetadataStore
    from engrammic.stores.vector_database import VectorDatabase
    from engrammic.stores.vector_store import VectorStore
    from engrammic.tiers.config import TieredMemoryConfig
    from engrammic.tiers.maintaining import MaintenanceReport
    from engrammic.tiers.searching import TieredSearchResult
    from engrammic.tiers.tiered import TieredMemory

_WHERE = {
    "CachedEmbedder": "embed.cached",
    "CanonicalWriteToken": "authority",
    "ChunkMetadata": "stores.code_chunks",
    "Claim": "claims.nouns",
    "CoOccurs": "extraction.nouns",
    "Contains": "extraction.nouns",
    "Context": "context",
    "ContradictionEvent": "stores.entity_tables",
    "ContradictionKind": "stores.entity_tables",
    "Conversation": "items",
    "ConversationStore": "stores.conversations",
    "Defines": "extraction.nouns",
    "DependsOn": "extraction.nouns",
    "EdgeType": "extraction.nouns",
    "Embedder": "embed.base",
    "Entity": "stores.entity_tables",
    "EntityStore": "stores.entities",
    "EntityType": "extraction.nouns",
    "ExtractionResult": "extraction.nouns",
    "Extractor": "extraction.nouns",
    "FactStore": "stores.facts",
    "Fingerprint": "embed.base",
    "ForgetReport": "forgetting.report",
    "Hit": "hits",
    "Hits": "hits",
    "KeyFact": "items",
    "MaintenanceReport": "tiers.maintaining",
    "Memory": "memory",
    "MemoryAuthority": "items",
    "MemoryTier": "items",
    "Message": "items",
    "MessageStore": "stores.messages",
    "MessageSummary": "items",
    "Modifies": "extraction.nouns",
    "Note": "items",
    "NoteStore": "stores.notes",
    "Page": "memory",
    "References": "extraction.nouns",
    "RelationshipGraph": "graph.relationships",
    "Resolution": "stores.contradictions",
    "Scope": "scope",
    "Standing": "stores.tier_metadata",
    "SummaryStore": "stores.summaries",
    "TierMetadataStore": "stores.tier_metadata",
    "TieredMemory": "tiers.tiered",
    "TieredMemoryConfig": "tiers.config",
    "TieredSearchResult": "tiers.searching",
    "VectorDatabase": "stores.vector_database",
    "VectorStore": "stores.vector_store",
    "claims_of": "claims.reading",
    "contradiction": "claims.checking",
    "extract": "extraction.rules",
    "open": "opening",
}

_NAMES = {"open": "open_memory"}

__all__ = [
    "CachedEmbedder",
    "CanonicalWriteToken",
    "ChunkMetadata",
    "Claim",
    "CoOccurs",
    "Contains",
    "Context",
    "ContradictionEvent",
    "ContradictionKind",
    "Conversation",
    "ConversationStore",
    "Defines",
    "DependsOn",
    "EdgeType",
    "Embedder",
    "Entity",
    "EntityStore",
    "EntityType",
    "ExtractionResult",
    "Extractor",
    "FactStore",
    "Fingerprint",
    "ForgetReport",
    "Hit",
    "Hits",
    "KeyFact",
    "MaintenanceReport",
    "Memory",
    "MemoryAuthority",
    "MemoryTier",
    "Message",
    "MessageStore",
    "MessageSummary",
    "Modifies",
    "Note",
    "NoteStore",
    "Page",
    "References",
    "RelationshipGraph",
    "Resolution",
    "Scope",
    "Standing",
    "SummaryStore",
    "TierMetadataStore",
    "TieredMemory",
    "TieredMemoryConfig",
    "TieredSearchResult",
    "VectorDatabase",
    "VectorStore",
    "__version__",
    "claims_of",
    "contradiction",
    "extract",
    "open",
]


# On first use: a command's --help must not wait for the engines.
__getattr__ = importer(__name__, _WHERE, _NAMES)


def __dir__() -> list[str]:
    return __all__
