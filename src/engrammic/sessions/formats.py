"""The formats that can be read, and which of them a file has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from engrammic.errors import InvalidInput
from engrammic.sessions import (
    archive,
    chat,
    chatgpt,
    claude,
    claude_code,
    codex,
    markdown,
    swe_agent,
)
from engrammic.sessions.lines import HEAD, LINES, LONGEST, Item, path_of


class Reader(Protocol):
    """What a module of this package offers for its format."""

    def detect(self, head: bytes, path: Path) -> bool:
        """Whether a file that begins with `head` has the format."""

    def read(self, path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
        """The items of a file that has the format."""


FORMATS: Mapping[str, Reader] = MappingProxyType(
    {
        archive.NAME: archive,
        claude_code.NAME: claude_code,
        codex.NAME: codex,
        swe_agent.NAME: swe_agent,
        chatgpt.NAME: chatgpt,
        claude.NAME: claude,
        chat.NAME: chat,
        markdown.NAME: markdown,
    }
)
"""Readers by the name of their format, in the order in which they are asked."""

SUFFIXES = LINES | {".json", ".traj"} | markdown.SUFFIXES
"""Suffixes that some reader takes."""


def detect(path: Path) -> str | None:
    """The name of the file's format, or None. Raises OSError when it cannot be opened."""
    head = _head(path)
    return next((name for name, reader in FORMATS.items() if reader.detect(head, path)), None)


def _head(path: Path) -> bytes:
    """The beginning of the file: with JSON lines at least the first line, however long."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        if path.suffix in LINES and b"\n" not in head:
            head += file.readline(LONGEST)
        return head


def read(path: str | Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The items of a file, in the format that it turns out to have; an empty one has none.

    The same file gives the same items. Raises InvalidInput, at once, for a
    file that is not there or that no reader knows.
    """
    file = path_of(path, "path")
    if not file.is_file():
        what = "a directory; give its files" if file.is_dir() else "no such file"
        raise InvalidInput("path", f"{file}: {what}")
    if file.stat().st_size == 0:
        return iter(())
    name = detect(file)
    if name is None:
        raise InvalidInput("path", f"{file}: no known format; there are {', '.join(FORMATS)}")
    return FORMATS[name].read(file, include_thinking=include_thinking)
