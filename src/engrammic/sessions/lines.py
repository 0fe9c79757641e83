"""Files read piece by piece: JSON lines in bounded memory, and whole JSON documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from errno import ENAMETOOLONG
from os import PathLike, fspath, stat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias, TypeVar

from engrammic.errors import InvalidInput
from engrammic.items import Conversation, Message, Note
from engrammic.sessions.storable import refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A part of a file that could not be read; `line` counts from 1, None is the whole file."""

    path: Path
    line: int | None
    reason: str


Item: TypeAlias = Message | Note | Conversation | BadLine

LONGEST = 64 * 2**20
"""Bytes of the longest line that is read; a longer one is reported and passed over."""

LINES = frozenset({".jsonl", ".ndjson"})
"""Suffixes of files that hold one JSON value a line."""

HEAD = 2**18
"""Bytes of a file's beginning by which its format is told."""


class NotJson(ValueError):
    """Bytes that hold no JSON value; `line` counts within them."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.line = line


class Line(NamedTuple):
    """One object of a JSON lines file."""

    number: int
    record: dict[str, Any]


def parse(data: bytes) -> Any:
    """The JSON value; a byte that is not UTF-8 becomes a lone surrogate, for `clean` to find.

    Raw control characters inside texts are let through. Raises NotJson.
    """
    try:
        return json.loads(data.decode("utf-8", "surrogateescape").lstrip("\ufeff"), strict=False)
    except json.JSONDecodeError as error:
        raise NotJson(f"no valid JSON: {error.msg} (column {error.colno})", error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise NotJson(f"no readable JSON: {error}", None) from error


def path_of(given: object, name: str) -> Path:
    """The path that a caller names, `~` expanded. Raises InvalidInput for what is none."""
    if not isinstance(given, str | PathLike) or not isinstance(fspath(given), str):
        raise InvalidInput(name, f"want a path, not {given!r:.80}")
    try:
        path = Path(given).expanduser()
        stat(path)
    except (RuntimeError, ValueError) as error:
        raise InvalidInput(name, f"{str(given)!r:.80} is no path: {error}") from error
    except OSError as error:
        if error.errno == ENAMETOOLONG:
            raise InvalidInput(name, f"{str(given)!r:.80}... is too long for a path") from error
    return path


def records(path: Path) -> Iterator[Line | BadLine]:
    """The objects of a JSON lines file in order; blank lines are passed over."""
    with path.open("rb") as file:
        for number, raw in enumerate(_raw_lines(file), 1):
            if raw is None:
                yield BadLine(path, number, f"longer than {LONGEST} bytes; passed over")
            elif raw.strip():
                yield _record(path, number, raw)


def _raw_lines(file: BinaryIO) -> Iterator[bytes | None]:
    while raw := file.readline(LONGEST):
        whole = raw.endswith(b"\n") or len(raw) < LONGEST
        while not whole:
            rest = file.readline(LONGEST)
            whole = rest.endswith(b"\n") or len(rest) < LONGEST
            raw = b""
        yield raw or None


def _record(path: Path, number: int, raw: bytes) -> Line | BadLine:
    try:
        value = parse(raw)
    except NotJson as error:
        if raw.endswith(b"\n"):
            return BadLine(path, number, str(error))
        cut = "the last line is cut off; if the file is still being written, read it again later"
        return BadLine(path, number, cut)
    if not isinstance(value, dict):
        return BadLine(path, number, f"not an object but {type(value).__name__}")
    return Line(number, value)


def each(path: Path, handle: Callable[[Line], Iterable[Item]]) -> Iterator[Item]:
    """What `handle` makes of each line; what it refuses as InvalidInput becomes a BadLine."""
    for line in records(path):
        if isinstance(line, BadLine):
            yield line
        else:
            yield from guarded(path, line.number, handle, line)


def guarded(
    path: Path, line: int | None, handle: Callable[[T], Iterable[Item]], value: T, where: str = ""
) -> list[Item]:
    """The items that `handle` makes of the value, or the one BadLine that says why it could not.

    An item that no store takes becomes a BadLine in its place.
    """
    try:
        return [_storable(path, line, item, where) for item in handle(value)]
    except InvalidInput as error:
        return [BadLine(path, line, f"{where}{error}")]
    except RecursionError:
        return [BadLine(path, line, f"{where}nested too deeply")]


def _storable(path: Path, line: int | None, item: Item, where: str) -> Item:
    reason = None if isinstance(item, BadLine) else refusal(item)
    return item if reason is None else BadLine(path, line, f"{where}{reason}")


def document(path: Path) -> Any:
    """The value of a file that is one JSON document, or a BadLine when it is none."""
    data = path.read_bytes()
    try:
        return parse(data)
    except NotJson as error:
        return BadLine(path, error.line, str(error))


def sample(head: bytes) -> list[dict[str, Any]]:
    """The objects on the complete lines of a file's beginning, and on a last line that parses."""
    found = []
    for raw in head.split(b"\n"):
        try:
            value = parse(raw) if raw.strip() else None
        except NotJson:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
