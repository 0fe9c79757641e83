"""Erasing items: rows, vectors, terms, passages, summaries, facts, versions, log, then bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engrammic.changes import Delete, Put
from engrammic.claims.reading import frames_of
from engrammic.clock import Clock
from engrammic.embed.base import Embedder
from engrammic.filters import eq, every, is_in
from engrammic.forgetting.report import ForgetReport
from engrammic.forgetting.scan import pieces, traces
from engrammic.items import Item
from engrammic.scope import Scoped
from engrammic.stores.indexing import Changes, Records
from engrammic.stores.items import ItemStore
from engrammic.stores.keeping import protection, standings
from engrammic.stores.moves import MOVES, move_record
from engrammic.stores.neighbours import forget_cached
from engrammic.stores.tombstones import TOMBSTONES, Reason
from engrammic.stores.versions import Version
from engrammic.types import Record

MOST_NEEDLES = 2_000
"""Stretches of text that a scan looks for, at most."""


@dataclass(slots=True)
class Account:
    """What one `forget` gathers on its way."""

    items: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    needles: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    taken: set[tuple[str, str]] = field(default_factory=set)
    shown: list[Item | Version] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many items of each kind."""
        return {kind: len(digests) for kind, digests in self.items.items()}


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Erases items of one scope and keeps account of it; shows the first `show` of them."""

    backend: Scoped
    stores: Sequence[ItemStore[Any]]
    versions: ItemStore[Any]
    embedder: Embedder | None
    clock: Clock
    show: int = 0
    account: Account = field(default_factory=Account)

    async def take(self, store: ItemStore[Any], records: Records, *, dry_run: bool) -> None:
        """Erase these records of a store, but for what is protected."""
        ids = [record[store.key] for record in records]
        rows = await standings(self.backend, store.kind, ids)
        free = [r for r in records if not self._is_kept(store, rows.get(r[store.key]))]
        digests = [store.tombstones.of_item(store.kind, r[store.key]) for r in free]
        self.account.items.setdefault(store.kind, []).extend(digests)
        self.account.ids += [r[store.key] for r in free]
        self.account.taken |= {(store.kind, r[store.key]) for r in free}
        self._show(store, free)
        if dry_run or not free:
            return
        for record in free:
            if len(self.account.needles) < MOST_NEEDLES:
                self.account.needles += pieces(record["content"])
        marks = [d for r in free for d in self._marks(store, r)]
        await self.backend.transact(lambda reader: self._erasure(reader, store, free, marks))

    async def past(self, records: Records, *, dry_run: bool) -> None:
        """Erase these versions, but for those of an item that is protected."""
        records = await self._free(records)
        ids = [record["version_id"] for record in records]
        digests = [self.versions.tombstones.of_item("version", i) for i in ids]
        self.account.items.setdefault("version", []).extend(digests)
        self.account.ids += [record["item_id"] for record in records]
        self._show(self.versions, records)
        if dry_run or not ids:
            return
        for record in records:
            self.account.needles += pieces(record["content"])
        await self.backend.apply([Delete(self.versions.table, is_in("version_id", ids))])

    async def report(
        self, asked_for: str, reading: str, *, dry_run: bool, scan: bool
    ) -> ForgetReport:
        """The account, signed, once the bytes are dealt with."""
        stones = self.versions.tombstones
        state, detail, found = "untouched", "a dry run", None
        if not dry_run:
            self._forget_cached()
            done = await self.backend.backend.scrub()
            state, detail = done.state, done.detail
            if scan and done.places and self.account.needles:
                found = await traces(done.places, self.account.needles[:MOST_NEEDLES])
        report = ForgetReport(
            str(self.backend.scope), stones.of_item("request", asked_for), self.clock(), dry_run,
            reading, self.account.counts, self.account.items, self.account.kept, state, detail,
            found,
        )  # fmt: skip
        return report.signed(stones.key)

    def _show(self, store: ItemStore[Any], records: Records) -> None:
        room = max(0, self.show - len(self.account.shown))
        self.account.shown += [store.item_of(record) for record in records[:room]]

    async def _free(self, versions: Records) -> list[Record]:
        """The versions of what is neither protected nor gone whole, its versions with it."""
        kept = set(self.account.taken)
        for store in self.stores:
            ids = list({v["item_id"]: None for v in versions if v["kind"] == store.kind})
            rows = await standings(self.backend, store.kind, ids) if ids else {}
            kept |= {(store.kind, i) for i, row in rows.items() if self._is_kept(store, row)}
        return [v for v in versions if (v["kind"], v["item_id"]) not in kept]

    def _is_kept(self, store: ItemStore[Any], row: Record | None) -> bool:
        why = "" if row is None else protection(row, store.token, deleting=True)
        if row is not None and why:
            self.account.kept[row["message_id"]] = why
        return bool(why)

    def _marks(self, store: ItemStore[Any], record: Record) -> list[str | None]:
        stones = store.tombstones
        return [stones.of_item(store.kind, record[store.key]), stones.of_words(store.gist(record))]

    async def _erasure(
        self, reader: Scoped, store: ItemStore[Any], records: Records, marks: Sequence[str | None]
    ) -> Changes:
        ids = [record[store.key] for record in records]
        moment = self.clock()
        standing = await store.tombstones.standing(reader, marks)
        new = [mark for mark in marks if mark is not None and mark not in standing]
        stored = await reader.query(store.table, is_in(store.key, ids))
        digests = [store.tombstones.of_item(store.kind, i) for i in ids]
        log = [move_record(store.kind, digest, "forget", None, None, "forgotten", moment)
               for digest in digests]  # fmt: skip
        mine = every(eq("kind", store.kind), is_in("item_id", ids))
        return [
            Put(TOMBSTONES.name, store.tombstones.records(new, Reason.FORGOTTEN, moment)),
            *await store.without(reader, stored),
            Delete(self.versions.table, mine),
            Delete(MOVES.name, mine),
            Put(MOVES.name, log),
        ]

    def _forget_cached(self) -> None:
        forget_cached()
        frames_of.cache_clear()
        if self.embedder is not None and hasattr(self.embedder, "clear_cache"):
            self.embedder.clear_cache()


def as_text(values: Mapping[str, Any]) -> str:
    """What was asked for, as one text."""
    return repr(sorted((k, repr(v)) for k, v in values.items() if v is not None))
