"""What is derived and damaged is found, told with its remedy, and made anew from the records."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

import engrammic
from damage import DAMAGE, MORE, change
from engrammic import Memory, Message
from engrammic.errors import Corrupt, StorageError
from engrammic.reindexing import reindex
from other_process import opened

TURNS = 42
NO_LOSS = {k: v for k, v in (DAMAGE | MORE).items() if k not in ("terms without their record",
           "text in another scope")}  # fmt: skip


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """The file of a memory of which the last two turns wait for the text index, closed."""
    home = tmp_path / "home"
    async with await opened(str(home)) as memory:
        said = [Message("c", "user", f"turn {n} by the harbour", f"m{n}") for n in range(TURNS - 2)]
        await memory.messages.add_batch(said)
        await memory.messages.add(Message("c", "user", "the last turn by the harbour", "late"))
        await memory.messages.add(Message("c", "user", "and a turn after it", "later"))
    return home / "engrammic.db"


async def told(memory: Memory, mode: str) -> str:
    """What a search says of the damage; one that does not meet it says whom to ask."""
    try:
        await memory.search("turn", mode=mode, kinds=["message"])
    except StorageError as error:
        return str(error)
    return "ask engrammic doctor"


@pytest.mark.parametrize("name", NO_LOSS)
async def test_damage_to_what_is_derived_is_found_told_and_mended(path: Path, name: str) -> None:
    statement, where = NO_LOSS[name]
    change(path, statement)
    async with await opened(str(path)) as memory:
        for mode in ("keyword", "vector"):
            assert "engrammic doctor" in await told(memory, mode)
    async with engrammic.open(str(path), embedder="none", check=False) as memory:
        problems = await memory.backend.diagnose()
        assert any(where in p for p in problems), problems
        assert all("--repair" in p or "restore" in p for p in problems), problems
        assert await memory.backend.repair()
        assert await memory.backend.diagnose() == []
        assert await memory.backend.repair() == []
        await reindex(memory.backend)
        assert await memory.backend.diagnose() == []
    async with await opened(str(path)) as memory:
        async for _ in memory.fill_in():
            pass
        for mode in ("keyword", "vector"):
            found = await memory.search("turn", mode=mode, limit=100, kinds=["message"])
            assert len(found) == TURNS
        await memory.messages.add(Message("c", "user", "one more turn", "more"))
        assert (await memory.search("more", mode="keyword"))[0].id == "more"
        assert await memory.delete("m7")
        assert await memory.backend.diagnose() == []


@pytest.mark.parametrize("name", DAMAGE | MORE)
async def test_reindexing_mends_the_indexes(path: Path, name: str) -> None:
    change(path, (DAMAGE | MORE)[name][0])
    async with engrammic.open(str(path), embedder="none", check=False) as memory:
        await reindex(memory.backend)
        assert await memory.backend.diagnose() == []


async def test_a_search_reads_no_other_scope_when_numbers_are_mixed_up(path: Path) -> None:
    async with await opened(str(path)) as memory:
        await memory.scoped(tenant="other").remember("a secret turn", id="theirs")
        await memory.remember("a turn", id="ours")
        await memory.search("turn")
        await memory.scoped(tenant="other").search("turn")
    swap = [f"update _partitions set number = {b} where number = {a}"
            for a, b in ((1, 9), (2, 1), (9, 2))]  # fmt: skip
    change(path, *swap)
    async with await opened(str(path)) as memory:
        for mode in ("keyword", "vector", "hybrid"):
            with contextlib.suppress(Corrupt):
                found = await memory.search("secret turn", mode=mode, limit=100)
                assert "theirs" not in [hit.id for hit in found]


async def test_json_and_schemas_that_cannot_be_read_are_told(path: Path) -> None:
    change(path, "update messages set metadata = '{' where _row = 2")
    async with await opened(str(path)) as memory:
        with pytest.raises(Corrupt, match="engrammic doctor"):
            await memory.messages.get_by_conversation("c")
        (problem,) = await memory.backend.diagnose()
        assert "messages.metadata" in problem
    change(path, "update _tables set schema = '{' where name = 'messages'")
    with pytest.raises(Corrupt, match="messages"):
        await opened(str(path))
