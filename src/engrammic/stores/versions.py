"""What items were before: each version with the time in which it was the current one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engrammic.clock import new_id
from engrammic.filters import Compare, Filter, Op, Or, eq, every, is_null
from engrammic.stores.items import ItemStore
from engrammic.stores.tier_metadata import Standing
from engrammic.types import Field, Index, Kind, Order, Record, Schema

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


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an item, current from `recorded_at` to before `closed_at`.

    `item` holds the fields of the item as they were, `superseded_by` the id of
    what took its place; `reason` is updated, superseded, rejected, retired or merged.
    """

    version_id: str
    kind: str
    item_id: str
    content: str
    item: Record
    recorded_at: int
    closed_at: int
    superseded_by: str | None
    reason: str


class VersionStore(ItemStore[Version]):
    """Versions that are no longer current; searched only when asked for a time."""

    kind: ClassVar[str] = "version"
    table: ClassVar[str] = "versions"
    key: ClassVar[str] = "version_id"
    standing: ClassVar[Standing | None] = None

    @staticmethod
    def schema_for(dimension: int | None) -> Schema:
        """The table of versions; without a dimension it has no vectors (yet)."""
        vector = () if dimension is None else (Field("vector", Kind.VECTOR, dimension=dimension),)
        return Schema(
            "versions",
            (*_FIELDS, *vector),
            key=("version_id",),
            indexes=(Index(("kind", "item_id")), Index(("closed_at",))),
        )

    async def of(self, kind: str, item_id: str) -> list[Version]:
        """The versions that an item had, the oldest first."""
        await self.ready()
        where = every(eq("kind", kind), eq("item_id", item_id))
        found = await self.backend.query(self.table, where, order=Order("closed_at"))
        return [self.item_of(record) for record in found]

    def record_of(self, item: Version, number: int, moment: int) -> Record:
        """The version's fields; versions are written by `closing`, with the change they tell of."""
        heading = None
        return {**{f: getattr(item, f) for f in Version.__slots__}, "heading": heading,
                "created_at": item.item["created_at"],
                "expires_at": item.item.get("expires_at")}  # fmt: skip

    def item_of(self, record: Record) -> Version:
        """The version that a record holds."""
        return Version(**{name: record[name] for name in Version.__slots__})

    def searchable(self, record: Record) -> str:
        """What was indexed of the item."""
        heading, content = record["heading"] or "", record["content"]
        return f"{heading}{content}"


def closing(
    store: ItemStore[Any],
    records: Sequence[Record],
    reason: str,
    moment: int,
    superseded_by: str | None = None,
) -> list[Record]:
    """The versions that record what items, read with their vectors, were until `moment`."""
    return [_version(store, record, reason, moment, superseded_by) for record in records]


def _version(
    store: ItemStore[Any], record: Record, reason: str, moment: int, superseded_by: str | None
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


def current_at(moment: int) -> Filter:
    """Versions that were the current ones at `moment`."""
    return every(Compare("recorded_at", Op.LTE, moment), Compare("closed_at", Op.GT, moment))


def recorded_by(moment: int, updated: bool) -> Filter:
    """Current items whose current version stood at `moment` already."""
    created = Compare("created_at", Op.LTE, moment)
    if not updated:
        return created
    return every(created, Or((is_null("updated_at"), Compare("updated_at", Op.LTE, moment))))
