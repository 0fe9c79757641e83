"""Correcting what is remembered: the old is closed, not lost, and does not come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engrammic.changes import Delete, Put
from engrammic.errors import NotFound
from engrammic.filters import eq, is_in
from engrammic.items import Item
from engrammic.scope import Scoped
from engrammic.stores.indexing import Changes, Entry
from engrammic.stores.items import ItemStore
from engrammic.stores.keeping import check_open, standings
from engrammic.stores.moves import MOVES, move_record
from engrammic.stores.past import closing
from engrammic.stores.tier_metadata import Standing, TierMetadata
from engrammic.stores.tombstones import TOMBSTONES, Reason
from engrammic.types import Kind, Record


@dataclass(frozen=True, slots=True)
class Closing:
    """Why an item is closed: the action for the log, the reason, what takes its place.

    `stood` tells that what takes its place was there before, and stays if this is undone.
    """

    action: str
    reason: str
    superseded_by: str | None = None
    stood: bool = False


@dataclass(frozen=True, slots=True)
class Versioning:
    """Closes items of one kind and opens them again, each in one change list."""

    store: ItemStore[Any]

    async def supersede(self, item_id: str, item: Item, reason: str) -> Item:
        """The new item, which takes the old one's place. Raises NotFound, Protected, KeptOut.

        It inherits importance and authority, unless it has a standing already.
        """
        store = self.store
        await store.ready()
        [record] = [store.record_of(item, 0, store.clock())]
        new_id: str = record[store.key]
        entries = await store.entries([record])

        async def superseding(reader: Scoped) -> Changes:
            closed = Closing("supersede", reason, new_id)
            rows = await standings(reader, store.kind, [item_id])
            heir = _heir(rows.get(item_id))
            noted, out = await self._closed(reader, item_id, rows, closed)
            # What is written first tells a later pass how to finish, were this one cut off here.
            return [*noted, *await store.changes(reader, entries, Entry(heir)), *out]

        await store.backend.transact(superseding)
        found: Item = store.item_of(record)
        return found

    async def close(self, item_id: str, closing: Closing, *, keep_out: bool) -> None:
        """Take an item out of every search from now on. Raises NotFound, Protected.

        `keep_out` also keeps its text from being stored again.
        """
        await self.store.ready()

        async def closing_it(reader: Scoped) -> Changes:
            return await self.closed(reader, item_id, closing, keep_out=keep_out)

        await self.store.backend.transact(closing_it)

    async def closed(
        self, reader: Scoped, item_id: str, closing: Closing, *, keep_out: bool
    ) -> Changes:
        """As `close`, as changes for the caller's own list."""
        store = self.store
        rows = await standings(reader, store.kind, [item_id])
        changes, out = await self._closed(reader, item_id, rows, closing)
        if keep_out:
            record = await reader.get(store.table, (item_id,))
            assert record is not None
            digest = store.tombstones.of_words(store.gist(record))
            marks = store.tombstones.records([digest], Reason.REJECTED, store.clock())
            changes.append(Put(TOMBSTONES.name, marks))
        return [*changes, *out]

    async def reopen(self, version: Record, reason: str) -> None:
        """Make a closed version the current one again; its text may be stored again, too."""
        store = self.store
        moment = store.clock()
        nothing = dict.fromkeys(f.name for f in store.schema.fields if f.name not in DERIVED)
        record = {**nothing, **version["item"], "terms": version["terms"]}
        if version.get("vector") is not None:
            record["vector"] = version["vector"]
        item_id = version["item_id"]
        digest = store.tombstones.of_words(store.gist(record))
        by_id = store.tombstones.of_item(store.kind, item_id)

        async def reopening(reader: Scoped) -> Changes:
            return [
                Delete(TOMBSTONES.name, is_in("digest", [d for d in (digest, by_id) if d])),
                Delete("versions", eq("version_id", version["version_id"])),
                *await store.changes(reader, {item_id: (record, None)}, Entry(allowed=True)),
                Put(MOVES.name, [move_record(store.kind, item_id, "undo", None, "hot", reason,
                                             moment)]),
            ]  # fmt: skip

        await store.backend.transact(reopening)

    async def _closed(
        self, reader: Scoped, item_id: str, rows: Mapping[str, Record], closing: Closing
    ) -> tuple[Changes, Changes]:
        """The changes that note the closing, and those that carry it out."""
        store = self.store
        check_open(rows.values(), store.token, deleting=True)
        record = await current(store, reader, item_id)
        moment = store.clock()
        versions = _versions(store, record, closing, moment)
        row = rows.get(item_id)
        log = move_record(
            store.kind, item_id, closing.action, None if row is None else row["tier"], None,
            closing.reason, moment,
            detail={"version": versions[0]["version_id"], "by": closing.superseded_by,
                    **({"stood": True} if closing.stood else {})},
        )  # fmt: skip
        noted: Changes = [Put("versions", versions), Put(MOVES.name, [log])]
        return noted, await store.taken_out(reader, [record])


DERIVED = ("terms", "around", "vector")


async def current(store: ItemStore[Any], reader: Scoped, item_id: str) -> Record:
    """The stored record with its vector. Raises NotFound."""
    columns = [f.name for f in store.schema.fields if f.kind is not Kind.TERMS]
    found = await reader.query(store.table, eq(store.key, item_id), columns=columns, limit=1)
    if not found:
        raise NotFound(store.kind, item_id)
    return found[0]


def _versions(store: ItemStore[Any], record: Record, closed: Closing, moment: int) -> list[Record]:
    return closing(store, [record], PAST[closed.action], moment, closed.superseded_by)


PAST = {
    "supersede": "superseded", "replace": "superseded", "reject": "rejected", "retire": "retired",
}  # fmt: skip
"""What a version's reason calls an action."""


def _heir(row: Record | None) -> Standing | None:
    if row is None:
        return None
    old = TierMetadata.of(row)
    return Standing(old.importance, old.authority)
