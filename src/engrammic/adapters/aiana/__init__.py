"""Aiana's storage over any database: sessions by words, memories by meaning, without `await`."""

from __future__ import annotations

from engrammic.adapters.aiana.memories import QdrantStorage, qdrant_url
from engrammic.adapters.aiana.models import Message, MessageType, Session
from engrammic.adapters.aiana.sessions import AianaStorage

__all__ = [
    "AianaStorage",
    "Message",
    "MessageType",
    "QdrantStorage",
    "Session",
    "qdrant_url",
]
