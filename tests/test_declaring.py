"""Tables made several at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.errors import InvalidSchema
from engrammic.scope import Scope, Scoped
from engrammic.testing.things import THINGS
from engrammic.types import Field, Kind, Schema

PLACED = THINGS.partitioned("scope")
PLAIN = Schema("plain", (Field("id", Kind.TEXT, nullable=False),), key=("id",))
WRONG = Schema("wrong__name", PLAIN.fields, key=("id",))


async def opened(tmp_path: Path) -> SqliteBackend:
    return await SqliteBackend.connect(f"sqlite:///{tmp_path / 'one.db'}")


async def test_all_are_made_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = await opened(tmp_path)
    writes = 0
    whole = SqliteBackend._write

    async def counted(self: SqliteBackend, work: object) -> object:
        nonlocal writes
        writes += 1
        return await whole(self, work)  # type: ignore[arg-type]

    monkeypatch.setattr(SqliteBackend, "_write", counted)
    await backend.ensure_tables([PLACED, PLAIN])
    await backend.ensure_tables([PLACED, PLAIN])
    assert writes == 1
    assert {s.name for s in await backend.tables()} == {PLACED.name, PLAIN.name}
    assert await backend.insert("plain", [{"id": "a"}]) == 1
    await backend.close()


async def test_all_or_none(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    with pytest.raises(InvalidSchema):
        await backend.ensure_tables([PLAIN, WRONG])
    assert await backend.tables() == []
    with pytest.raises(InvalidSchema):
        await backend.query("plain")
    await backend.ensure_table(PLAIN)
    assert await backend.query("plain") == []
    await backend.close()


async def test_the_second_of_a_name_extends_the_first(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    more = replace(PLAIN, fields=(*PLAIN.fields, Field("said", Kind.TEXT)))
    await backend.ensure_tables([PLAIN, more])
    assert await backend.tables() == [more]
    await backend.close()


async def test_two_that_differ_in_case_alone_are_refused(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    with pytest.raises(InvalidSchema):
        await backend.ensure_tables([PLAIN, replace(PLAIN, name="Plain")])
    assert await backend.tables() == []
    await backend.close()


async def test_a_scope_declares_several(tmp_path: Path) -> None:
    backend = await opened(tmp_path)
    await Scoped(backend, Scope("t")).ensure_tables([PLAIN])
    assert await backend.tables() == [PLAIN.partitioned("scope")]
    await backend.close()
