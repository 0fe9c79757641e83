"""Numbers of rows in a SQLite file: never given again, and all that tells of a new vector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put, Update
from engrammic.filters import EVERYTHING, eq
from engrammic.types import Field, Kind, Record, Schema

THINGS = Schema(
    "things",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("t", Kind.TERMS),
        Field("u", Kind.TERMS),
        Field("v", Kind.VECTOR, dimension=2),
    ),
    key=("id",),
)


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[SqliteBackend]:
    backend = await SqliteBackend.connect(str(tmp_path))
    await backend.ensure_table(THINGS)
    yield backend
    assert await backend.diagnose() == []
    await backend.close()


def thing(name: str, *terms: str) -> Record:
    return {"id": name, "t": terms or ("word",), "u": None, "v": [1.0, 0.0]}


def asked(backend: SqliteBackend, sql: str) -> Any:
    return backend._connections.here().connection.execute(sql).fetchall()


async def nearest(backend: SqliteBackend) -> list[str]:
    found = await backend.vector_search("things", "v", [1.0, 0.0], limit=9)
    return [hit.record["id"] for hit in found]


async def with_word(backend: SqliteBackend, word: str) -> list[str]:
    return [hit.record["id"] for hit in await backend.text_search("things", [word], limit=9)]


async def test_the_number_of_a_deleted_row_is_not_given_again(backend: SqliteBackend) -> None:
    await backend.insert("things", [thing("a"), thing("b")])
    await backend.delete("things", eq("id", "b"))
    await backend.insert("things", [thing("c")])
    await backend.delete("things", EVERYTHING)
    await backend.insert("things", [thing("d")])
    assert asked(backend, "select _row, id from things") == [(4, "d")]


async def test_new_rows_of_another_handle_are_found_without_a_trace_in_the_log(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    other = await SqliteBackend.connect(str(tmp_path))
    await backend.insert("things", [thing("a")])
    assert await nearest(other) == ["a"]
    await backend.insert("things", [thing("b")])
    await backend.insert("things", [thing("c")])
    assert await nearest(other) == ["a", "b", "c"]
    assert asked(backend, "select count(*) from _changes") == [(0,)]
    await other.close()


async def test_a_row_that_came_and_was_changed_since_is_found_once(
    backend: SqliteBackend, tmp_path: Path
) -> None:
    other = await SqliteBackend.connect(str(tmp_path))
    await backend.insert("things", [thing("a")])
    assert await nearest(other) == ["a"]
    await backend.insert("things", [thing("b"), thing("c")])
    await backend.insert("things", [thing("b")])
    await backend.delete("things", eq("id", "c"))
    await backend.insert("things", [thing("d")])
    assert await nearest(other) == ["a", "b", "d"]
    await other.close()


async def test_the_last_terms_of_a_list_count(backend: SqliteBackend) -> None:
    await backend.insert("things", [thing("a", "old")])
    updates = [{"id": "a", "t": [word]} for word in ("one", "two")]
    await backend.apply(
        [Update("things", updates), Put("things", [thing("a", "three"), thing("a", "four")])]
    )
    await backend.apply([Put("things", [thing("b", "five"), thing("b", "six")])])
    found = [await with_word(backend, w) for w in ("old", "two", "three", "four", "five", "six")]
    assert found == [[], [], [], ["a"], [], ["b"]]


async def test_terms_that_stay_are_not_written_again(backend: SqliteBackend) -> None:
    await backend.insert("things", [thing("a", "same")])
    await backend.optimize()
    before = asked(backend, "select id, block from things__terms__0_data")
    await backend.insert("things", [thing("a", "same")])
    await backend.apply([Update("things", [{"id": "a", "u": None}])])
    assert asked(backend, "select id, block from things__terms__0_data") == before


async def test_new_rows_among_known_ones_are_numbered_once(backend: SqliteBackend) -> None:
    await backend.insert("things", [thing("b", "old"), thing("d", "old")])
    given = [thing(name, "new") for name in "abcdea"]
    given[-1] = thing("a", "newest")
    await backend.insert("things", given)
    rows = dict(asked(backend, "select id, _row from things"))
    assert (rows["b"], rows["d"]) == (1, 2)
    assert len({*rows.values()}) == 5
    assert await with_word(backend, "newest") == ["a"]
    assert sorted(await with_word(backend, "new")) == ["b", "c", "d", "e"]
    assert await with_word(backend, "old") == []
    assert sorted(await nearest(backend)) == [*"abcde"]
    await backend.insert("things", [thing("f")])
    assert (
        max(dict(asked(backend, "select id, _row from things")).values())
        == dict(asked(backend, "select id, _row from things"))["f"]
    )
