"""Which files can be read among those that a user names, and why the others cannot."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from engrammic.sessions.formats import SUFFIXES, detect
from engrammic.sessions.lines import BadLine

PASSED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Directories that hold other people's files."""


class Found(NamedTuple):
    """The files to read, sorted, and those passed over, each with the reason."""

    files: list[Path]
    skipped: list[BadLine]


def find(paths: Iterable[str | Path]) -> Found:
    """Every readable file among `paths` and in the directories among them, each once.

    Hidden entries and PASSED are not looked into, unless named outright;
    links to directories are not followed.
    """
    files: dict[Path, Path] = {}
    skipped: dict[Path, BadLine] = {}
    for path in (p for given in paths for p in _walk(Path(given).expanduser())):
        key = path.resolve()
        if key in files or key in skipped:
            continue
        if reason := _refusal(path):
            skipped[key] = BadLine(path, None, reason)
        else:
            files[key] = path
    return Found(sorted(files.values()), sorted(skipped.values(), key=lambda s: s.path))


def _walk(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for root, directories, names in os.walk(path):
        directories[:] = sorted(d for d in directories if not d.startswith(".") and d not in PASSED)
        yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))


def _refusal(path: Path) -> str | None:
    """Why the file cannot be read; None when it can."""
    if not path.is_file():
        return "no such file"
    if path.suffix.lower() not in SUFFIXES:
        return f"no reader for {path.suffix}" if path.suffix else "no suffix to tell what it holds"
    try:
        if path.stat().st_size == 0:
            return "empty"
        return None if detect(path) else "no known transcript format"
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
