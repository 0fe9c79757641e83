"""Names of files for any ids: none leaves its folder, and no two ids share one.

Lower-case letters, digits, `-` and `_` stand for themselves; every other byte
is `%XX`, so that names differ also where the disk ignores case. What Windows
reserves, and what is too long for a file, is marked and hashed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
LONGEST = 150
"""Characters of an encoded name; with a time and a suffix it stays below 255 bytes."""

RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)


def file_name(value: Any) -> str:
    """The name for an id: readable where the id is plain."""
    text = str(value)
    name = "".join(c if c in PLAIN else _escaped(c) for c in text)
    if name in RESERVED:
        return f"%{ord(name[0]):02X}{name[1:]}"
    if not name:
        return "%"
    if len(name) <= LONGEST:
        return name
    return f"{name[:80]}%%{sha256(text.encode()).hexdigest()}"


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
