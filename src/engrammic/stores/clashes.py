"""Claims of messages that clash with what other messages claim: found when they are read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import asdict, dataclass

from engrammic.changes import Change, Delete, Put
from engrammic.claims.checking import contradiction
from engrammic.claims.nouns import Claim, Clash
from engrammic.extraction.nouns import ExtractionResult
from engrammic.filters import eq, every, is_in
from engrammic.patterns import lazy_pattern
from engrammic.scope import Scoped
from engrammic.stores.base import in_parts
from engrammic.stores.entity_tables import (
    CLAIMS,
    CONTRADICTIONS,
    OPEN,
    ContradictionEvent,
    ContradictionKind,
    Status,
    event_record,
)
from engrammic.triples.nouns import digest
from engrammic.types import Order, Record

LOOKED_AT = 2_000
"""Claims that are read for those of one step, the newest."""

PER_TOPIC = 8
"""Claims of one topic that a new one is compared with, the newest."""

BOTH = (*OPEN, Status.SCOPED)
"""Where both sides of a contradiction are still held."""

VAGUE = frozenset(
    ["it", "they", "this", "that", "these", "those", "here", "there", "he", "she", "you",
     "everything", "something", "nothing"]
)  # fmt: skip
_WE = lazy_pattern(r"\b(?:we|our|ours|us)\b", re.IGNORECASE)

SPEAKERS = frozenset({"user", "we"})
"""Subjects that are whoever speaks."""


def claim_records(
    result: ExtractionResult, message_id: str, moment: int, speaker: str
) -> list[Record]:
    """The rows of CLAIMS for what a message says for certain, of now, and of a named subject."""
    said = [c for c in result.claims if c.certain and not c.past and _names_its_subject(c)]
    return [
        {
            "message_id": message_id, "place": place, "topic": _topic(claim, speaker),
            "claim": asdict(claim), "seen_at": moment,
        }
        for place, claim in enumerate(said)
    ]  # fmt: skip


def _names_its_subject(claim: Claim) -> bool:
    """Not "it", which is something else in each message, nor what a request leaves out."""
    said = claim.subject.split()
    return VAGUE.isdisjoint(said) and (claim.subject != "we" or _WE.search(claim.text) is not None)


def _topic(claim: Claim, speaker: str) -> str:
    """What a claim answers: its key, and who speaks where that is its subject."""
    return digest(claim.key, speaker if claim.subject in SPEAKERS else "")


def clash_event(clash: Clash, existing_id: str, new_id: str, moment: int) -> Record:
    """The record of a contradiction between claims of two messages; its id is that of its words."""
    key, sides = clash.first.key, (clash.first.text, clash.second.text)
    pair = digest("claim", key)
    event = ContradictionEvent(
        ContradictionKind.CONFLICTING_CLAIM, key, *sides, existing_id, new_id,
        digest(pair, *sides), moment, note=clash.reason,
    )  # fmt: skip
    return event_record(event, pair)


@dataclass(frozen=True, slots=True)
class Clashes:
    """What becomes of claims when the messages `gone` are taken away or say something else."""

    reader: Scoped
    moment: int
    gone: Sequence[str]

    async def changes(self, new: Sequence[Record]) -> list[Change]:
        """Puts new claims and the contradictions that they make, and deletes those that go."""
        return [
            Put(CLAIMS.name, list(new)),
            Put(CONTRADICTIONS.name, await self._unknown(await self._found(new))),
            *[change async for change in self._stale({_place(row) for row in new})],
        ]

    async def _stale(self, kept: set[tuple[str, int]]) -> AsyncIterator[Change]:
        """Deletes what these messages claimed and claim no more."""
        for part in in_parts(self.gone):
            stale: dict[str, list[int]] = defaultdict(list)
            for row in await self.reader.query(CLAIMS.name, is_in("message_id", part)):
                if _place(row) not in kept:
                    stale[row["message_id"]].append(row["place"])
            for message_id, places in stale.items():
                mine = every(eq("message_id", message_id), is_in("place", places))
                yield Delete(CLAIMS.name, mine)

    async def _found(self, new: Sequence[Record]) -> list[Record]:
        """The contradictions of new claims with stored ones, and among themselves."""
        said = await self._said(row["topic"] for row in new)
        found: list[Record] = []
        for row in sorted(new, key=_age):
            others = said[row["topic"]]
            for other in others[-PER_TOPIC:]:
                if other["message_id"] != row["message_id"]:
                    old, young = sorted((other, row), key=_age)
                    clash = contradiction(Claim(**old["claim"]), Claim(**young["claim"]))
                    if clash is not None:
                        ids = old["message_id"], young["message_id"]
                        found.append(clash_event(clash, *ids, self.moment))
            others.append(row)
        return found

    async def _said(self, topics: Iterable[str]) -> dict[str, list[Record]]:
        """What other messages say on each topic, the oldest first."""
        rows: list[Record] = []
        newest = Order("seen_at", descending=True)
        for part in in_parts(topics):
            where = is_in("topic", part)
            rows += await self.reader.query(CLAIMS.name, where, order=newest, limit=LOOKED_AT)
        said: dict[str, list[Record]] = defaultdict(list)
        for row in sorted(rows, key=_age):
            if row["message_id"] not in self.gone:
                said[row["topic"]].append(row)
        return said

    async def _unknown(self, events: Sequence[Record]) -> list[Record]:
        """Those that were not reported before, each once, whichever of the two came first.

        What was given up for something else, and is said again, is reported again.
        """
        known: dict[str, str] = {}
        for part in in_parts(one for event in events for one in (event["id"], _turned(event))):
            rows = await self.reader.query(CONTRADICTIONS.name, is_in("id", part))
            known |= {row["id"]: row["status"] for row in rows}
        new: dict[str, Record] = {}
        for event in events:
            turned = _turned(event)
            if event["id"] not in known and turned not in new and known.get(turned) not in BOTH:
                new[event["id"]] = event
        return list(new.values())


def _turned(event: Record) -> str:
    """The id of the same contradiction, had the newer been said first."""
    return digest(event["pair_id"], event["new_context"], event["existing_context"])


def _age(row: Record) -> tuple[int, str, int]:
    return row["seen_at"], row["message_id"], row["place"]


def _place(row: Record) -> tuple[str, int]:
    return row["message_id"], row["place"]
