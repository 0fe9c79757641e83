"""Carrying steps out: summaries and facts are made first, then a batch moves in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engrammic.changes import Delete, Put
from engrammic.filters import Filter, every, is_in
from engrammic.items import MemoryAuthority, MemoryTier, MessageSummary
from engrammic.scope import Scoped
from engrammic.stores.base import expired
from engrammic.stores.indexing import Changes, Records
from engrammic.stores.keeping import outlasts, standings
from engrammic.stores.moves import MOVES, move_record
from engrammic.tiers.learning import FactExtractor, Guarded, Rules, Summarizer
from engrammic.tiers.moving import TierMoves
from engrammic.tiers.policy import Step
from engrammic.tiers.shifts import Made
from engrammic.types import Record

STEP = 256
"""Items in one change list: searches come in between."""


@dataclass(frozen=True, slots=True)
class Ageing:
    """Moves the messages of a tiered memory, batch by batch."""

    tiers: TierMoves
    summarizer: Summarizer = field(default_factory=Rules)
    extractor: FactExtractor = field(default_factory=Rules)
    guarded: Guarded = field(default_factory=Guarded)

    async def down(self, steps: Sequence[Step], pass_id: str) -> int:
        """Take at most STEP messages down; how many moved."""
        chosen = {step.item_id: step for step in steps}
        made = await self.made(chosen)
        mine = {i: chosen[i] for i in made}
        moment = self.tiers.clock()
        moved: Changes = []

        async def moving(reader: Scoped) -> Changes:
            nonlocal moved
            moved = await self.tiers.shifts.down(reader, mine, made, moment, pass_id)
            return moved

        await self.tiers.backend.transact(moving)
        return sum(len(c.records) for c in moved if isinstance(c, Put) and c.table == MOVES.name)

    async def up(self, steps: Sequence[Step], pass_id: str) -> int:
        """Bring at most STEP messages up; how many moved."""
        chosen = {step.item_id: step for step in steps}
        await self.tiers.raise_up(chosen, pass_id)
        after = await self.tiers.standing.of("message", chosen)
        return sum(row.tier is MemoryTier.HOT for row in after.values())

    async def made(self, steps: Mapping[str, Step]) -> dict[str, Made]:
        """What is to stand for each message: a summary, or the fact that comes of one."""
        hot = [i for i, s in steps.items() if s.before is MemoryTier.HOT]
        summaries = await self._summaries(await self.tiers.hot.raw(hot))
        warm = [i for i, s in steps.items() if s.before is MemoryTier.WARM]
        summaries |= {i: Made(s) for i, s in (await self._stored_summaries(warm)).items()}
        cold = {i: made for i, made in summaries.items() if steps[i].after is MemoryTier.COLD}
        return summaries | await self._facts(cold)

    async def evict_expired(self, pass_id: str | None = None) -> int:
        """Take away the messages whose text ends now; how many.

        Ephemeral ones leave nothing. Of session ones a summary stays, made now
        where they are still in the hot tier. Canonical and held ones stay.
        """
        await self.tiers.ready()
        evicted, after = 0, ""
        where = expired(self.tiers.clock())
        while found := await self.tiers.hot.page(where, after, STEP):
            after = found[-1]["message_id"]
            evicted += await self._evict(found, pass_id)
        return evicted

    async def drop_texts(self, where: Filter) -> int:
        """Take the texts of aged messages away, and leave what was made of them; how many."""
        dropped, after = 0, ""
        left: Records = []
        while found := await self.tiers.hot.page(where, after, STEP):
            after = found[-1]["message_id"]
            ids = [record["message_id"] for record in found]

            async def dropping(reader: Scoped, ids: Sequence[str] = ids) -> Changes:
                nonlocal left
                rows = await standings(reader, "message", ids)
                free = [i for i, row in rows.items() if _is_aged(row)]
                left = await reader.query(
                    self.tiers.hot.table, every(where, is_in("message_id", free)),
                    columns=self.tiers.hot.place_columns(),
                )  # fmt: skip
                gone = Delete(self.tiers.hot.table, is_in("message_id", free))
                return [gone, *await self.tiers.hot.arranged(reader, [], left)]

            await self.tiers.backend.transact(dropping)
            dropped += len(left)
        return dropped

    async def _evict(self, found: Records, pass_id: str | None) -> int:
        ids = [record["message_id"] for record in found]
        rows = await standings(self.tiers.backend, "message", ids)
        hot = [r for r in found if _is_session(rows.get(r["message_id"]), MemoryTier.HOT)]
        made = await self._summaries(hot)
        reason = "its text ended"
        steps = {i: Step(i, MemoryTier.HOT, MemoryTier.WARM, 0.0, reason) for i in made}
        gone: Records = []

        async def evicting(reader: Scoped) -> Changes:
            nonlocal gone
            return await self._eviction(reader, ids, steps, made, gone := [], pass_id)

        await self.tiers.backend.transact(evicting)
        return len(gone)

    async def _eviction(
        self,
        reader: Scoped,
        ids: Sequence[str],
        steps: Mapping[str, Step],
        made: Mapping[str, Made],
        gone: Records,
        pass_id: str | None,
    ) -> Changes:
        moment = self.tiers.clock()
        rows = await standings(reader, "message", ids)
        hot = self.tiers.hot
        where = every(is_in("message_id", ids), expired(moment))
        stored = await reader.query(hot.table, where, columns=hot.place_columns())
        free = [r for r in stored if not outlasts(rows.get(r["message_id"]))]
        session = [r for r in free if _is_session(rows.get(r["message_id"]), None)]
        whole = [r for r in free if r not in session]
        mine = {i: steps[i] for r in session if (i := r["message_id"]) in steps}
        gone += free
        log = [
            move_record("message", r["message_id"], "expire", None, None, "its time was over",
                        moment, pass_id=pass_id)
            for r in whole
        ]  # fmt: skip
        return [
            *await self.tiers.shifts.down(reader, mine, made, moment, pass_id),
            Delete(hot.table, is_in("message_id", [r["message_id"] for r in session])),
            *await hot.arranged(reader, [], session),
            *await hot.without(reader, whole),
            Put(MOVES.name, log),
        ]

    async def _summaries(self, records: Records) -> dict[str, Made]:
        messages = [self.tiers.hot.item_of(record) for record in records]
        if not messages:
            return {}
        ruled = await Rules().summarize(messages)
        rules = isinstance(self.summarizer, Rules)
        given = ruled if rules else await self.guarded.summaries(self.summarizer, messages)
        made = {}
        for message, ours, theirs in zip(messages, ruled, given, strict=True):
            assert message.message_id is not None
            assert ours is not None
            own = theirs is None or theirs == ours
            made[message.message_id] = Made(ours) if own else await self.tiers.made(
                theirs or ours, self.summarizer.name)  # fmt: skip
        return made

    async def _facts(self, made: Mapping[str, Made]) -> dict[str, Made]:
        summaries = [m.item for m in made.values() if isinstance(m.item, MessageSummary)]
        if not summaries:
            return {}
        ruled = await Rules().extract(summaries)
        rules = isinstance(self.extractor, Rules)
        given = ruled if rules else await self.guarded.facts(self.extractor, summaries)
        facts = {}
        for (item_id, before), ours, theirs in zip(made.items(), ruled, given, strict=True):
            assert ours is not None
            own = theirs is None or theirs == ours
            facts[item_id] = Made(ours, before.vector, before.how) if own else (
                await self.tiers.made(theirs or ours, self.extractor.name))  # fmt: skip
        return facts

    async def _stored_summaries(self, ids: Sequence[str]) -> dict[str, MessageSummary]:
        if not ids:
            return {}
        store = self.tiers.warm
        found = await self.tiers.backend.query(store.table, is_in("original_message_id", ids))
        return {r["original_message_id"]: store.item_of(r) for r in found}


def _is_aged(row: Record) -> bool:
    return row["tier"] != MemoryTier.HOT and not outlasts(row)


def _is_session(row: Record | None, tier: MemoryTier | None) -> bool:
    if row is None or row["authority"] != MemoryAuthority.SESSION:
        return False
    return tier is None or row["tier"] == tier
