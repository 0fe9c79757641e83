"""One pass over a memory: what is over goes, what rests moves down, what is used comes up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from engrammic.clock import new_id
from engrammic.filters import Compare, Op, Or, eq, every, is_in
from engrammic.items import MemoryTier
from engrammic.progress import Advance, ignored
from engrammic.stores.leases import Leases
from engrammic.stores.notes import NoteStore
from engrammic.tiers.ageing import STEP, Ageing
from engrammic.tiers.config import HOUR
from engrammic.tiers.healing import heal
from engrammic.tiers.learning import Accountable
from engrammic.tiers.merging import merge_facts, merge_notes
from engrammic.tiers.policy import Plan, Step

LEASE = "maintain"
LEASE_TIME = 120_000
"""Milliseconds that a pass may be silent before another process may begin one."""


@dataclass(slots=True)
class MaintenanceReport:
    """What a pass did, or with `dry_run` would do; numbers of items.

    `llm_failed` items were left to the rules, `notes` say why.
    `remaining` moves are left for the next pass. `steps` are the moves of a dry run.
    """

    pass_id: str
    dry_run: bool
    started_at: int
    finished_at: int = 0
    healed: int = 0
    expired: int = 0
    demoted_to_warm: int = 0
    demoted_to_cold: int = 0
    promoted: int = 0
    evidence_dropped: int = 0
    merged: int = 0
    remaining: int = 0
    steps: list[Step] = field(default_factory=list)
    llm_failed: int = 0
    notes: list[str] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The pass over one scope. It may be interrupted anywhere, and begun again."""

    ageing: Ageing
    notes: NoteStore
    leases: Leases

    async def run(
        self,
        *,
        dry_run: bool = False,
        most: int | None = None,
        advance: Advance = ignored,
    ) -> MaintenanceReport:
        """The report of a pass, which makes at most `most` moves.

        Raises Locked while another process maintains this scope.
        """
        tiers = self.ageing.tiers
        await tiers.ready()
        await self.notes.ready()
        report = MaintenanceReport(new_id(), dry_run, tiers.clock())
        if dry_run:
            report.steps = await self._plan()
            self._tally(report, report.steps)
        else:
            async with self.leases.held(LEASE, report.pass_id, LEASE_TIME):
                for one in self._accountable():
                    one.begin()
                await self._pass(report, most, advance)
            self._account(report)
        report.finished_at = tiers.clock()
        return report

    async def _pass(self, report: MaintenanceReport, most: int | None, advance: Advance) -> None:
        tiers = self.ageing.tiers
        report.healed = await heal(tiers, self.notes)
        report.expired = await self.ageing.evict_expired(report.pass_id)
        for store in (self.notes, tiers.warm, tiers.cold):
            report.expired += await store.delete_expired()
        report.evidence_dropped = await self._drop_evidence()
        steps = await self._plan()
        chosen = steps if most is None else steps[:most]
        report.remaining = len(steps) - len(chosen)
        await self._move(report, chosen, advance)
        for merging in (merge_notes(self.notes, report.pass_id),
                        merge_facts(tiers.cold, report.pass_id)):  # fmt: skip
            async for count in merging:
                report.merged += count
                await self._renew(report)
        await tiers.backend.backend.optimize()

    def _account(self, report: MaintenanceReport) -> None:
        report.llm_failed = self.ageing.guarded.failed
        report.notes += self.ageing.guarded.notes
        for one in self._accountable():
            report.llm_failed += one.failed
            report.notes += one.notes

    def _accountable(self) -> list[Accountable]:
        """Who counts what failed: once where one does both."""
        asked = {id(o): o for o in (self.ageing.summarizer, self.ageing.extractor)}
        return [one for one in asked.values() if isinstance(one, Accountable)]

    async def _plan(self) -> list[Step]:
        tiers = self.ageing.tiers
        plan = Plan(tiers.config, tiers.clock())
        often = Compare("access_count", Op.GTE, tiers.config.promotion_accesses)
        moving = Or((is_in("tier", (MemoryTier.HOT, MemoryTier.WARM)), often))
        async for page in tiers.standing.pages(every(eq("kind", "message"), moving)):
            plan.feed(page)
        return list(plan.steps())

    async def _move(
        self, report: MaintenanceReport, steps: Sequence[Step], advance: Advance
    ) -> None:
        done = 0
        up = [s for s in steps if s.after is MemoryTier.HOT]
        down = [s for s in steps if s.after is not MemoryTier.HOT]
        for batch in _batches(up):
            report.promoted += await self.ageing.up(batch, report.pass_id)
            done += len(batch)
            advance(done, len(steps), "promoting")
            await self._renew(report)
        for batch in _batches(down):
            await self._tally_moved(report, batch)
            done += len(batch)
            advance(done, len(steps), "demoting")
            await self._renew(report)

    async def _tally_moved(self, report: MaintenanceReport, batch: Sequence[Step]) -> None:
        """Move a batch down, and count those that went."""
        for after in (MemoryTier.WARM, MemoryTier.COLD):
            mine = [s for s in batch if s.after is after]
            if mine:
                moved = await self.ageing.down(mine, report.pass_id)
                if after is MemoryTier.WARM:
                    report.demoted_to_warm += moved
                else:
                    report.demoted_to_cold += moved

    async def _drop_evidence(self) -> int:
        """Take away the texts of aged messages that were kept as evidence long enough."""
        tiers = self.ageing.tiers
        hours = tiers.config.evidence_retention_hours
        if hours is None:
            return 0
        before = tiers.clock() - hours * HOUR
        old = every(eq("resting", True), Compare("created_at", Op.LT, before))
        return await self.ageing.drop_texts(old)

    async def _renew(self, report: MaintenanceReport) -> None:
        await self.leases.take(LEASE, report.pass_id, LEASE_TIME)

    def _tally(self, report: MaintenanceReport, steps: Sequence[Step]) -> None:
        report.promoted = sum(s.after is MemoryTier.HOT for s in steps)
        report.demoted_to_warm = sum(s.after is MemoryTier.WARM for s in steps)
        report.demoted_to_cold = sum(s.after is MemoryTier.COLD for s in steps)


def _batches(steps: Sequence[Step]) -> Iterator[list[Step]]:
    left = iter(steps)
    while batch := list(islice(left, STEP)):
        yield batch
