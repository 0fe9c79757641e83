"""What items were before: each version with the time in which it was the current one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engrammic.filters import Compare, Filter, Op, Or, eq, every, is_null
from engrammic.stores.items import ItemStore
from engrammic.stores.past import versions
from engrammic.stores.tier_metadata import Standing
from engrammic.types import Kind, Order, Record, Schema


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
        return versions(dimension)

    async def of(self, kind: str, item_id: str) -> list[Version]:
        """The versions that an item had, the oldest first."""
        await self.ready()
        where = every(eq("kind", kind), eq("item_id", item_id))
        found = await self.backend.query(self.table, where, order=Order("closed_at"))
        return [self.item_of(record) for record in found]

    async def closed_since(self, moment: int, *, limit: int) -> list[Version]:
        """The versions that were closed at `moment` or later, the earliest first."""
        await self.ready()
        where = Compare("closed_at", Op.GTE, moment)
        found = await self.backend.query(self.table, where, order=Order("closed_at"), limit=limit)
        return [self.item_of(record) for record in found]

    async def whole(self, version_id: str) -> Record | None:
        """A version's record with its vector and its terms, or None."""
        await self.ready()
        columns = [f.name for f in self.schema.fields if f.kind is not Kind.TERMS]
        found = await self.backend.query(self.table, eq(self.key, version_id), columns=columns)
        return {**found[0], "terms": self.words(found[0])} if found else None

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


def current_at(moment: int) -> Filter:
    """Versions that were the current ones at `moment`."""
    return every(Compare("recorded_at", Op.LTE, moment), Compare("closed_at", Op.GT, moment))


def recorded_by(moment: int, updated: bool) -> Filter:
    """Current items whose current version stood at `moment` already."""
    created = Compare("created_at", Op.LTE, moment)
    if not updated:
        return created
    return every(created, Or((is_null("updated_at"), Compare("updated_at", Op.LTE, moment))))
