"""Connectome's storage: the same answers from a folder, a SQLite file and any other database."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import HandClock
from engines import SCHEMES, Engines
from engrammic.adapters.connectome import (
    DatabaseStorage,
    FileStorage,
    SQLiteStorage,
    create_file_storage,
)
from engrammic.backends.memory import MemoryBackend
from engrammic.errors import InvalidInput
from engrammic.memory import Memory
from engrammic.scope import Scope

ODD = "../../etc: a/b\\c.json"


def made(kind: str, folder: Path, clock: HandClock) -> DatabaseStorage:
    if kind == "file":
        return FileStorage({"base_dir": str(folder / "data")}, clock=clock)
    if kind == "sqlite":
        return SQLiteStorage({"db_path": str(folder / "a b?.db")}, clock=clock)
    return DatabaseStorage({"url": "memory:"}, clock=clock)


@pytest.fixture(params=["memory", "sqlite", "file"])
async def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> AsyncIterator[DatabaseStorage]:
    found = made(request.param, tmp_path, clock)
    assert await found.initialize() is True
    yield found
    assert await found.shutdown() is True
    assert await found.shutdown() is True


@dataclass(frozen=True, slots=True)
class Point:
    x: int


async def test_a_conversation_comes_back_as_it_was(storage: DatabaseStorage) -> None:
    data = {"chats": [{"id": "1", "messages": [{"role": "user", "content": "ä\n"}]}], "n": 1.5}
    assert await storage.store_conversation("conv_001", data) is True
    assert await storage.load_conversation("conv_001") == data
    assert await storage.store_conversation("conv_001", {"again": True}) is True
    assert await storage.load_conversation("conv_001") == {"again": True}
    assert await storage.load_conversation("conv_002") is None
    assert await storage.list_conversations() == ["conv_001"]


async def test_raw_messages_replace_those_before(storage: DatabaseStorage) -> None:
    assert await storage.load_raw_messages("c") == []
    await storage.store_raw_messages("c", [{"n": n} for n in range(3)])
    await storage.store_raw_messages("c", [{"n": n} for n in range(5, 3, -1)])
    assert await storage.load_raw_messages("c") == [{"n": 5}, {"n": 4}]
    await storage.store_raw_messages("c", [])
    assert await storage.load_raw_messages("c") == []


async def test_a_memory_is_replaced_by_its_id_and_keeps_its_place(
    storage: DatabaseStorage, clock: HandClock
) -> None:
    await storage.store_memory("c", "m2", {"text": "first"})
    clock.forward(60_000)
    await storage.store_memory("c", "m1", {"text": "second", "memory_id": "of another"})
    await storage.store_memory("c", "m2", {"text": "first, again", "created_at": "then"})
    assert await storage.load_memories("c") == [
        {"memory_id": "m2", "created_at": "then", "text": "first, again"},
        {"memory_id": "m1", "created_at": "2025-10-09T08:54:20Z", "text": "second"},
    ]
    assert await storage.load_memories("d") == []


async def test_the_last_chains_of_an_agent_come_in_their_order(
    storage: DatabaseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engrammic.adapters.connectome.records.FULL", 4)
    for number in range(11):
        await storage.store_reasoning_chain("agent", {"step": number})
    await storage.store_reasoning_chain("agent-2", {"step": -1})
    found = await storage.load_reasoning_chains("agent")
    assert [chain["step"] for chain in found] == list(range(11))
    assert found[0]["stored_at"] == "2025-10-09T08:53:20Z"
    last = await storage.load_reasoning_chains("agent", limit=5)
    assert [chain["step"] for chain in last] == [6, 7, 8, 9, 10]
    assert await storage.load_reasoning_chains("agent", limit=0) == []
    assert await storage.load_reasoning_chains("nobody") == []
    assert await storage.list_agents() == ["agent", "agent-2"]


async def test_chunks_and_states_are_kept(storage: DatabaseStorage) -> None:
    assert await storage.load_chunk_info("c") is None
    await storage.store_chunk_info("c", {"chunks": [[0, 4], [4, 9]]})
    assert await storage.load_chunk_info("c") == {"chunks": [[0, 4], [4, 9]]}
    assert await storage.load_system_state("runtime") is None
    await storage.store_system_state("runtime", {"running": True})
    assert await storage.load_system_state("runtime") == {"running": True}


async def test_a_cache_entry_ends(storage: DatabaseStorage, clock: HandClock) -> None:
    await storage.store_cache_entry("short", {"answer": 42}, ttl_seconds=1.5)
    await storage.store_cache_entry("long", {"answer": 43}, 60)
    await storage.store_cache_entry("for ever", {"answer": 44}, ttl_seconds=0)
    await storage.store_cache_entry("ever", {"answer": 45})
    assert await storage.load_cache_entry("short") == {"answer": 42}
    clock.forward(1_500)
    assert await storage.load_cache_entry("short") is None
    clock.forward(3_600_000)
    assert (await storage.get_storage_stats())["cache_entries"] == 2
    assert await storage.delete_expired() == 1
    assert await storage.load_cache_entry("long") is None
    assert await storage.load_cache_entry("for ever") == {"answer": 44}
    assert await storage.load_cache_entry("no such") is None


async def test_a_deleted_conversation_takes_all_along(storage: DatabaseStorage) -> None:
    await storage.store_conversation("c", {})
    await storage.store_raw_messages("c", [{}])
    await storage.store_memory("c", "m", {})
    await storage.store_chunk_info("c", {})
    await storage.store_conversation("other", {})
    assert await storage.delete_conversation("c") is True
    assert await storage.delete_conversation("c") is False
    assert await storage.load_memories("c") == await storage.load_raw_messages("c") == []
    assert await storage.load_chunk_info("c") is None
    assert await storage.list_conversations() == ["other"]


async def test_any_value_is_stored_as_json(storage: DatabaseStorage) -> None:
    moment = datetime(2026, 2, 1, 12, tzinfo=UTC)
    await storage.store_system_state(
        "x", {"when": moment, "tags": {"b", "a"}, "at": Point(3), 5: (1, 2), "path": Path("/a")}
    )
    assert await storage.load_system_state("x") == {
        "when": "2026-02-01T12:00:00+00:00",
        "tags": ["a", "b"],
        "at": {"x": 3},
        "5": [1, 2],
        "path": "/a",
    }


async def test_ids_lead_nowhere_else(storage: DatabaseStorage, tmp_path: Path) -> None:
    await storage.store_conversation(ODD, {"a": 1})
    await storage.store_cache_entry(ODD, {"a": 2})
    await storage.store_reasoning_chain(ODD, {"a": 3})
    assert await storage.load_conversation(ODD) == {"a": 1}
    assert await storage.load_cache_entry(ODD) == {"a": 2}
    assert await storage.delete_conversation(ODD)
    assert not [name for _, folders, _ in os.walk(tmp_path) for name in folders if name == "etc"]


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("store_conversation", ("c", None)),
        ("store_conversation", ("", {})),
        ("store_conversation", ("c", {"x": float("nan")})),
        ("store_conversation", ("c", {"x": {(1, 2): 3}})),
        ("store_raw_messages", ("c", "text")),
        ("store_raw_messages", ("c", [1])),
        ("store_memory", ("c", "", {})),
        ("store_cache_entry", ("k", {}, -1)),
        ("store_cache_entry", ("k", {}, "1")),
        ("load_reasoning_chains", ("a", -1)),
        ("load_system_state", (5,)),
    ],
    ids=str,
)
async def test_what_cannot_be_stored_is_refused(method: str, given: Any) -> None:
    storage = DatabaseStorage({"url": "memory:"})
    with pytest.raises(InvalidInput):
        await getattr(storage, method)(*given)
    await storage.shutdown()


async def test_what_is_nested_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless
    with pytest.raises(InvalidInput, match="deep"):
        await DatabaseStorage({"url": "memory:"}).store_conversation("c", endless)


async def test_health_and_stats_are_told(storage: DatabaseStorage) -> None:
    await storage.store_conversation("c", {"a": 1})
    await storage.store_reasoning_chain("a", {})
    await storage.store_system_state("s", {})
    await storage.store_cache_entry("k", {})
    health, stats = await storage.health_check(), await storage.get_storage_stats()
    assert health["status"] == "healthy"
    assert health["timestamp"] == stats["timestamp"] == "2025-10-09T08:53:20Z"
    counted = ("conversation_count", "agent_count", "system_state_count", "cache_entries")
    assert [stats[name] for name in counted] == [1, 1, 1, 1]
    if isinstance(storage, FileStorage):
        assert stats["storage_type"] == "file"
        assert stats["total_bytes"] == stats["directory_sizes"]["total_bytes"] > 0
        assert health["write_permissions"] is health["directories_accessible"] is True
        assert 0 < health["disk_usage"]["free_percent"] <= 100
    if isinstance(storage, SQLiteStorage):
        assert stats["storage_type"] == "sqlite"
        assert health["journal_mode"] == "wal"
        assert stats["database_size_bytes"] > 0
        assert health["database_path"].endswith("a b?.db")


async def test_an_unreachable_storage_is_told_as_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = await create_file_storage(str(tmp_path / "file" / "data")).health_check()
    assert found["status"] == "error"
    assert "file" in found["error"]


async def test_files_lie_as_connectomes_do(tmp_path: Path) -> None:
    base = tmp_path / "storage_data"
    storage = create_file_storage(str(base), max_backup_files=2)
    await storage.store_conversation("conv_001", {"title": "Ä"})
    await storage.store_raw_messages("conv_001", [{}])
    await storage.store_memory("conv_001", "m", {})
    await storage.store_chunk_info("conv_001", {})
    await storage.store_cache_entry("key", {})
    await storage.store_reasoning_chain("agent", {})
    await storage.store_system_state("state", {})
    for number in range(4):
        await storage.store_conversation("conv_001", {"title": number})
    await storage.shutdown()
    kept = {str(p.relative_to(base)) for p in base.rglob("*.json") if ".backup" not in p.name}
    assert kept >= {
        "conversations/conv_001/current.json",
        "conversations/conv_001/raw_messages.json",
        "conversations/conv_001/memories.json",
        "conversations/conv_001/chunks.json",
        "cache/key.json",
        "agents/agent/reasoning_chains.json",
        "system/state.json",
    }
    found = json.loads((base / "conversations/conv_001/current.json").read_text())
    assert found["data"] == {"title": 3}
    assert found["conversation_id"] == "conv_001"
    assert len(list(base.glob("conversations/conv_001/current.*.backup.json"))) == 2


async def test_one_database_holds_a_memory_and_storages_of_several_scopes() -> None:
    backend = await MemoryBackend.connect()
    await Memory(backend).ready()
    first = DatabaseStorage({"backend": backend, "scope": Scope("a")})
    second = DatabaseStorage({"backend": backend, "scope": Scope("b")})
    await first.store_conversation("c", {"whose": "a"})
    assert await second.load_conversation("c") is None
    await first.shutdown()
    assert await second.list_conversations() == []
    await backend.close()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_every_database_serves(engines: Engines, scheme: str) -> None:
    storage = DatabaseStorage({"url": engines.new(scheme)})
    assert await storage.initialize()
    await storage.store_conversation("c", {"a": [1, {"b": None}]})
    for number in range(3):
        await storage.store_memory("c", f"m{2 - number}", {"n": number})
        await storage.store_reasoning_chain("a", {"n": number})
    await storage.store_cache_entry("k", {"v": 1}, ttl_seconds=3_600)
    assert await storage.load_conversation("c") == {"a": [1, {"b": None}]}
    assert [m["n"] for m in await storage.load_memories("c")] == [0, 1, 2]
    assert [c["n"] for c in await storage.load_reasoning_chains("a", limit=2)] == [1, 2]
    assert await storage.load_cache_entry("k") == {"v": 1}
    assert (await storage.health_check())["status"] == "healthy"
    assert (await storage.get_storage_stats())["conversation_count"] == 1
    assert await storage.delete_conversation("c")
    await storage.shutdown()
