"""What a memory does with what it holds: correct, rate, hold, explain, undo, age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from engrammic.changes import Change, Put, Update
from engrammic.checks import check_count, check_text, shown
from engrammic.clock import iso
from engrammic.erasing import Erasing
from engrammic.errors import InvalidInput, NotFound, Unsupported
from engrammic.items import Item, KeyFact, MemoryTier, Moment
from engrammic.predicate import LARGEST
from engrammic.progress import Advance, ignored
from engrammic.scope import Scoped
from engrammic.stores.indexing import Changes
from engrammic.stores.items import ItemStore, of_kind
from engrammic.stores.leases import Leases
from engrammic.stores.moves import MOVES, Move, move_record
from engrammic.stores.tier_metadata import TIER_METADATA, Standing, TierMetadata
from engrammic.stores.versions import Version
from engrammic.succession import standing_for, successor
from engrammic.tiers.ageing import Ageing
from engrammic.tiers.learning import FactExtractor, Rules, Summarizer
from engrammic.tiers.maintaining import Maintenance, MaintenanceReport
from engrammic.tiers.policy import Step
from engrammic.tiers.versioning import Closing, Versioning

RATING_STEP = 0.1
"""What a rating of +1 or -1 adds to an importance."""


@dataclass(frozen=True, slots=True)
class Why:
    """What is known of an item's life: its standing now, its moves, its earlier versions."""

    id: str
    kind: str
    metadata: TierMetadata | None
    moves: Sequence[Move]
    versions: Sequence[Version]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def as_record(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """One line for what it is now, one for each thing that happened, the oldest first."""
        now = self.metadata
        state = "is not in any tier now" if now is None else (
            f"is {now.tier}, {now.authority}, importance {now.importance:.2f}, recalled "
            f"{now.access_count} times, last {iso(now.last_accessed)}")  # fmt: skip
        told = [(m.moved_at, f"{m.action} {_way(m)}: {m.reason}") for m in self.moves]
        told += [(v.closed_at, f"{v.reason}; until then it said: {v.content}")
                 for v in self.versions]  # fmt: skip
        return [f"{self.kind} {self.id} {state}",
                *(f"{iso(at)}  {text}" for at, text in sorted(told))]  # fmt: skip


class Lifecycle(Erasing):
    """The verbs of a memory that change what it holds. `Memory` is one."""

    summarizer: Summarizer | None
    extractor: FactExtractor | None

    async def supersede(
        self,
        item_id: str,
        content: str,
        *,
        reason: str = "superseded",
        valid_from: Moment | None = None,
    ) -> Item:
        """What is true now, in place of the item; the old one is found only with `as_of`.

        The new item keeps the old one's kind and what it belongs to, with a new id.
        Where another item of that kind, which belongs to the same, says this already, that
        one takes the old one's place and is returned; what says it itself stays as it is.
        A fact's old value is valid until `valid_from`. Raises NotFound, Protected.
        """
        store, old = await self._found(item_id)
        new = successor(old, content, store, self.clock())
        if valid_from is None and old.content == content:
            return old
        if valid_from is None and (twin := await standing_for(old, content, store)) is not None:
            closing = Closing("supersede", _reason(reason), twin.id, stood=True)
            await Versioning(store).close(item_id, closing, keep_out=False)
            return twin
        if isinstance(new, KeyFact) and valid_from is not None:
            new = replace(new, valid_from=valid_from)
        return await Versioning(store).supersede(item_id, new, _reason(reason))

    async def reject(self, item_id: str, *, reason: str = "it was wrong") -> None:
        """Take out what is wrong, and keep its words from coming back by any way of writing.

        Whatever else says the same goes with it. The same text again raises KeptOut;
        said again in a conversation it stands in the log and is not found. Raises
        NotFound, Protected.
        """
        store, item = await self._found(item_id)
        closing = Closing("reject", _reason(reason))
        await Versioning(store).close(item_id, closing, keep_out=True)
        for other in self._stores:
            for twin in await other.alike(item.content):
                await Versioning(other).close(twin, closing, keep_out=True)

    async def retire(self, item_id: str, *, reason: str = "no longer of use") -> None:
        """Take out what is of no use now; it may come again. Raises NotFound, Protected."""
        store, _ = await self._found(item_id)
        await Versioning(store).close(item_id, Closing("retire", _reason(reason)), keep_out=False)

    async def allow(self, content: str) -> bool:
        """Let a text that was rejected or forgotten be stored again; whether it was kept out."""
        check_text(content, "content")
        stones = self.notes.tombstones
        await stones.ready()
        return await stones.lift(stones.of_text(content)) > 0

    async def rate(self, item_id: str, rating: float, *, reason: str = "rated") -> float:
        """The importance after a rating from -1 (useless) to 1 (just right), within [0, 1].

        Each full point moves it by RATING_STEP. Raises NotFound.
        """
        check_rating(rating)
        kind, _ = await self._standing(item_id)
        moment, told = self.clock(), _reason(reason)
        importance = 0.0

        async def rating_it(reader: Scoped) -> Changes:
            nonlocal importance
            row = await reader.get(TIER_METADATA.name, (kind, item_id))
            old = Standing().importance if row is None else row["importance"]
            importance = min(1.0, max(0.0, old + RATING_STEP * rating))
            detail = {"rating": float(rating), "from": old, "to": importance}
            log = move_record(kind, item_id, "rate", None, None, told, moment, detail=detail)
            start = Standing(importance, tier=_usual(kind))
            change = {"kind": kind, "message_id": item_id, "importance": importance}
            kept: Change = Update(TIER_METADATA.name, [change])
            if row is None:
                kept = Put(TIER_METADATA.name, start.records(kind, {item_id: {}}, moment))
            return [kept, Put(MOVES.name, [log])]

        await self._scoped.transact(rating_it)
        return importance

    async def hold(self, item_id: str, *, reason: str) -> None:
        """Keep an item from being deleted, forgotten or moved, whoever asks. Raises NotFound."""
        await self._hold(item_id, True, reason)

    async def release_hold(self, item_id: str, *, reason: str) -> None:
        """Let go of an item that was held. Raises NotFound."""
        await self._hold(item_id, False, reason)

    async def why(self, item_id: str) -> Why:
        """What happened to an item: moves, earlier versions, and its standing now.

        Raises NotFound for an id that the memory knows nothing of.
        """
        await self.tiers.ready()
        for store in self._stores:
            kind = store.kind
            metadata = await self.tiers.standing.get(item_id, kind)
            moves = await self.tiers.moves.of(kind, item_id)
            versions = await self.tiers.versions.of(kind, item_id)
            if metadata or moves or versions:
                return Why(item_id, kind, metadata, moves, versions)
        raise NotFound("item", item_id)

    async def undo(self, move_id: str, *, reason: str = "undone") -> None:
        """Take one move back: a demotion, a promotion, or what closed an item.

        Raises NotFound for an unknown move, Unsupported for one that leaves
        nothing to go back to (expire, forget), or that has been overtaken.
        """
        await self.tiers.ready()
        move = await self.tiers.moves.get(move_id)
        if move is None:
            raise NotFound("move", move_id)
        if move.action in ("demote", "promote"):
            await self._moved_back(move, reason)
        elif move.detail and move.detail.get("version"):
            await self._reopened(move, str(move.detail["version"]), reason)
        else:
            raise Unsupported(f"{move.action} leaves nothing to go back to")

    async def maintain(
        self, *, dry_run: bool = False, most: int | None = None, advance: Advance = ignored
    ) -> MaintenanceReport:
        """One pass over this scope: expire, promote, demote, merge what says the same, optimize.

        It makes at most `most` moves; the next pass goes on. With `dry_run` nothing
        changes and the report holds the moves that would be made. Raises Locked
        while another process maintains the scope.
        """
        if most is not None:
            check_count("most", most, 0, LARGEST)
        leases = Leases(self._scoped, clock=self.clock)
        maintenance = Maintenance(self._ageing(), self.notes, leases)
        return await maintenance.run(dry_run=dry_run, most=most, advance=advance)

    def _ageing(self) -> Ageing:
        return Ageing(self.tiers, self.summarizer or Rules(), self.extractor or Rules())

    async def _found(self, item_id: str) -> tuple[ItemStore[Any], Item]:
        for store in self._stores:
            item: Item | None = await store.get(item_id)
            if item is not None:
                return store, item
        raise NotFound("item", item_id)

    async def _standing(self, item_id: str) -> tuple[str, TierMetadata | None]:
        """The kind under which an item stands, and its standing. Raises NotFound."""
        for store in self._stores:
            row = await self.tiers.standing.get(item_id, store.kind)
            if row is not None:
                return store.kind, row
        store, _ = await self._found(item_id)
        return store.kind, None

    async def _hold(self, item_id: str, held: bool, reason: str) -> None:
        kind, row = await self._standing(item_id)
        moment = self.clock()
        start = Standing(tier=_usual(kind)).records(kind, {item_id: {}}, moment)
        new = row or TierMetadata.of(start[0])
        action = "hold" if held else "release"
        log = move_record(kind, item_id, action, None, None, _reason(reason), moment)
        await self._scoped.apply(
            [Put(TIER_METADATA.name, [replace(new, held=held).record()]), Put(MOVES.name, [log])]
        )

    async def _moved_back(self, move: Move, reason: str) -> None:
        now = await self.tiers.standing.get(move.item_id)
        if now is None or now.tier != move.after or move.before is None:
            raise Unsupported(f"{move.item_id!r} has moved on since; `why` tells where")
        before = MemoryTier(move.before)
        ageing, told = self._ageing(), _reason(reason)
        if now.tier is not MemoryTier.HOT:
            await ageing.up([Step(now.message_id, now.tier, MemoryTier.HOT, 0, told)], move.move_id)
        if before is not MemoryTier.HOT:
            down = Step(now.message_id, MemoryTier.HOT, before, 0, told)
            await ageing.down([down], move.move_id)

    async def _reopened(self, move: Move, version_id: str, reason: str) -> None:
        store = of_kind(self._stores, move.kind)
        version = await self.tiers.versions.whole(version_id)
        if version is None:
            raise Unsupported(f"the version behind {move.move_id} is gone")
        await Versioning(store).reopen(version, _reason(reason))
        detail = move.detail or {}
        made = move.action == "supersede" and not detail.get("stood")
        by = detail.get("by") if made else None
        if by and await store.get(by) is not None:
            await Versioning(store).close(by, Closing("retire", _reason(reason)), keep_out=False)


def check_rating(value: object) -> None:
    """Raise InvalidInput unless the value is a number from -1 to 1."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -1 <= value <= 1:  # type: ignore[operator]
        raise InvalidInput("rating", f"want a number from -1 to 1, not {shown(value)}")


def _way(move: Move) -> str:
    return f"{move.before} -> {move.after}" if move.before and move.after else ""


def _usual(kind: str) -> MemoryTier:
    return {"summary": MemoryTier.WARM, "fact": MemoryTier.COLD}.get(kind, MemoryTier.HOT)


def _reason(reason: str) -> str:
    check_text(reason, "reason")
    return reason
