"""Readers that turn transcripts and text files into messages, conversations and notes."""

from __future__ import annotations

from engrammic.sessions.files import Found, find
from engrammic.sessions.formats import FORMATS, Reader, read
from engrammic.sessions.lines import BadLine, Item

__all__ = ["FORMATS", "BadLine", "Found", "Item", "Reader", "find", "read"]
