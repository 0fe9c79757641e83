"""Archives: what is exported comes back equal, and bad lines are reported, never fatal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engrammic import Conversation, Memory, Message, Note
from engrammic.sessions.archive import FORMAT, entry, header
from engrammic.sessions.formats import detect, read
from engrammic.sessions.lines import BadLine

MOMENT = 1_760_000_000_000
MESSAGE = Message("c", "user", "hello", "m-1", name="Ada", created_at=MOMENT, metadata={"a": [1]})
NOTE = Note("short", "n-1", "preference", source="web", created_at=MOMENT, updated_at=MOMENT + 5)
TALK = Conversation("c", "Greetings", created_at=MOMENT, updated_at=MOMENT, message_count=1)


def archive(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_items_come_back_as_they_were(tmp_path: Path) -> None:
    entries = map(entry, (TALK, MESSAGE, NOTE))
    file = archive(tmp_path / "a.jsonl", header("local///", MOMENT), *entries)
    assert detect(file) == "engrammic"
    talk, message, note = read(file)
    assert talk == Conversation("c", "Greetings", created_at=MOMENT, updated_at=MOMENT)
    assert message == MESSAGE
    assert note == NOTE


def test_empty_fields_are_left_out() -> None:
    assert entry(Note("x", "n")) == {
        "note": {"content": "x", "note_id": "n", "memory_type": "note"}
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"message": {"conversation_id": "c", "role": "user", "content": "x"}}, "message_id"),
        ({"message": {"message_id": "m", "conversation_id": "c", "role": "boss"}}, "role"),
        ({"note": {"note_id": "n", "content": " "}}, "content"),
        ({"note": {"note_id": "n", "content": "x", "memory_type": "rumour"}}, "memory_type"),
        ({"note": {"note_id": "n", "content": "x", "created_at": "today"}}, "created_at"),
        ({"note": {"note_id": "n", "content": "x", "metadata": [1]}}, "metadata"),
        ({"conversation": {"title": "x"}}, "conversation_id"),
        ({"picture": {}}, "want one of"),
    ],
)
def test_a_bad_line_is_named_and_passed_over(tmp_path: Path, line: object, reason: str) -> None:
    file = archive(tmp_path / "a.jsonl", header("local///", MOMENT), line, entry(NOTE))
    bad, good = read(file)
    assert isinstance(bad, BadLine)
    assert bad.line == 2
    assert reason in bad.reason
    assert good == NOTE


def test_an_archive_of_a_later_format_is_refused_whole(tmp_path: Path) -> None:
    file = archive(tmp_path / "a.jsonl", {"engrammic": FORMAT + 1}, entry(NOTE))
    (bad,) = read(file)
    assert isinstance(bad, BadLine)
    assert "upgrade" in bad.reason


async def test_an_import_restores_and_deletes_nothing(memory: Memory, tmp_path: Path) -> None:
    await memory.notes.add(Note("newer section", "n-2", source="web"))
    entries = map(entry, (TALK, MESSAGE, NOTE))
    file = archive(tmp_path / "a.jsonl", header("local///", MOMENT), *entries)
    first = await memory.import_files([file])
    assert (first.messages_added, first.notes_added, first.removed) == (1, 1, 0)
    assert await memory.notes.get("n-1") == NOTE
    assert await memory.notes.get("n-2") is not None
    again = await memory.import_files([file])
    assert (again.messages_added, again.notes_added, again.changed) == (0, 0, 0)
