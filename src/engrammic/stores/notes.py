"""Notes: texts remembered for themselves, and sections of files."""

from __future__ import annotations

from typing import ClassVar

from engrammic.checks import shown
from engrammic.clock import milliseconds, new_id
from engrammic.errors import InvalidInput
from engrammic.items import MEMORY_TYPES, Note
from engrammic.stores.base import (
    check_content,
    check_id,
    check_kind_of,
    check_metadata,
    check_short,
)
from engrammic.stores.items import ItemStore
from engrammic.types import Field, Index, Kind, Record, Schema, vector_field

_FIELDS = (
    Field("note_id", Kind.TEXT, nullable=False),
    Field("memory_type", Kind.TEXT, nullable=False),
    Field("content", Kind.TEXT, nullable=False),
    Field("title", Kind.TEXT),
    Field("source", Kind.TEXT),
    Field("section", Kind.TEXT),
    Field("project", Kind.TEXT),
    Field("session_id", Kind.TEXT),
    Field("created_at", Kind.INT, nullable=False),
    Field("updated_at", Kind.INT, nullable=False),
    Field("expires_at", Kind.INT),
    Field("metadata", Kind.JSON),
    Field("terms", Kind.TERMS),
)
_ITEM_FIELDS = tuple(f.name for f in _FIELDS if f.name != "terms")
_INDEXED = ("memory_type", "source", "project", "session_id", "created_at")


class NoteStore(ItemStore[Note]):
    """Notes with semantic and keyword search and expiry."""

    kind: ClassVar[str] = "note"
    table: ClassVar[str] = "notes"
    key: ClassVar[str] = "note_id"

    @staticmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table of notes; without a dimension it has no vectors (yet)."""
        return Schema(
            "notes",
            (*_FIELDS, *vector_field(dimension)),
            key=("note_id",),
            indexes=tuple(Index((name,)) for name in _INDEXED),
        )

    def record_of(self, item: Note, number: int, moment: int) -> Record:
        """The note's fields, with an id and times. Raises InvalidInput."""
        check_kind_of("item", item, Note)
        check_memory_type(item.memory_type)
        if item.note_id is not None:
            check_id("note_id", item.note_id)
        if not check_content("content", item.content).strip():
            raise InvalidInput("content", "is empty; there is nothing to remember")
        record = {name: getattr(item, name) for name in _ITEM_FIELDS}
        for name in ("created_at", "updated_at", "expires_at"):
            if record[name] is not None:
                record[name] = milliseconds(name, record[name])
        record["note_id"] = new_id() if item.note_id is None else item.note_id
        record["created_at"] = record["created_at"] or moment
        record["updated_at"] = record["updated_at"] or record["created_at"]
        for name in ("title", "source", "section", "project", "session_id"):
            check_short(name, record[name])
        record["metadata"] = check_metadata(item.metadata) or None
        return record

    def item_of(self, record: Record) -> Note:
        """The note that a record holds."""
        values = {name: record[name] for name in _ITEM_FIELDS}
        return Note(**{**values, "metadata": values["metadata"] or {}})

    def searchable(self, record: Record) -> str:
        """The title, the section, the content."""
        heads = [head for head in (record["title"], record["section"]) if head]
        return "\n".join([*heads, record["content"]])


def check_memory_type(memory_type: str) -> str:
    """The type. Raises InvalidInput for an unknown one."""
    if memory_type not in MEMORY_TYPES:
        raise InvalidInput(
            "memory_type", f"{shown(memory_type)} is none of {', '.join(MEMORY_TYPES)}"
        )
    return memory_type
