"""Which files can be read among those that a user names, and why the others cannot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from os.path import realpath
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from engrammic.errors import InvalidInput
from engrammic.sessions.formats import SUFFIXES, detect
from engrammic.sessions.lines import BadLine, path_of

PASSED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Directories that hold other people's files."""


class Found(NamedTuple):
    """The files to read, sorted, and those passed over, each with the reason."""

    files: list[Path]
    skipped: list[BadLine]


EMPTY = "empty"
"""Why a file of no bytes is passed over."""


def find(paths: Iterable[str | Path]) -> Found:
    """Every readable file among `paths` and in the directories among them, each once.

    Hidden entries and PASSED are not looked into, unless named outright;
    links to directories are not followed. Raises InvalidInput for what is no path.
    """
    if isinstance(paths, str | bytes) or not isinstance(paths, Iterable):
        raise InvalidInput("paths", f"want a list of paths, not {paths!r:.80}")
    files: dict[str, Path] = {}
    skipped: dict[str, BadLine] = {}

    def skip(path: Path, reason: str) -> None:
        skipped.setdefault(realpath(path), BadLine(path, None, reason))

    for path in (p for given in paths for p in _walk(path_of(given, "paths"), skip)):
        key = realpath(path)
        if key in files or key in skipped:
            continue
        if reason := _refusal(path):
            skip(path, reason)
        else:
            files[key] = path
    return Found(sorted(files.values()), sorted(skipped.values(), key=lambda s: s.path))


def _walk(path: Path, skip: Callable[[Path, str], None]) -> Iterator[Path]:
    if not os.path.isdir(path):
        yield path
        return

    def closed(error: OSError) -> None:
        skip(Path(error.filename), _unopened(error))

    for root, directories, names in os.walk(path, onerror=closed):
        directories[:] = sorted(d for d in directories if not d.startswith(".") and d not in PASSED)
        yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))


def _refusal(path: Path) -> str | None:
    """Why the file cannot be read; None when it can."""
    try:
        state = path.stat()
        if not S_ISREG(state.st_mode):  # to open a pipe would wait for its other end
            return "no regular file"
        if path.suffix.lower() not in SUFFIXES:
            suffix = path.suffix
            return f"no reader for {suffix}" if suffix else "no suffix to tell what it holds"
        if state.st_size == 0:
            return EMPTY
        return None if detect(path) else "no known transcript format"
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return _unopened(error)


def _unopened(error: OSError) -> str:
    return f"cannot be opened: {error.strerror}"
