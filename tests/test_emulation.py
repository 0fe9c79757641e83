"""The shared part of most backends passes the kit, whatever the engine below it can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from typing import ClassVar, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from engrammic.backend import Capabilities
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES, Collections, Key
from engrammic.emulation.pushdown import Asked, Push
from engrammic.emulation.settling import key_of
from engrammic.filters import And, Filter, Op, Or
from engrammic.predicate import predicate
from engrammic.records import coerce
from engrammic.testing.backends import BackendTests
from engrammic.types import Record, Schema, Scored


class Dicts(Collections):
    """Dictionaries; asks itself for equality alone, so that the rest is checked above."""

    def __init__(self, exact: bool) -> None:
        self.exact = exact
        self.tables: dict[str, dict[Key, Record]] = {NOTES.name: {}}
        self.push: Push[Filter] = Push(
            lambda c: Asked(c) if exact or c.op is Op.EQ else None,
            lambda parts: And(tuple(parts)),
            lambda parts: Or(tuple(parts)),
        )

    async def create(self, schema: Schema, old: Schema | None) -> None:
        self.tables.setdefault(schema.name, {})

    async def drop(self, schema: Schema) -> None:
        self.tables.pop(schema.name, None)

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        for record in records:
            self.tables[schema.name][key_of(schema, record)] = deepcopy(record)

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        for key in keys:
            self.tables[schema.name].pop(key, None)

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        table = self.tables[schema.name]
        return [_with(table[key], columns) for key in keys if key in table]

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        found = self._through(schema, where)
        for start in range(0, len(found), 7):
            yield [_with(r, columns) for r in found[start : start + 7]]

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        return self.push(where).exact

    def _through(self, schema: Schema, where: Filter | None) -> list[Record]:
        pushed = self.push(where)
        if pushed.empty:
            return []
        records = list(self.tables[schema.name].values())
        if pushed.native is None:
            return records
        test = predicate(pushed.native)
        return [r for r in records if test(coerce(schema, dict(r)))]

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        near = [r for r in self._through(schema, where) if r.get(field) is not None]
        hits = [Scored(_with(r, columns), float(r[field] @ vector)) for r in near]
        return sorted(hits, key=lambda h: -h.score)[:count]


class ComparedHere(Dicts):
    """Vectors are compared in this process; others may write."""

    searches = False
    shared = True


def _with(record: Record, columns: Sequence[str]) -> Record:
    return {name: record.get(name) for name in columns}


class DictBackend(CollectionBackend):
    scheme: ClassVar[str] = "dicts"
    capabilities: Capabilities = Capabilities()

    @classmethod
    async def connect(cls, url: str) -> Self:
        engine = {"exact": Dicts(True), "narrow": Dicts(False), "here": ComparedHere(False)}[url]
        backend = cls(engine, url)
        backend.capabilities = Capabilities(checks=url != "here")
        return backend


class TestCollections(BackendTests):
    @pytest.fixture(params=["exact", "narrow", "here"])
    async def backend(self, request: pytest.FixtureRequest) -> AsyncIterator[DictBackend]:
        backend = await DictBackend.connect(request.param)
        yield backend
        await backend.close()
