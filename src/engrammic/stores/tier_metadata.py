"""Which tier each item lives in, what keeps it there, and who may change it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from engrammic.batches import Columns
from engrammic.changes import Put
from engrammic.checks import choice, shown
from engrammic.errors import InvalidInput
from engrammic.filters import Filter, eq, every, is_in
from engrammic.items import MemoryAuthority, MemoryTier
from engrammic.stores.base import Store
from engrammic.types import Field, Kind, Record, Schema

TIER_METADATA = Schema(
    "tier_metadata",
    (
        Field("kind", Kind.TEXT, nullable=False),
        Field("message_id", Kind.TEXT, nullable=False),
        Field("tier", Kind.TEXT, nullable=False),
        Field("importance", Kind.FLOAT, nullable=False),
        Field("last_accessed", Kind.INT, nullable=False),
        Field("access_count", Kind.INT, nullable=False),
        Field("created_at", Kind.INT, nullable=False),
        Field("authority", Kind.TEXT, nullable=False),
        Field("held", Kind.BOOL),
        Field("learned_at", Kind.INT),
    ),
    key=("kind", "message_id"),
)
"""One row an item. `message_id` is the item's id, whatever its kind."""

IMPORTANCE = 0.5
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a new item starts: its importance in [0, 1], its authority, its tier.

    Without an authority, items that have an end are ephemeral, others session.
    """

    importance: float = IMPORTANCE
    authority: MemoryAuthority | None = None
    tier: MemoryTier = MemoryTier.HOT

    def __post_init__(self) -> None:
        check_importance(self.importance)
        choice("tier", MemoryTier, self.tier)
        if self.authority is not None:
            choice("authority", MemoryAuthority, self.authority)

    def records(self, kind: str, items: Mapping[str, Record], moment: int) -> Columns:
        """The rows of new items, which are given by id."""
        count = len(items)
        stored: dict[str, list[Any]] = {
            "kind": [kind] * count,
            "tier": [str(self.tier)] * count,
            "importance": [float(self.importance)] * count,
            "last_accessed": [moment] * count,
            "access_count": [0] * count,
            "created_at": [moment] * count,
            "authority": [str(self._authority(item)) for item in items.values()],
        }
        return Columns({"message_id": [*items], **stored}, count, stored.keys())

    def _authority(self, item: Record) -> MemoryAuthority:
        if self.authority is not None:
            return self.authority
        ends = item.get("expires_at") is not None
        return MemoryAuthority.EPHEMERAL if ends else MemoryAuthority.SESSION


@dataclass(frozen=True, slots=True)
class TierMetadata:
    """What is known of an item's standing. Times in unix milliseconds.

    `created_at` is when it was stored, `last_accessed` when it was last recalled;
    `held` items are neither deleted nor forgotten, `learned_at` is when it was
    read for entities.
    """

    message_id: str
    tier: MemoryTier = MemoryTier.HOT
    importance: float = IMPORTANCE
    last_accessed: int = 0
    access_count: int = 0
    created_at: int = 0
    authority: MemoryAuthority = MemoryAuthority.SESSION
    kind: str = "message"
    held: bool = False
    learned_at: int | None = None

    @classmethod
    def of(cls, record: Record) -> TierMetadata:
        """What a row tells."""
        tier, authority = MemoryTier(record["tier"]), MemoryAuthority(record["authority"])
        held = bool(record.get("held"))
        return cls(**{**record, "tier": tier, "authority": authority, "held": held})

    def record_access(self, moment: int) -> TierMetadata:
        """The same, recalled once more."""
        last = max(moment, self.last_accessed)
        return replace(self, access_count=self.access_count + 1, last_accessed=last)

    def record(self) -> Record:
        """The row."""
        return {**asdict(self), "held": self.held or None}


class TierMetadataStore(Store):
    """Reads and writes the standing of items."""

    def schemas(self) -> Sequence[Schema]:
        """The one table."""
        return (TIER_METADATA,)

    async def put(self, metadata: Sequence[TierMetadata]) -> None:
        """Store rows; those of the same items are replaced."""
        await self.ready()
        await self.backend.apply([Put(TIER_METADATA.name, [m.record() for m in metadata])])

    async def get(self, item_id: str, kind: str = "message") -> TierMetadata | None:
        """An item's row, or None."""
        await self.ready()
        record = await self.backend.get(TIER_METADATA.name, (kind, item_id))
        return None if record is None else TierMetadata.of(record)

    async def of(self, kind: str, item_ids: Iterable[str]) -> dict[str, TierMetadata]:
        """Rows by id; an item without one is left out."""
        await self.ready()
        found = await self.backend.query(TIER_METADATA.name, standing_of(kind, item_ids))
        return {r["message_id"]: TierMetadata.of(r) for r in found}

    async def pages(self, where: Filter | None = None) -> AsyncIterator[list[TierMetadata]]:
        """Every row that matches, by kind and id, PAGE at a time."""
        await self.ready()
        after: tuple[str, str] | None = None
        while rows := await self.backend.query(TIER_METADATA.name, where, after=after, limit=PAGE):
            after = rows[-1]["kind"], rows[-1]["message_id"]
            yield [TierMetadata.of(row) for row in rows]

    async def counts(self) -> Mapping[MemoryTier, int]:
        """How many messages live in each tier."""
        await self.ready()
        return {tier: await self.backend.count(TIER_METADATA.name, in_tier(tier))
                for tier in MemoryTier}  # fmt: skip


def standing_of(kind: str, item_ids: Iterable[str]) -> Filter:
    """The rows of items of one kind."""
    return every(eq("kind", kind), is_in("message_id", tuple(item_ids)))


def in_tier(tier: MemoryTier, kind: str = "message") -> Filter:
    """The rows of the items of one kind that live in a tier."""
    return every(eq("kind", kind), eq("tier", tier))


def check_importance(value: object, name: str = "importance") -> float:
    """The importance. Raises InvalidInput unless it is a number in [0, 1]."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:  # type: ignore[operator]
        raise InvalidInput(name, f"want a number from 0 to 1, not {shown(value)}")
    return float(value)  # type: ignore[arg-type]
