"""What a caller may name as a path, and what among it is never opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engrammic.errors import InvalidInput
from engrammic.sessions import find, read


def test_find_walks_in_order_and_tells_what_it_passes_over(tmp_path: Path) -> None:
    for name in (
        "b/x.md",
        "a.md",
        ".git/c.md",
        "node_modules/d.md",
        ".hidden.md",
        "LICENSE",
        "p.pdf",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# words")
    (tmp_path / "other.json").write_text("{}")
    (tmp_path / "empty.md").touch()
    found = find([tmp_path, tmp_path / "a.md", tmp_path / "gone.md"])
    assert [str(p.relative_to(tmp_path)) for p in found.files] == ["a.md", "b/x.md"]
    assert [(s.path.name, s.reason) for s in found.skipped] == [
        ("LICENSE", "no suffix to tell what it holds"),
        ("empty.md", "empty"),
        ("gone.md", "no such file"),
        ("other.json", "no known transcript format"),
        ("p.pdf", "no reader for .pdf"),
    ]
    assert all(s.line is None for s in found.skipped)


def test_a_directory_named_outright_is_read_though_hidden(tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "a.md").write_text("# words")
    assert find([tmp_path]).files == []
    assert find([tmp_path / ".claude"]).files == [tmp_path / ".claude" / "a.md"]


def test_pipes_and_links_in_circles_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "round.md").symlink_to(tmp_path / "round.md")
    (tmp_path / "dangling.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "deeper").symlink_to(tmp_path)
    (tmp_path / "a.md").write_text("# words")
    found = find([tmp_path, tmp_path / "round.md", "/dev/null"])
    assert [p.name for p in found.files] == ["a.md"]
    reasons = {s.path.name: s.reason for s in found.skipped}
    assert reasons.pop("round.md").startswith("cannot be opened: ")
    assert reasons == {
        "pipe.jsonl": "no regular file",
        "dangling.md": "no such file",
        "null": "no regular file",
    }


@pytest.mark.parametrize("path", [None, 7, b"a.md", "a\0.md", "x" * 5_000, "~no-such-user-here/a"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match=r"^paths: "):
        find([path])
    with pytest.raises(InvalidInput, match=r"^path: "):
        read(path)


def test_paths_are_a_list(tmp_path: Path) -> None:
    for wrong in ("notes.md", tmp_path, None):
        with pytest.raises(InvalidInput, match=r"^paths: want a list"):
            find(wrong)  # type: ignore[arg-type]
