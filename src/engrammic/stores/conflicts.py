"""Relations that disagree with others of the same two ends: found, remembered, ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from engrammic.changes import Change, Delete, Put
from engrammic.extraction.nouns import EdgeType
from engrammic.filters import Or, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import in_parts
from engrammic.stores.entity_tables import (
    CONFLICTING,
    CONTRADICTIONS,
    RELATIONSHIPS,
    ContradictionEvent,
    ContradictionKind,
    Status,
    event_record,
    plain,
)
from engrammic.triples.nouns import digest
from engrammic.types import Record

EDITS = frozenset(
    ["changed", "edited", "fixed", "modified", "patched", "refactored", "rewrote", "updated"]
)
"""Changes that one thing sees again and again: none of them denies another."""


def disagree(edge_type: EdgeType, one: str, other: str) -> bool:
    """Whether two contexts of a definition, or two types of a change, cannot both be meant."""
    first, second = plain(one), plain(other)
    if edge_type not in CONFLICTING or not first or not second or first == second:
        return False
    return not (edge_type is EdgeType.MODIFIES and {first, second} <= EDITS)


@dataclass
class Conflicts:
    """What is said of the pairs of ends that a change list touches."""

    moment: int
    gone: frozenset[str]
    said: dict[str, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    known: dict[str, Record] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)
    new: dict[str, Record] = field(default_factory=dict)

    @classmethod
    async def read(
        cls, reader: Scoped, moment: int, gone: Sequence[str], touched: Sequence[Record]
    ) -> Self:
        """What stays when the messages `gone` are taken away, and the contradictions known."""
        found = cls(moment, frozenset(gone))
        for part in in_parts(row["pair_id"] for row in touched if _may(row)):
            rows = await reader.query(RELATIONSHIPS.name, is_in("pair_id", part))
            for row in sorted(rows, key=lambda r: (r["seen_at"], r["message_id"])):
                if row["message_id"] not in found.gone:
                    found._say(row)
            for event in await reader.query(CONTRADICTIONS.name, is_in("pair_id", part)):
                found.known[event["id"]] = event
        for part in in_parts(gone):
            for event in await reader.query(CONTRADICTIONS.name, _of(part)):
                found.known[event["id"]] = event
        found.rejected = {r for event in found.known.values() if (r := _rejected(event))}
        return found

    def admits(self, row: Record) -> bool:
        """Whether a new relation is stored; notes whom it contradicts. False: it was rejected."""
        if (row["pair_id"], plain(row["detail"])) in self.rejected:
            return False
        if _may(row):
            for other in list(self.said[row["pair_id"]].values()):
                if disagree(EdgeType(row["edge_type"]), other["detail"], row["detail"]):
                    self._report(other, row)
            self._say(row)
        return True

    def changes(self) -> list[Change]:
        """Puts new contradictions, and ends or moves those whose message goes."""
        dead: list[str] = []
        moved: list[Record] = []
        for event in self.known.values():
            sides = [event["existing_message_id"], event["new_message_id"]]
            if self.gone.isdisjoint(sides):
                continue
            now = self._moved(event)
            if now is None:
                dead.append(event["id"])
            elif now != event:
                moved.append(now)
        return [
            Put(CONTRADICTIONS.name, [*self.new.values(), *moved]),
            *(Delete(CONTRADICTIONS.name, is_in("id", ids)) for ids in in_parts(dead)),
        ]

    def _say(self, row: Record) -> None:
        self.said[row["pair_id"]].setdefault(plain(row["detail"]), row)

    def _moved(self, event: Record) -> Record | None:
        """The event with messages that still say both sides; None where one is said no more."""
        now = dict(event)
        for side in ("existing", "new"):
            if event[f"{side}_message_id"] in self.gone:
                context = plain(event[f"{side}_context"])
                row = self.said.get(event["pair_id"], {}).get(context)
                if row is None:
                    return None
                now[f"{side}_message_id"] = row["message_id"]
        return now

    def _report(self, old: Record, new: Record) -> None:
        contexts = (old["detail"], new["detail"])
        ids = [digest(new["pair_id"], *map(plain, pair)) for pair in (contexts, contexts[::-1])]
        if any(one in self.known or one in self.new for one in ids):
            return
        event = ContradictionEvent(
            CONFLICTING[EdgeType(new["edge_type"])], f"{new['start_name']}::{new['end_name']}",
            *contexts, old["message_id"], new["message_id"], ids[0], self.moment,
        )  # fmt: skip
        self.new[ids[0]] = event_record(event, new["pair_id"])


def _may(row: Record) -> bool:
    return EdgeType(row["edge_type"]) in CONFLICTING


def _of(message_ids: Sequence[str]) -> Or:
    return Or((is_in("existing_message_id", message_ids), is_in("new_message_id", message_ids)))


def _rejected(event: Mapping[str, object]) -> tuple[str, str] | None:
    """The pair and the context that a review threw out, if it did."""
    if event["kind"] == ContradictionKind.CONFLICTING_CLAIM:
        return None
    side = {Status.KEPT: "new_context", Status.REPLACED: "existing_context"}
    chosen = side.get(Status(str(event["status"])))
    return None if chosen is None else (str(event["pair_id"]), plain(str(event[chosen])))
