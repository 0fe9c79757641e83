"""A change list is noted in one file before it is carried out: all of it happens, or nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engrammic.backends.files import disk
from engrammic.errors import Corrupt

NAME = "journal.json"


class Step(NamedTuple):
    """A file, relative to the base, and its new content; None removes it."""

    path: str
    content: bytes | None


def note(base: Path, steps: Sequence[Step]) -> None:
    """Have the steps on the disk: from now on they will happen, whatever comes between."""
    listed = [[path, None if c is None else base64.b64encode(c).decode()] for path, c in steps]
    disk.write(base / NAME, json.dumps(listed).encode())
    disk.sync([base])


def pending(base: Path) -> list[Step]:
    """The steps that somebody noted and did not finish."""
    path = base / NAME
    try:
        listed = json.loads(path.read_bytes())
        return [Step(p, None if c is None else base64.b64decode(c)) for p, c in listed]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise Corrupt(f"{path} is damaged ({error}); restore a backup of {base}") from error


def carry_out(base: Path, steps: Sequence[Step], keep: int) -> None:
    """Write and remove the files, each whole; then the note is not needed any more."""
    folders = set()
    for name, content in steps:
        path = base / name
        disk.keep(path, keep if content is not None else 0)
        if content is not None:
            disk.write(path, content)
        else:
            path.unlink(missing_ok=True)
            for copy in disk.backups(path):
                copy.unlink(missing_ok=True)
        folders.add(path.parent)
    disk.sync(folders)
    (base / NAME).unlink(missing_ok=True)
    disk.sync([base])
