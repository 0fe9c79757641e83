"""Snapshots of a graph as files: written whole or not at all, the newest few kept."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engrammic.checks import check_count
from engrammic.clock import Clock, now
from engrammic.errors import Corrupt
from engrammic.patterns import lazy_pattern
from engrammic.predicate import LARGEST
from engrammic.triples.store import GraphStore

KEEP = 3
"""Snapshots that stay when another is saved."""

_NAME = lazy_pattern(r"snapshot-\d+\.json")


async def save_snapshot(
    store: GraphStore, folder: str | os.PathLike[str], *, keep: int = KEEP, clock: Clock = now
) -> Path:
    """The file `snapshot-<milliseconds>.json` in the folder; all but the newest `keep` go."""
    check_count("keep", keep, 1, LARGEST)
    moment, snapshot = clock(), await store.export()
    path = Path(folder) / f"snapshot-{moment}.json"

    def write() -> None:
        write_json(path, {"created_at": moment, **snapshot})
        for old in _snapshots(path.parent)[:-keep]:
            old.unlink()

    await asyncio.to_thread(write)
    return path


def latest_snapshot(folder: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The newest snapshot in a folder, for `restore`; None where there is none.

    Raises Corrupt for a file that is no JSON.
    """
    found = _snapshots(Path(folder))
    return read_json(found[-1]) if found else None


def _snapshots(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("snapshot-*.json") if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.stem.partition("-")[2]))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file. Raises Corrupt."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Corrupt(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Corrupt(f"{path} holds no JSON object")
    return found


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object, on disk when it returns: a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
