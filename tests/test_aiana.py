"""Aiana's storage on our databases: sessions with their messages, memories by meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engrammic.sync
from conftest import HandClock
from engrammic.adapters.aiana import (
    AianaStorage,
    Message,
    MessageType,
    QdrantStorage,
    Session,
    qdrant_url,
)
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput, NotFound

START = datetime(2026, 2, 1, 12, tzinfo=UTC)
PLACES = ["memory", "sqlite", "files", "qdrant"]


def place(kind: str, folder: Path) -> str:
    if kind == "memory":
        return "memory:"
    return f"qdrant:{folder / 'q'}" if kind == "qdrant" else f"{kind}:{folder / 'here'}"


@pytest.fixture(params=PLACES)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> Iterator[AianaStorage]:
    with AianaStorage(place(request.param, tmp_path), clock=clock) as found:
        yield found
    found.close()


@pytest.fixture(params=PLACES)
def memories(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> Iterator[QdrantStorage]:
    url = place(request.param, tmp_path)
    with QdrantStorage(url, HashingEmbedder(), clock=clock) as found:
        yield found


def session(number: int, project: str = "/projects/git-steer") -> Session:
    started = START + timedelta(hours=number)
    return Session(f"s{number}", project, f"/logs/{number}.jsonl", started, metadata={"n": number})


def message(number: int, content: str, **more: Any) -> Message:
    at = START + timedelta(minutes=number)
    return Message(f"m{number}", "s1", MessageType.USER, content, at, **more)


def test_a_session_comes_back_as_it_was(storage: AianaStorage) -> None:
    assert storage.create_session(session(1)) == session(1)
    assert storage.get_session("s1") == session(1)
    assert storage.get_session("s2") is None
    assert session(1).is_active


def test_sessions_are_listed_by_their_start(storage: AianaStorage) -> None:
    for number in (2, 3, 1):
        storage.create_session(session(number, f"/projects/{'other' if number == 2 else 'git'}"))
    assert [s.id for s in storage.list_sessions()] == ["s3", "s2", "s1"]
    assert [s.id for s in storage.list_sessions("git")] == ["s3", "s1"]
    assert [s.id for s in storage.list_sessions(limit=1, offset=1)] == ["s2"]
    assert storage.list_sessions("%") == []


def test_an_ended_session_keeps_its_summary(storage: AianaStorage) -> None:
    storage.create_session(session(1))
    ended = storage.end_session("s1", "Fixed the login", START + timedelta(hours=2))
    assert ended.duration_seconds == 3600
    assert not ended.is_active
    assert storage.end_session("s1").summary == "Fixed the login"
    changed = storage.update_session(replace(ended, project_path="/elsewhere"))
    assert changed.project_path == "/elsewhere"
    with pytest.raises(NotFound):
        storage.end_session("nobody")


def test_messages_are_counted_from_what_is_stored(storage: AianaStorage) -> None:
    storage.create_session(session(1))
    for number in (2, 1, 1):
        storage.append_message(message(number, f"text {number}", tokens=10 * number))
    found = storage.get_session("s1")
    assert found is not None
    assert (found.message_count, found.token_count) == (2, 30)
    assert storage.create_session(session(1)).message_count == 2
    assert [m.id for m in storage.get_messages("s1")] == ["m1", "m2"]
    assert [m.id for m in storage.get_messages("s1", limit=1, offset=1)] == ["m2"]
    stats = storage.get_stats()
    assert (stats["sessions"], stats["messages"], stats["total_tokens"]) == (1, 2, 30)


def test_every_field_of_a_message_is_kept(storage: AianaStorage) -> None:
    used = Message(
        "m9", "s1", MessageType.TOOL_USE, "ls", START, "assistant", "Bash", {"command": "ls"},
        "m8", 7, {"cwd": "/tmp"},
    )  # fmt: skip
    assert storage.append_message(used) == used
    assert storage.get_messages("s1") == [used]
    spoken = storage.append_message(message(10, "hi", role="human"))
    assert spoken.role == "human"


def test_words_are_found_whatever_signs_they_have(storage: AianaStorage) -> None:
    storage.create_session(session(1))
    storage.create_session(session(2, "/other"))
    storage.append_message(message(1, 'an "authentication" bug in C++ foo-bar'))
    storage.append_message(message(2, "lunch"))
    for query in ("authentication bug", 'C++ "', "foo-bar AND NOT (", "authentication*"):
        assert storage.search(query, limit=20)[0].id == "m1", query
    assert storage.search('" (') == []
    assert storage.search("authentication", project="/other") == []
    assert storage.search("authentication", project="git")[0].id == "m1"


def test_a_deleted_session_takes_its_messages_along(storage: AianaStorage) -> None:
    storage.create_session(session(1))
    storage.append_message(message(1, "authentication"))
    assert storage.delete_session("s1")
    assert not storage.delete_session("s1")
    assert storage.search("authentication") == storage.get_messages("s1") == []


@pytest.mark.parametrize(
    "odd",
    [
        message(1, "x", metadata={"type": "mine"}),
        replace(message(1, "x"), type="shout"),
        replace(message(1, "x"), session_id=""),
    ],
    ids=["reserved", "type", "session"],
)
def test_what_makes_no_message_is_refused(odd: Message) -> None:
    with AianaStorage("memory:") as storage, pytest.raises(InvalidInput):
        storage.append_message(odd)


def test_imported_transcripts_are_sessions(tmp_path: Path) -> None:
    home = tmp_path / "home"
    log = Path(__file__).parent / "data/sessions/claude_code.jsonl"
    with engrammic.sync.open(home, embedder="none") as memory:
        memory.import_files([log])
    with AianaStorage(home) as storage:
        [found] = storage.list_sessions()
        assert found.transcript_path.endswith("claude_code.jsonl")
        assert found.message_count == len(storage.get_messages(found.id)) > 0
        kinds = {m.type for m in storage.get_messages(found.id)}
        assert {MessageType.USER, MessageType.TOOL_USE} <= kinds


def test_a_memory_is_found_by_meaning(memories: QdrantStorage) -> None:
    memory_id = memories.add_memory(
        content="Fixed security vulnerability by updating qdrant-client",
        session_id="abc123",
        project="git-steer",
        memory_type="pattern",
        metadata={"severity": "critical", "content": "not this"},
    )
    memories.add_memory("Uses uv for Python dependencies", project="other")
    found = memories.search(query="security vulnerability", limit=10, min_score=0.3)
    assert [r["id"] for r in found] == [memory_id]
    assert found[0]["content"].startswith("Fixed security")
    assert found[0]["memory_type"] == "pattern"
    assert found[0]["session_id"] == "abc123"
    assert found[0]["severity"] == "critical"
    assert found[0]["metadata"]["content"] == "not this"
    assert 0.3 <= found[0]["score"] <= 1
    assert memories.search("security vulnerability", project="other", min_score=0.3) == []
    assert memories.search("security vulnerability", memory_type="insight", min_score=0) == []
    assert memories.search("security vulnerability", min_score=0.99) == []


def test_memories_are_listed_counted_and_deleted(memories: QdrantStorage, clock: HandClock) -> None:
    ids = []
    for number in range(3):
        clock.forward(1_000)
        ids.append(memories.add_memory(f"memory {number}", "s1" if number else "s2", "p"))
    assert [r["id"] for r in memories.get_recent(limit=2, project="p")] == [ids[2], ids[1]]
    stats = memories.get_stats()
    assert (stats["points_count"], stats["vector_size"]) == (3, 384)
    assert stats["by_type"]["conversation"] == 3
    assert memories.delete_session("s1") == 2
    assert memories.delete_memory(ids[0])
    assert not memories.delete_memory(ids[0])
    assert memories.health_check()


@pytest.mark.parametrize(
    ("given", "key", "expected"),
    [
        ("http://localhost:6333", None, "qdrant://localhost:6333/aiana_memories"),
        ("https://q.example.com", "k&y", "qdrant://q.example.com:6333/aiana_memories"
         "?https=1&api_key=k%26y"),
        ("http://[::1]:7000/mine", None, "qdrant://[::1]:7000/mine"),
        ("qdrant:memory", None, "qdrant:memory"),
        ("/a/path", None, "/a/path"),
    ],
)  # fmt: skip
def test_a_servers_url_becomes_one_of_ours(given: str, key: str | None, expected: str) -> None:
    assert qdrant_url(given, key) == expected


def test_the_environment_names_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = HashingEmbedder()
    monkeypatch.delenv("QDRANT_URL", raising=False)
    assert QdrantStorage(embedder=embedder).place == "qdrant://localhost:6333/aiana_memories"
    monkeypatch.setenv("QDRANT_URL", "http://qdrant:6333")
    assert QdrantStorage(embedder=embedder).place == "qdrant://qdrant:6333/aiana_memories"
