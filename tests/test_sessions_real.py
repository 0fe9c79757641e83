"""Real transcripts and documentation, where a directory of them is named."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from engrammic.items import Conversation, Message, Note
from engrammic.sessions import BadLine, Item, find, read

_ROOT = Path(os.environ.get("ENGRAMMIC_DATA", "")) / "ingest"

pytestmark = pytest.mark.skipif(
    "ENGRAMMIC_DATA" not in os.environ or not _ROOT.is_dir(),
    reason="ENGRAMMIC_DATA names no directory with ingest/ in it",
)

DAMAGED = "edge_cases.jsonl"
"""A log that is broken on purpose."""


def everything() -> dict[Path, list[Item]]:
    found = find([_ROOT / "transcripts", _ROOT / "md"])
    return {path: list(read(path)) for path in found.files}


def test_every_transcript_and_every_document_is_found() -> None:
    found = find([_ROOT / "transcripts", _ROOT / "md"])
    wanted = [
        p for p in _ROOT.glob("[tm]*/**/*") if p.suffix in (".md", ".traj", ".json", ".jsonl")
    ]
    assert found.files == sorted(wanted)
    assert {s.path.name for s in found.skipped} == {"LICENSE"}


def test_every_file_gives_items_and_only_the_damaged_one_bad_lines() -> None:
    for path, items in everything().items():
        assert any(isinstance(i, Message | Note) for i in items), path
        bad = [i for i in items if isinstance(i, BadLine)]
        assert [b.line for b in bad] == ([10, 11, 13, 14, 15, 16] if path.name == DAMAGED else [])


def test_ids_are_unique_over_all_files_and_the_same_again() -> None:
    first = everything()
    assert first == everything()
    items = [i for found in first.values() for i in found]
    ids = Counter(i.message_id for i in items if isinstance(i, Message))
    ids.update(i.note_id for i in items if isinstance(i, Note))
    assert ids.most_common(1)[0][1] == 1


def test_times_are_sane_and_never_fall_within_a_conversation() -> None:
    for path, items in everything().items():
        times = [i.created_at for i in items if isinstance(i, Message | Note)]
        assert all(isinstance(t, int) and t > 1_500_000_000_000 for t in times)
        if path.name != DAMAGED:
            assert times == sorted(set(times))


def test_every_message_belongs_to_a_conversation_that_is_told() -> None:
    for items in everything().values():
        told = {i.conversation_id for i in items if isinstance(i, Conversation)}
        assert {i.conversation_id for i in items if isinstance(i, Message)} == told


def test_the_notes_of_a_document_are_its_text() -> None:
    for path, items in everything().items():
        if path.suffix == ".md":
            joined = "".join(i.content for i in items if isinstance(i, Note))
            assert path.read_bytes().decode().endswith(joined)
