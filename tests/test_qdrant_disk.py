"""Waiting for the disk in the place of Qdrant's edge engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engrammic.backends.qdrant import disk


def test_a_file_that_goes_while_its_folder_is_synced_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").write_text("kept")
    monkeypatch.setattr(disk.os, "walk", lambda place: [(place, [], ["gone", "kept"])])
    disk.sync_all(tmp_path)
    disk.sync(tmp_path / "gone")
