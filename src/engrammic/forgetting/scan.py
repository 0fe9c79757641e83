"""Looking for bytes in files, in a process of its own.

A process that opens an SQLite file a second time loses its locks when it closes
it: so whoever looks into the file of an open database is another process.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from engrammic.errors import StorageError

CHUNK = 1 << 22
LENGTH = 24
"""Bytes of a text that are looked for: a longer run may be split between two pages."""
PIECES = 4


def pieces(text: str) -> list[bytes]:
    """Some stretches of a text by which its traces are known; none of a very short one."""
    raw = text.encode()
    if len(raw) < 8:
        return []
    last = max(0, len(raw) - LENGTH)
    starts = {last * n // max(1, PIECES - 1) for n in range(PIECES)}
    return [raw[start : start + LENGTH] for start in sorted(starts)]


async def traces(places: Sequence[Path], needles: Sequence[bytes]) -> list[str]:
    """The files in which one of the needles stands, found by another process."""
    asked = {"places": [str(p) for p in places], "needles": [n.hex() for n in needles]}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    answer, complaint = await process.communicate(json.dumps(asked).encode())
    if process.returncode:
        raise StorageError(f"the files could not be scanned: {complaint.decode().strip()}")
    found: list[str] = json.loads(answer)
    return found


def scan(places: Sequence[Path], needles: Sequence[bytes]) -> list[str]:
    """The files, in folders too, in which one of the needles stands."""
    return [str(path) for path in _files(places) if _holds(path, needles)]


def _files(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from sorted(p for p in place.rglob("*") if p.is_file())
        elif place.exists():
            yield place


def _holds(path: Path, needles: Sequence[bytes]) -> bool:
    overlap = max(map(len, needles), default=1) - 1
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            window = tail + chunk
            if any(needle in window for needle in needles):
                return True
            tail = window[-overlap:] if overlap else b""
    return False


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    found = scan([Path(p) for p in asked["places"]], [bytes.fromhex(n) for n in asked["needles"]])
    json.dump(found, sys.stdout)
