"""The table of past versions, and what is written there when an item is closed or changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engrammic.clock import new_id
from engrammic.types import Field, Index, Kind, Record, Schema, vector_field

_FIELDS = (
    Field("version_id", Kind.TEXT, nullable=False),
    Field("kind", Kind.TEXT, nullable=False),
    Field("item_id", Kind.TEXT, nullable=False),
    Field("heading", Kind.TEXT),
    Field("content", Kind.TEXT, nullable=False),
    Field("item", Kind.JSON, nullable=False),
    Field("recorded_at", Kind.INT, nullable=False),
    Field("closed_at", Kind.INT, nullable=False),
    Field("superseded_by", Kind.TEXT),
    Field("reason", Kind.TEXT, nullable=False),
    Field("created_at", Kind.INT, nullable=False),
    Field("expires_at", Kind.INT),
    Field("terms", Kind.TERMS),
)


def versions(dimension: int | None) -> Schema:
    """The table of versions; without a dimension it has no vectors (yet)."""
    return Schema(
        "versions",
        (*_FIELDS, *vector_field(dimension)),
        key=("version_id",),
        indexes=(Index(("kind", "item_id")), Index(("closed_at",))),
    )


def closing(
    store: Any,
    records: Sequence[Record],
    reason: str,
    moment: int,
    superseded_by: str | None = None,
) -> list[Record]:
    """The versions that record what items, read with their vectors, were until `moment`."""
    return [_version(store, record, reason, moment, superseded_by) for record in records]


def _version(
    store: Any, record: Record, reason: str, moment: int, superseded_by: str | None
) -> Record:
    searchable = store.searchable(record)
    kept = {f.name for f in store.schema.fields} - {"terms", "around", "vector"}
    version = {
        "version_id": new_id(),
        "kind": store.kind,
        "item_id": record[store.key],
        "heading": searchable[: len(searchable) - len(record["content"])],
        "content": record["content"],
        "item": {name: record[name] for name in kept if record.get(name) is not None},
        "recorded_at": record.get("updated_at") or record["created_at"],
        "closed_at": moment,
        "superseded_by": superseded_by,
        "reason": reason,
        "created_at": record["created_at"],
        "expires_at": record["expires_at"],
        "terms": store.words(record),
    }
    if record.get("vector") is not None:
        version["vector"] = record["vector"]
    return version
