"""What a change list comes to: the records to save and the keys to erase, table by table.

An engine without transactions saves first and erases afterwards, so that a
crash in between leaves something double and loses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.emulation.collections import Outcome
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.predicate import predicate
from engrammic.records import coerce
from engrammic.types import Record, Schema

Matching: TypeAlias = Callable[[Schema, Filter], Awaitable[list[Key]]]
"""The keys of the stored records that match."""

Loading: TypeAlias = Callable[[Schema, Sequence[Key]], Awaitable[list[Record]]]
"""Stored records, whole, in their stored form."""


@dataclass(slots=True)
class Settling:
    """A change list being worked through against what is stored, which stays as it is."""

    schemas: Mapping[str, Schema]
    matching: Matching
    loading: Loading
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    async def settle(self, changes: Sequence[Change]) -> int:
        """Work through prepared changes in order; how many records they write or delete."""
        written = 0
        for change in changes:
            if isinstance(change, Check):
                continue
            schema = self.schemas[change.table]
            outcome = self.outcomes.setdefault(change.table, Outcome(schema))
            if isinstance(change, Put):
                written += _put(outcome, change.records)
            elif isinstance(change, Update):
                written += await self._update(outcome, change.records)
            else:
                written += await self._delete(outcome, change)
        return written

    async def _update(self, outcome: Outcome, records: Sequence[Record]) -> int:
        schema = outcome.schema
        keys = [key_of(schema, r) for r in records]
        new = dict.fromkeys(keys)  # Chroma refuses to be asked for the same twice
        unread = [k for k in new if k not in outcome.saved and k not in outcome.erased]
        stored = await self.loading(schema, unread) if unread else []
        known = {key_of(schema, r): r for r in stored} | outcome.saved
        found = [(k, r) for k, r in zip(keys, records, strict=True) if k in known]
        for key, record in found:
            known[key] = outcome.saved[key] = {**known[key], **record}
        return len(found)

    async def _delete(self, outcome: Outcome, change: Delete) -> int:
        test, schema = predicate(change.where), outcome.schema
        doomed = {k for k, r in outcome.saved.items() if test(coerce(schema, dict(r)))}
        stored = await self.matching(schema, change.where)
        doomed |= {k for k in stored if k not in outcome.saved and k not in outcome.erased}
        for key in doomed:
            outcome.saved.pop(key, None)
        outcome.erased |= doomed
        return len(doomed)


def _put(outcome: Outcome, records: Sequence[Record]) -> int:
    for record in records:
        key = key_of(outcome.schema, record)
        outcome.saved[key] = record
        outcome.erased.discard(key)
    return len(records)
