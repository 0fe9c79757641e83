"""Times, ids and text of a log, brought into the form that a store takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from engrammic.clock import EARLIEST
from engrammic.patterns import lazy_pattern

LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_MS_PER_UNIT = ((1e8, 1e11, 1e3), (1e11, 1e14, 1.0), (1e14, 1e17, 1e-3), (1e17, 1e20, 1e-6))
"""Seconds, milliseconds, microseconds, nanoseconds since 1970: from 1973 on they never overlap."""

_NUMBER = lazy_pattern(r"\d{9,20}(\.\d+)?")
_UNSTORABLE = lazy_pattern("[\x00\ud800-\udfff]")
_PLAIN = lazy_pattern(r"[!-9;-~]+")
_LONGEST_ID = 200
"""Bytes; a store takes keys of 512, its scope included."""


def moment(value: object) -> int | None:
    """Unix milliseconds of an ISO 8601 text, or of a number in s, ms, µs or ns by its size.

    A time without a zone is UTC. None for what is no time, or lies before
    1973 or after 9999.
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for low, high, factor in _MS_PER_UNIT:
        if low <= value < high:
            return _sane(value if factor == 1.0 else value * factor)
    return None


def _from_text(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return moment(float(text) if "." in text else int(text))
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return _sane(zoned.timestamp() * 1000)


def _sane(ms: float) -> int | None:
    return round(ms) if EARLIEST <= ms <= LATEST else None


def clean(value: Any) -> tuple[Any, int]:
    """The value with U+FFFD for what no store takes, and the number of characters replaced.

    Replaced are NUL and lone surrogates, in texts and keys at any depth;
    a float that is not finite becomes its name, since JSON has none.
    """
    if isinstance(value, str):
        sound = value.isascii() and "\x00" not in value
        return (value, 0) if sound else _UNSTORABLE.subn("\ufffd", value)
    if value is None or isinstance(value, int):
        return value, 0
    if isinstance(value, Mapping):
        pairs = [(clean(str(k)), clean(v)) for k, v in value.items()]
        return {k[0]: v[0] for k, v in pairs}, sum(k[1] + v[1] for k, v in pairs)
    if isinstance(value, list | tuple):
        items = [clean(v) for v in value]
        return [v for v, _ in items], sum(n for _, n in items)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value), 0
    return value, 0


def digest(*parts: str, size: int = 12) -> str:
    """A hash of the parts as 2 * `size` hex digits; where a part ends counts."""
    state = blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()


def identity(kind: str, *parts: str) -> str:
    """An id that only these parts give: joined by colons where that is short and plain."""
    if all(_PLAIN.fullmatch(p) for p in parts):
        joined = ":".join((kind, *parts))
        if len(joined) <= _LONGEST_ID:
            return joined
    return f"{kind}:{digest(*parts)}"


def named(value: object) -> str | None:
    """An id that a log gives, as it stands when it can be a key, else hashed; None without one."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    text = str(value)
    plain = text.isprintable() and len(text.encode()) <= _LONGEST_ID
    return text if plain else digest(text)


def text_of(value: object) -> str | None:
    """The value when it is a text with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def mapping_of(value: object) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: object) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def count_of(value: object) -> int | None:
    """The value when it counts something: a whole number, not negative, that a store takes."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53:
        return value
    return None


def present(**values: object) -> dict[str, object]:
    """The given values without None, empty text and False."""
    return {k: v for k, v in values.items() if v is not None and v != "" and v is not False}
