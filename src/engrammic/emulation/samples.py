"""A few records of each partition, kept for a while: what a query's cosines are held against."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engrammic.backend import SPREAD
from engrammic.emulation.collections import Collections, Outcome
from engrammic.emulation.derived import Place, partition_of_key
from engrammic.emulation.pushdown import demanded_keys, fields_of
from engrammic.emulation.reading import given
from engrammic.filters import Filter, eq
from engrammic.keys import Key, key_of
from engrammic.predicate import predicate
from engrammic.reads import partition_of
from engrammic.types import Record, Schema

Found: TypeAlias = list[NDArray[np.float32]]

LASTING = 60.0
"""Seconds for which a sample is taken to speak for its partition."""

SIZE = 1024
"""Records of a sample; filters choose among them."""


@dataclass(slots=True)
class _Sample:
    """Records as they are given, by key; `whole` when there were no others."""

    taken: float
    whole: bool
    records: dict[Key, Record] = field(default_factory=dict)
    changed: int = 0

    def is_fresh(self, moment: float) -> bool:
        return moment - self.taken < LASTING and 8 * self.changed < len(self.records)


class Samples:
    """Vectors of matching records; read again when they are old, or much was written."""

    def __init__(self, engine: Collections, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._kept: dict[tuple[Place, str], _Sample] = {}

    async def of(self, schema: Schema, name: str, count: int, where: Filter | None) -> Found:
        """About `count` vectors of records that match."""
        if count <= 0:
            return []
        if demanded_keys(schema, where) is None:
            sample = await self._sample(schema, name, partition_of(schema, where))
            near = _matching(sample.records.values(), where)
            if sample.whole or 2 * len(near) >= count:
                return _spread(near, name, count)
        return _spread(await self._read(schema, name, where, count * SPREAD), name, count)

    async def _sample(self, schema: Schema, name: str, partition: Any) -> _Sample:
        place = (schema.name, partition), name
        found = self._kept.get(place)
        if found is None or not found.is_fresh(self._clock()):
            where = None if schema.partition is None else eq(schema.partition, partition)
            records = await self._read(schema, name, where, SIZE)
            kept = {key_of(schema, r): r for r in records}
            found = self._kept[place] = _Sample(self._clock(), len(kept) < SIZE, kept)
        return found

    async def _read(
        self, schema: Schema, name: str, where: Filter | None, most: int
    ) -> list[Record]:
        """Matching records that have a vector, `most` at most, all their columns given."""
        looked = tuple(schema.field(n).name for n in fields_of(where))
        needed = tuple(dict.fromkeys((*schema.stored, name, *looked)))
        found: list[Record] = []
        keys = demanded_keys(schema, where)
        if keys is not None:
            batch = await self._engine.load(schema, keys, needed)
            return _matching(
                [given(schema, r, needed) for r in batch if r[name] is not None], where
            )
        async for batch in self._engine.scan(schema, where, needed):
            records = [given(schema, r, needed) for r in batch if r[name] is not None]
            found += _matching(records, where)
            if len(found) >= most:
                break
        return found[:most]

    def written(self, outcome: Outcome) -> None:
        """Leave out what was replaced or deleted, and count it."""
        schema = outcome.schema
        for key in (*outcome.saved, *outcome.erased):
            place = schema.name, partition_of_key(schema, key)
            for field_ in schema.fields:
                sample = self._kept.get((place, field_.name))
                if sample is not None:
                    sample.records.pop(key, None)
                    sample.changed += 1

    def forget(self, table: str) -> None:
        """Drop the samples of a table."""
        self._kept = {place: s for place, s in self._kept.items() if place[0][0] != table}


def _matching(records: Any, where: Filter | None) -> list[Record]:
    return list(records) if where is None else list(filter(predicate(where), records))


def _spread(records: Sequence[Record], name: str, count: int) -> Found:
    return [r[name] for r in records[:: max(1, len(records) // count)]][:count]
