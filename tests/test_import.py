"""Importing: once, twice, grown, edited, moved; equal contents each time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic import Memory, Note
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput

EXAMPLES = Path(__file__).parent.parent / "examples"


async def contents(memory: Memory) -> dict[str, list[Any]]:
    """Everything that a user stored, table by table."""
    scoped = memory.messages.backend
    tables = ("messages", "conversations", "notes", "passages")
    return {name: await scoped.query(name) for name in tables}


async def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    async with engrammic.open(tmp_path / "home", embedder=HashingEmbedder()) as memory:
        first = await memory.import_files([EXAMPLES])
        before, stats = await contents(memory), await memory.stats()
        again = await memory.import_files([EXAMPLES])

        assert first.messages_added > 50
        assert first.notes_added > 5
        assert (again.messages_added, again.notes_added, again.changed, again.removed) == (
            0,
            0,
            0,
            0,
        )
        assert again.conversations == 0
        assert await contents(memory) == before
        assert await memory.stats() == stats


async def test_a_grown_log_adds_only_what_is_new(memory: Memory, tmp_path: Path) -> None:
    log = tmp_path / "chat.jsonl"
    lines = [json.dumps({"role": "user", "content": f"line {n}", "conversation_id": "c",
                         "timestamp": f"2025-01-01T10:00:{n:02}Z"}) for n in range(10)]  # fmt: skip
    log.write_text("\n".join(lines[:6]) + "\n")
    await memory.import_files([log])

    log.write_text("\n".join(lines) + "\n")
    report = await memory.import_files([log])

    assert (report.messages_added, report.unchanged) == (4, 6)
    said = await memory.messages.get_by_conversation("c")
    assert [m.content for m in said] == [f"line {n}" for n in range(10)]


async def test_an_edited_file_changes_its_sections(memory: Memory, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\nthe first\n\n# B\n\nthe second\n\n# C\n\nthe third\n")
    await memory.import_files([page])

    page.write_text("# A\n\nthe first\n\n# B\n\nchanged\n")
    report = await memory.import_files([page])

    assert (report.notes_added, report.changed, report.removed) == (0, 1, 1)
    assert len(await memory.search("changed", mode="keyword")) == 1
    assert not await memory.search("third", mode="keyword")
    assert not await memory.search("second", mode="keyword")


async def test_a_bad_line_is_told_and_passed_over(memory: Memory, tmp_path: Path) -> None:
    log = tmp_path / "chat.jsonl"
    log.write_text('{"role": "user", "content": "good one"}\n{broken\n'
                   '{"role": "user", "content": "good two"}\n')  # fmt: skip

    report = await memory.import_files([log])

    assert report.messages_added == 2
    assert [(b.path, b.line) for b in report.skipped] == [(log, 2)]
    assert report.as_record()["skipped"][0]["line"] == 2


async def test_a_moved_session_log_is_not_doubled(memory: Memory, tmp_path: Path) -> None:
    log = next((EXAMPLES / "sessions").glob("*auth*.jsonl"))
    await memory.import_files([log])

    report = await memory.import_files([shutil.copy(log, tmp_path / "moved.jsonl")])

    assert report.messages_added == 0


async def test_nothing_to_import_is_an_error(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="paths"):
        await memory.import_files([tmp_path])
    with pytest.raises(InvalidInput, match="nowhere"):
        await memory.import_files([tmp_path / "nowhere"])


async def test_progress_reaches_the_end(memory: Memory) -> None:
    seen: list[tuple[int, int]] = []

    await memory.import_files(
        [EXAMPLES / "notes"], lambda done, total, _: seen.append((done, total))
    )

    assert seen == sorted(seen)
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] > 0


async def test_what_a_user_remembered_about_a_file_stays(memory: Memory, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\nthe first\n\n# B\n\nthe second\n")
    await memory.import_files([page])
    mine = await memory.notes.add(Note("ask Ines about this page", source=str(page)))

    page.write_text("# A\n\nthe first\n")
    report = await memory.import_files([page])

    assert report.removed == 1
    assert await memory.notes.get(mine.note_id or "") == mine
    assert len(await memory.notes.list()) == 2


@pytest.mark.parametrize("left", ["", " \n\n"])
async def test_an_emptied_file_loses_its_sections(
    memory: Memory, tmp_path: Path, left: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\nthe first\n\n# B\n\nthe second\n")
    await memory.import_files([page])

    page.write_text(left)
    report = await memory.import_files([page])

    assert report.removed == 2
    assert await memory.notes.list() == []


LONG = "x" * 1_100_000


async def test_a_line_too_long_for_the_store_is_told_and_passed_over(
    memory: Memory, tmp_path: Path
) -> None:
    log, other, lone = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "lone.jsonl"))
    rows = [{"role": "user", "content": said} for said in ("good one", LONG, "good two")]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    other.write_text(json.dumps(rows[0]) + "\n")
    lone.write_text(json.dumps(rows[1]) + "\n")

    report = await memory.import_files([log, other, lone])

    assert report.messages_added == 3
    assert [(b.path, b.line) for b in report.skipped] == [(log, 2), (lone, 1)]
    assert all("1100000 bytes" in b.reason for b in report.skipped)
    assert sorted(c.message_count for c in await memory.conversations.list()) == [1, 2]
    again = await memory.import_files([log, other, lone])
    assert (again.messages_added, again.changed, again.unchanged) == (0, 0, 3)


async def test_a_section_too_long_for_the_store_is_told_and_passed_over(
    memory: Memory, tmp_path: Path
) -> None:
    page, other = tmp_path / "a.md", tmp_path / "b.md"
    page.write_text(f"---\ntitle: Page\n---\n# A\nfirst\n# B\n{LONG}\n# C\nthird\n")
    other.write_text("# D\nfourth\n")

    report = await memory.import_files([page, other])

    assert report.notes_added == 3
    assert [(b.path, b.line) for b in report.skipped] == [(page, 6)]


async def test_a_section_that_grew_too_long_keeps_what_was_stored(
    memory: Memory, tmp_path: Path
) -> None:
    page = tmp_path / "a.md"
    page.write_text("# A\nfirst\n")
    await memory.import_files([page])
    page.write_text(f"# A\n{LONG}\n")

    report = await memory.import_files([page])

    assert (report.removed, len(report.skipped)) == (0, 1)
    assert [n.content for n in await memory.notes.list()] == ["# A\nfirst\n"]


async def test_facts_of_a_conversation_that_no_store_takes_are_told(
    memory: Memory, tmp_path: Path
) -> None:
    log = tmp_path / "rollout.jsonl"
    lines = [
        {"type": "session_meta", "payload": {"id": "s", "cwd": {"inode": 2**60}}},
        {"type": "response_item", "payload": {"type": "message", "role": "user", "content": "hi"}},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = tmp_path / "z.md"
    page.write_text("# A\nfirst\n")

    report = await memory.import_files([log, page])

    assert report.notes_added == 1
    assert {b.path for b in report.skipped} == {log}


async def test_ids_as_long_as_a_store_takes_are_imported(memory: Memory, tmp_path: Path) -> None:
    log = tmp_path / "archive.jsonl"
    notes = [{"note": {"note_id": "n" * size, "content": "short"}} for size in (512, 513)]
    log.write_text("".join(json.dumps(r) + "\n" for r in ({"engrammic": 1}, *notes)))

    report = await memory.import_files([log])

    assert report.notes_added == 1
    assert [b.line for b in report.skipped] == [3]
