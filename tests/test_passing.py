"""Filters that are asked for again: what is kept of them never hides a record, nor shows one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.backends.sqlite.derived import passing
from engrammic.backends.sqlite.derived.passing import Passing
from engrammic.changes import Change, Delete, Put, Update
from engrammic.filters import And, Compare, Filter, Or, eq
from engrammic.types import Field, Kind, Record, Schema, Scored
from sqlite_files import sound

ITEMS = Schema(
    "items",
    (
        Field("scope", Kind.TEXT, nullable=False),
        Field("id", Kind.TEXT, nullable=False),
        Field("n", Kind.INT),
        Field("x", Kind.FLOAT),
        Field("until", Kind.INT),
        Field("metadata", Kind.JSON),
        Field("t", Kind.TERMS),
        Field("v", Kind.VECTOR, dimension=4),
    ),
    key=("scope", "id"),
    partition="scope",
)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    async with sound(tmp_path, ITEMS) as opened:
        yield opened


@pytest.fixture
def narrowed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each filter that came, whether something was known of it."""
    found: list[bool] = []
    asked = Passing.rows

    def rows(self: Passing, connection: Any, where: Filter, count: int | None) -> Any:
        answer = asked(self, connection, where, count)
        if count is not None:
            found.append(answer is not None)
        return answer

    monkeypatch.setattr(Passing, "rows", rows)
    return found


def item(name: int, dice: random.Random, scope: str = "a") -> Record:
    n = dice.choice((None, *range(20)))
    return {
        "scope": scope, "id": f"i{name}", "n": n, "x": dice.choice((None, 1.0, 2.5)),
        "until": dice.choice((None, dice.randrange(100))),
        "metadata": {"k": dice.randrange(15), "l": [dice.randrange(3)]},
        "t": ["all", f"w{dice.randrange(3)}", *["x"] * dice.randrange(40)],
        "v": [dice.gauss(0, 1) for _ in range(4)],
    }  # fmt: skip


STATIC: list[Filter] = [
    eq("n", 3),
    eq("metadata.k", 4),
    Or((eq("n", 5), Compare("metadata.k", "gt", 13))),
    Compare("n", "is_null"),
    eq("n", 999),
    And((eq("n", 7), eq("x", 1.0))),
]


def alive(moment: int) -> Filter:
    return Or((Compare("until", "is_null"), Compare("until", "gt", moment)))


async def by_vector(backend: Any, where: Filter, scope: str = "a", **given: Any) -> list[Scored]:
    whole = And((eq("scope", scope), *(where.parts if isinstance(where, And) else (where,))))
    found: list[Scored] = await backend.vector_search(
        "items",
        "v",
        given.pop("vector", [1.0, 0.5, 0.2, 0.1]),
        where=whole,
        **{"limit": 10, **given},
    )
    return found


async def by_words(backend: Any, where: Filter, **given: Any) -> list[Scored]:
    whole = And((eq("scope", "a"), *(where.parts if isinstance(where, And) else (where,))))
    found: list[Scored] = await backend.text_search("items", ["all", "w1"], where=whole, **given)
    return found


