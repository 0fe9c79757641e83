"""Moving items between tiers: for each batch one change list, which moves them all or none.

The message stays in the log whatever its tier; what moves is what a search
finds. The new is written before the old is taken away, so that where lists are
not atomic a crash leaves an item twice, and the next pass sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic.changes import Change, Delete, Put, Update
from engrammic.embed.base import Vectors
from engrammic.filters import is_in
from engrammic.items import KeyFact, MemoryTier, MessageSummary
from engrammic.scope import Scoped
from engrammic.stores.evidence import evidence_of
from engrammic.stores.facts import FactStore
from engrammic.stores.keeping import outlasts, standings
from engrammic.stores.messages import MessageStore
from engrammic.stores.moves import move_record
from engrammic.stores.parts import passages_of, without_derived
from engrammic.stores.summaries import SummaryStore
from engrammic.stores.tier_metadata import TIER_METADATA
from engrammic.tiers.policy import Step
from engrammic.types import Kind, Record

Changes: TypeAlias = list[Change]


@dataclass(frozen=True, slots=True)
class Made:
    """What stands for a message in its next tier.

    `vector` None means: that of the message, which is the vector of all its words.
    """

    item: MessageSummary | KeyFact
    vector: Vectors | None = None
    how: str = "rules"


@dataclass(frozen=True, slots=True)
class Shifts:
    """The change lists that move messages of one scope between tiers."""

    messages: MessageStore
    summaries: SummaryStore
    facts: FactStore

    async def down(
        self,
        reader: Scoped,
        steps: Mapping[str, Step],
        made: Mapping[str, Made],
        moment: int,
        pass_id: str | None = None,
    ) -> Changes:
        """Take messages down to the tier of their step; one that moved meanwhile stays."""
        rows = await standings(reader, "message", tuple(steps))
        ids = [i for i in steps if _still(rows.get(i), steps[i])]
        vectors = await self._vectors(reader, [i for i in ids if made[i].vector is None])
        warm = [i for i in ids if steps[i].after is MemoryTier.WARM]
        cold = [i for i in ids if steps[i].after is MemoryTier.COLD]
        summaries = [self._record(self.summaries, made[i], vectors.get(i), moment) for i in warm]
        facts = [self._record(self.facts, made[i], vectors.get(i), moment) for i in cold]
        return [
            Put(self.summaries.table, summaries),
            Put(self.facts.table, facts),
            Put("evidence", evidence_of(facts)),
            *_standing(ids, steps, moment, pass_id, made),
            *await self._resting([i for i in ids if steps[i].before is MemoryTier.HOT]),
            *_without_summaries([i for i in cold if steps[i].before is MemoryTier.WARM]),
        ]

    async def up(
        self,
        reader: Scoped,
        steps: Mapping[str, Step],
        indexed: Mapping[str, tuple[Record, Any]],
        moment: int,
        pass_id: str | None = None,
    ) -> Changes:
        """Bring messages back to the hot tier; `indexed` are their records, terms and vectors."""
        rows = await standings(reader, "message", tuple(steps))
        ids = [i for i in steps if _still(rows.get(i), steps[i]) and i in indexed]
        if not ids:
            return []
        return [
            *await self.messages.restored(reader, {i: indexed[i] for i in ids}),
            *_standing(ids, steps, moment, pass_id, {}),
            *await without_derived(reader, ids),
        ]

    async def _vectors(self, reader: Scoped, ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The vectors by which the messages are found now, wherever they are."""
        found: dict[str, Vectors] = {}
        for store, field in ((self.messages, "message_id"), (self.summaries, "summary_id")):
            missing = [i for i in ids if i not in found]
            if not missing or not store.schema.of_kind(Kind.VECTOR):
                continue
            columns = (field, "vector")
            rows = await reader.query(store.table, is_in(field, missing), columns=columns)
            found |= {r[field]: r["vector"] for r in rows if r["vector"] is not None}
        return found

    def _record(self, store: Any, made: Made, vector: Vectors | None, moment: int) -> Record:
        record: Record = store.record_of(made.item, 0, moment)
        record["terms"] = store.words(record)
        vector = vector if made.vector is None else made.vector
        if vector is not None:
            record["vector"] = vector
        return record

    async def _resting(self, ids: Sequence[str]) -> Changes:
        """Take messages out of what a search finds."""
        if not ids:
            return []
        return [
            Update(self.messages.table, [self.messages.resting(i) for i in ids]),
            Delete("passages", passages_of("message", ids)),
        ]


def _still(row: Record | None, step: Step) -> bool:
    """Whether an item stands where its step begins, and may move."""
    if row is None or row["tier"] != step.before:
        return False
    return not (step.after is not MemoryTier.HOT and outlasts(row))


def _standing(
    ids: Sequence[str],
    steps: Mapping[str, Step],
    moment: int,
    pass_id: str | None,
    made: Mapping[str, Made],
) -> Changes:
    """Their new tiers, and the log."""
    tiers = [{"kind": "message", "message_id": i, "tier": steps[i].after} for i in ids]
    moves = [
        move_record(
            "message", i, "promote" if steps[i].after is MemoryTier.HOT else "demote",
            steps[i].before, steps[i].after, steps[i].reason, moment, pass_id=pass_id,
            detail={"by": made[i].how} if i in made else None,
        )
        for i in ids
    ]  # fmt: skip
    return [Update(TIER_METADATA.name, tiers), Put("moves", moves)]


def _without_summaries(ids: Sequence[str]) -> Changes:
    return [
        Delete("summaries", is_in("original_message_id", ids)),
        Delete("passages", passages_of("summary", ids)),
    ] if ids else []  # fmt: skip
