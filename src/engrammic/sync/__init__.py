"""The blocking twins: the same memory without `await`; made by tools/gen_sync.py.

    with engrammic.sync.open("~/.engrammic") as memory:
        memory.remember("Ada prefers short answers", "preference")
        hits = memory.search("how should I answer?")

Every method is one call on one event loop that runs on a thread of its own.
"""

from __future__ import annotations

from engrammic.sync.conversations import ConversationStore
from engrammic.sync.entities import EntityStore
from engrammic.sync.facts import FactStore
from engrammic.sync.memory import Memory
from engrammic.sync.memory import open_memory as open  # noqa: A004
from engrammic.sync.messages import MessageStore
from engrammic.sync.notes import NoteStore
from engrammic.sync.relationships import RelationshipGraph
from engrammic.sync.summaries import SummaryStore
from engrammic.sync.tiered import TieredMemory

__all__ = [
    "ConversationStore",
    "EntityStore",
    "FactStore",
    "Memory",
    "MessageStore",
    "NoteStore",
    "RelationshipGraph",
    "SummaryStore",
    "TieredMemory",
    "open",
]
