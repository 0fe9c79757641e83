"""Whole records out of a database, and into the next one without a change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.canonical import canonical
from engrammic.changes import Delete, Put, Update
from engrammic.errors import InvalidInput, InvalidSchema
from engrammic.filters import EVERYTHING, eq, is_in
from engrammic.scope import COLUMN, Scope, Scoped
from engrammic.testing.things import THINGS, thing, things
from engrammic.types import Field, Kind, Record, Schema

TERMS: tuple[str | None, ...] = (
    None, "", "a", "A", "a A", "Zebra zebra ZEBRA", "snake_case camelCase v2.4.7-Hotfix /usr/Lib",
    "İ ß É é", "日本 本語", "it's \"quoted\" 50% $1 ;-- \\", "twice twice", "😀", "NULL null",
)  # fmt: skip
"""Terms as they are stored: none, empty, of every case and script."""

WIDE = Schema(
    "wide",
    (Field("n", Kind.INT, nullable=False), Field("wide", Kind.VECTOR, dimension=3072)),
    key=("n",),
)


def lines(schema: Schema, records: list[Record]) -> list[bytes]:
    """The records as canonical bytes."""
    return [canonical(schema, record) for record in records]


async def everything(backend: Backend, table: str, page: int = 50) -> list[Record]:
    """All records of a table, exported page by page."""
    key = next(s.key for s in await backend.tables() if s.name == table)
    after, found = None, []
    while records := await backend.export(table, after=after, limit=page):
        found += records
        after = tuple(records[-1][name] for name in key)
    return found


class ExportTests:
    """export: what a database stores comes back whole, and goes into any other as it is."""

    async def test_whole_records_come_back(self, backend: Backend) -> None:
        """Every field in the schema's order, in its stored form, by key."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things()[::-1])
        found = await backend.export("things")
        assert lines(THINGS, found) == lines(THINGS, things())
        assert all(list(r) == [f.name for f in THINGS.fields] for r in found)
        for record, wanted in zip(found, things(), strict=True):
            assert {n: record[n] for n in THINGS.stored} == {n: wanted[n] for n in THINGS.stored}
            assert (record["title"], record["words"]) == (wanted["title"], wanted["words"])
            assert (record["vector"] is None) == (wanted["vector"] is None)
        vectors = [r["vector"] for r in found if r["vector"] is not None]
        assert all(v.dtype == np.float32 and v.shape == (4,) for v in vectors)

    async def test_exported_pages_join_up(self, backend: Backend) -> None:
        """To the whole table, each record once."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(40))
        found = await everything(backend, "things", 7)
        assert lines(THINGS, found) == lines(THINGS, things(40))
        assert await backend.export("things", limit=0) == []
        assert await backend.export("things", after=("zzz",), limit=5) == []

    async def test_put_takes_what_was_exported(self, backend: Backend) -> None:
        """In another database and back: the same bytes each time."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things())
        memory = MemoryBackend()
        await memory.ensure_table(THINGS)
        await memory.insert("things", await everything(backend, "things"))
        wanted = lines(THINGS, things())
        assert lines(THINGS, await memory.export("things")) == wanted
        await backend.delete("things", EVERYTHING)
        assert await backend.export("things") == []
        await backend.insert("things", await memory.export("things"))
        assert lines(THINGS, await everything(backend, "things")) == wanted
        await backend.insert("things", await backend.export("things", limit=20))
        assert lines(THINGS, await everything(backend, "things")) == wanted
        hits = await backend.text_search("things", ["common"], limit=999)
        assert len(hits) == len(await memory.text_search("things", ["common"], limit=999))

    async def test_terms_come_back_as_they_were(self, backend: Backend) -> None:
        """In any case and script; none at all and empty ones apart."""
        await backend.ensure_table(THINGS)
        records = [{"id": f"t{i:02d}", "at": i, "words": t, "title": TERMS[-1 - i]}
                   for i, t in enumerate(TERMS)]  # fmt: skip
        await backend.insert("things", records)
        found = await backend.export("things")
        assert [(r["words"], r["title"]) for r in found] == [
            (r["words"], r["title"]) for r in records
        ]
        await backend.apply([Update("things", [{"id": "t02", "words": ["New", "terms"]},
                                               {"id": "t03", "words": None}])])  # fmt: skip
        found = await backend.export("things", after=("t01",), limit=2)
        assert [r["words"] for r in found] == ["New terms", None]
        assert [r["title"] for r in found] == [r["title"] for r in records[2:4]]

    async def test_vectors_keep_every_bit(self, backend: Backend) -> None:
        """Also long ones, whose length float32 cannot tell well."""
        await backend.ensure_table(WIDE)
        random = np.random.default_rng(7)
        given = [random.random(3072).astype(np.float32) for _ in range(5)]
        given += [np.full(3072, 0.3, np.float32), random.normal(size=3072).astype(np.float32)]
        await backend.insert("wide", [{"n": n, "wide": v} for n, v in enumerate(given)])
        first = await backend.export("wide")
        await backend.insert("wide", first)
        again = await backend.export("wide")
        assert lines(WIDE, again) == lines(WIDE, first)
        memory = MemoryBackend()
        await memory.ensure_table(WIDE)
        await memory.insert("wide", [{"n": n, "wide": v} for n, v in enumerate(given)])
        assert lines(WIDE, first) == lines(WIDE, await memory.export("wide"))

    async def test_every_scope_is_exported(self, backend: Backend) -> None:
        """With the column of the scope, and each scope's own terms and vectors."""
        for name in ("a", "B", "日本"):
            scoped = Scoped(backend, Scope(name))
            await scoped.ensure_table(THINGS)
            other = [{**r, "words": f"{r['words'] or ''} {name}".strip()} for r in things(9)]
            await scoped.apply([Put("things", other)])
        (schema,) = await backend.tables()
        found = await everything(backend, "things", 4)
        assert len(found) == 27
        for name in ("a", "B", "日本"):
            mine = [r for r in found if r[COLUMN] == str(Scope(name))]
            assert len(mine) == 9
            assert all(r["words"].split()[-1] == name for r in mine)
        before = lines(schema, found)
        await backend.apply([Delete("things", eq("id", "t00003")), Put("things", found)])
        assert lines(schema, await everything(backend, "things", 5)) == before

    async def test_writes_between_exported_pages(self, backend: Backend) -> None:
        """Neither repeat nor hide the records that stay."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(30))
        first = await backend.export("things", limit=10)
        gone = ["t00003", "t00012"]
        early = thing(0) | {"id": "s1"}
        await backend.apply([Delete("things", is_in("id", gone)), Put("things", [early])])
        rest = await everything_behind(backend, (first[-1]["id"],))
        wanted = [r["id"] for r in things(30)[10:] if r["id"] not in gone]
        assert [r["id"] for r in rest] == wanted

    @pytest.mark.parametrize("after", [(), ("a", "b"), (5,), (None,)], ids=repr)
    async def test_a_place_that_is_no_key_is_refused(self, backend: Backend, after: Any) -> None:
        """And a limit below zero, and a table that is not there."""
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidInput, match="after"):
            await backend.export("things", after=after)
        with pytest.raises(InvalidInput, match="limit"):
            await backend.export("things", limit=-1)
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.export("nowhere")


async def everything_behind(backend: Backend, after: tuple[Any, ...]) -> list[Record]:
    """All records of `things` behind a key, exported page by page."""
    found: list[Record] = []
    while records := await backend.export("things", after=after, limit=4):
        found += records
        after = (records[-1]["id"],)
    return found
