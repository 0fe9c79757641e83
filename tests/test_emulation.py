"""The shared part of most backends passes the kit, whatever the engine below it can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from engrammic.backend import Capabilities
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES, Collections
from engrammic.emulation.pushdown import Asked, Push
from engrammic.errors import Unsupported
from engrammic.filters import And, Compare, Filter, Op, Or, eq, is_in
from engrammic.keys import Key, key_of
from engrammic.predicate import predicate
from engrammic.records import coerce
from engrammic.testing.backends import BackendTests
from engrammic.testing.exporting import everything
from engrammic.testing.things import THINGS, thing, things
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
    noted = 5

    async def load_noted(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str], about: str
    ) -> tuple[list[Record], list[Record]]:
        notes = [r for r in self.tables[NOTES.name].values() if r["about"] == about]
        return notes, await self.load(schema, keys, columns)


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


async def test_an_export_lists_the_keys_once() -> None:
    """However many pages it has; a record that comes behind is found all the same."""
    backend = await DictBackend.connect("narrow")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(100))
    scans = 0
    scan = backend.engine.scan

    def counted(*given: Any) -> Any:
        nonlocal scans
        scans += given[0] == THINGS
        return scan(*given)

    backend.engine.scan = counted  # type: ignore[method-assign]
    assert len(await everything(backend, "things", 10)) == 100
    assert scans == 2  # the last one finds nothing more
    first = await backend.export("things", limit=60)
    await backend.insert("things", [thing(0) | {"id": "t00070x"}])
    await backend.delete("things", eq("id", "t00071"))
    rest = await backend.export("things", after=(first[-1]["id"],), limit=60)
    ids = [r["id"] for r in rest]
    assert ids[10:13] == ["t00070", "t00070x", "t00072"]
    await backend.close()


async def test_a_page_by_an_index_that_somebody_has_made_old_is_read_again() -> None:
    mine, theirs = await DictBackend.connect("here"), await DictBackend.connect("here")
    theirs.engine = theirs.derived._engine = mine.engine
    await mine.ensure_table(THINGS)
    await mine.insert("things", things(20))
    near = things(20)[7]["vector"]

    async def first(backend: DictBackend, limit: int) -> str:
        hits = await backend.vector_search("things", "vector", near, limit=limit)
        assert len(hits) == limit
        return str(hits[0].record["id"])

    for limit in (5, 6, 5):  # up to five come with their stamps
        assert await first(mine, limit) == things(20)[7]["id"]
    for number in range(3):
        new = f"a{9 - number}"
        await theirs.insert("things", [things(20)[7] | {"id": new}])
        assert [await first(mine, limit) for limit in (3, 6)] == [new, new]
        await theirs.delete("things", eq("id", new))
        assert await first(mine, 3) == things(20)[7]["id"]
    for backend in (mine, theirs):
        await backend.close()


async def test_emulation_can_be_refused() -> None:
    backend = await DictBackend.connect("narrow")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(9))
    backend.native = True
    assert await backend.get("things", ("t00001",)) is not None
    assert await backend.count("things", eq("at", 7)) == 1
    with pytest.raises(Unsupported, match="filter"):
        await backend.query("things", Compare("size", Op.GT, 1))
    with pytest.raises(Unsupported, match="order"):
        await backend.query("things", limit=3)
    with pytest.raises(Unsupported, match="words"):
        await backend.text_search("things", ["common"], limit=3)
    with pytest.raises(Unsupported, match="filter"):
        await backend.vector_search(
            "things", "vector", [1, 0, 0, 0], limit=3, where=Compare("size", Op.GT, 1)
        )
    assert await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=3)
    assert await backend.query("things", is_in("id", ["t00001"]), limit=1)