def same(one: list[Scored], other: list[Scored]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(a.record == b.record and abs(a.score - b.score) < 1e-6 for a, b in pairs)


async def test_the_second_time_it_is_read_and_from_then_on_known(
    backend: SqliteBackend, narrowed: list[bool]
) -> None:
    dice = random.Random(1)
    await backend.apply([Put("items", [item(n, dice) for n in range(600)])])
    pages = [await by_vector(backend, eq("n", 3)) for _ in range(4)]
    assert narrowed == [False, True, True, True]
    assert all(same(page, pages[0]) for page in pages)


async def test_a_large_partition_is_read_only_for_what_is_asked_for_often(
    backend: SqliteBackend, narrowed: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "WALKED", 100)
    dice = random.Random(2)
    await backend.apply([Put("items", [item(n, dice) for n in range(600)])])
    for _ in range(7):
        await by_vector(backend, eq("n", 3))
    assert narrowed == [False] * 5 + [True] * 2


async def test_words_are_narrowed_as_well(backend: SqliteBackend, narrowed: list[bool]) -> None:
    dice = random.Random(7)
    await backend.apply([Put("items", [item(n, dice) for n in range(600)])])
    pages = [await by_words(backend, eq("n", 3), limit=5) for _ in range(5)]
    assert all(same(page, pages[0]) for page in pages)
    assert narrowed[-1]


async def test_values_of_different_types_are_different(backend: SqliteBackend) -> None:
    rows = [{"scope": "a", "id": f"i{n}", "metadata": {"k": k}, "v": [1.0, n, 0, 0]}
            for n, k in enumerate([1, True, "1", 1.0, None] * 20)]  # fmt: skip
    await backend.apply([Put("items", rows)])
    reference = MemoryBackend()
    await reference.ensure_table(ITEMS)
    await reference.apply([Put("items", rows)])
    for _ in range(3):
        for value in (1, True, "1", 1.0):
            where = eq("metadata.k", value)
            assert same(await by_vector(backend, where), await by_vector(reference, where))


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_written_the_page_is_the_reference_s(
    backend: SqliteBackend, tmp_path: Path, seed: int, narrowed: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Two handles write in turn, one of them searches."""
    if seed % 2:
        monkeypatch.setattr(passing, "RANGES", 3)
        monkeypatch.setattr(passing, "BYTES", 300)
    dice = random.Random(seed)
    other, reference = await SqliteBackend.connect(str(tmp_path)), MemoryBackend()
    await reference.ensure_table(ITEMS)
    first: list[Change] = [Put("items", [item(n, dice) for n in range(400)])]
    await backend.apply(first)
    await reference.apply(first)
    try:
        for _ in range(120):
            if dice.random() < 0.6:
                changes = written(dice)
                await dice.choice((backend, other)).apply(changes)
                await reference.apply(changes)
            where = dice.choice(STATIC)
            if dice.random() < 0.5:
                parts = where.parts if isinstance(where, And) else (where,)
                where = And((*parts, alive(dice.randrange(100))))
            vector = [dice.gauss(0, 1) for _ in range(4)]
            given: dict[str, Any] = {"vector": vector, "limit": dice.choice((1, 3, 10, 60))}
            mine = await by_vector(backend, where, **given)
            assert same(mine, await by_vector(reference, where, **given))
            told = await by_words(backend, where, limit=given["limit"])
            assert same(told, await by_words(reference, where, limit=given["limit"]))
    finally:
        await other.close()
        await reference.close()
    assert narrowed.count(True) > 15


def written(dice: random.Random) -> list[Change]:
    kind, name = dice.random(), dice.randrange(450)
    if kind < 0.3:
        return [Put("items", [item(dice.randrange(450), dice) for _ in range(dice.randint(1, 5))])]
    if kind < 0.5:
        new = item(name, dice)
        return [Update("items", [{f: new[f] for f in ("scope", "id", "n", "metadata")}])]
    if kind < 0.6:
        new = item(name, dice)
        return [Update("items", [{f: new[f] for f in ("scope", "id", "n", "v")}])]
    if kind < 0.7:
        new = item(name, dice)
        return [Update("items", [{f: new[f] for f in ("scope", "id", "x", "t")}])]
    if kind < 0.9:
        return [Delete("items", And((eq("scope", "a"), eq("id", f"i{name}"))))]
    return [Put("items", [item(1000 + name, dice, "b")])]


async def test_a_survey_draws_its_sample_from_what_passes(backend: SqliteBackend) -> None:
    dice = random.Random(4)
    rows = [item(n, dice) for n in range(600)]
    for row in rows:
        row["v"] = [1.0, 0.0, 0.0, 0.0] if row["n"] == 3 else [0.0, 1.0, 0.0, 0.0]
    await backend.apply([Put("items", rows)])
    for _ in range(4):
        found = await backend.survey(
            "items",
            "v",
            [1.0, 0, 0, 0],
            limit=5,
            where=eq("scope", "a") & eq("n", 3),
            sample=20,
            columns=["id"],
        )
        assert len(found.records) == 5
        assert np.allclose(found.sample, 1.0)
        assert len(found.sample) > 5


async def test_a_scope_keeps_its_own(backend: SqliteBackend) -> None:
    dice = random.Random(5)
    await backend.apply([Put("items", [item(n, dice) for n in range(300)])])
    await backend.apply([Put("items", [item(n, dice, "b") for n in range(300)])])
    for _ in range(3):
        for scope in ("a", "b"):
            hits = await by_vector(backend, eq("n", 3), scope, limit=100)
            assert {hit.record["scope"] for hit in hits} == {scope}


async def test_a_scope_whose_number_was_another_s_keeps_nothing_of_it(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    dice = random.Random(6)
    there = {scope: [item(n, dice, scope) for n in range(300)] for scope in "ab"}
    before: dict[str, list[Scored]] = {}
    other = await SqliteBackend.connect(str(tmp_path / "other"))
    await other.ensure_table(ITEMS)
    for each, scopes in ((backend, "ab"), (other, "ba")):
        for scope in scopes:
            await each.apply([Put("items", there[scope])])
    await other.backup(tmp_path / "backup")
    await other.close()
    for scope in "ababab":
        before[scope] = await by_vector(backend, eq("n", 3), scope)
    await backend.restore(tmp_path / "backup")
    for scope in "aabb":
        assert same(await by_vector(backend, eq("n", 3), scope), before[scope])
        assert same(await by_vector(backend, eq("n", 3), scope), before[scope])


async def test_a_table_that_grows_is_filtered_by_what_came(backend: SqliteBackend) -> None:
    dice = random.Random(7)
    await backend.apply([Put("items", [item(n, dice) for n in range(300)])])
    for _ in range(3):
        await by_vector(backend, eq("n", 3))
    await backend.ensure_table(replace(ITEMS, fields=(*ITEMS.fields, Field("m", Kind.INT))))
    assert await by_vector(backend, eq("m", 1)) == []
    await backend.apply([Update("items", [{"scope": "a", "id": "i5", "m": 1}])])
    for _ in range(3):
        assert [hit.record["id"] for hit in await by_vector(backend, eq("m", 1))] == ["i5"]


async def test_a_table_that_another_made_anew_is_searched_as_it_is(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    dice = random.Random(8)
    await backend.apply([Put("items", [item(n, dice) for n in range(300)])])
    other = await SqliteBackend.connect(str(tmp_path))
    for _ in range(3):
        await by_vector(backend, eq("n", 3))
        await backend.text_search("items", ["all"], where=eq("scope", "a"), limit=3)
    await other.drop_table("items")
    again = [replace(f, dimension=2) if f.name == "v" else f for f in ITEMS.fields]
    again.append(Field("u", Kind.TERMS))
    await other.ensure_table(replace(ITEMS, fields=tuple(again)))
    rows = [{"scope": "a", "id": f"i{n}", "n": n, "u": "word", "v": [1, n]} for n in range(30)]
    await other.apply([Put("items", rows)])
    await other.close()
    await backend.tables()
    for _ in range(3):
        found = await by_vector(backend, eq("n", 3), vector=[1, 3])
        assert [hit.record["id"] for hit in found] == ["i3"]
        hits = await backend.text_search("items", ["word"], where=eq("scope", "a"), limit=99)
        assert len(hits) == 30
