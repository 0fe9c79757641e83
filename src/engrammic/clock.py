"""Time as unix milliseconds, and ids that sort by the time they were made."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

from engrammic.checks import shown
from engrammic.errors import InvalidInput

Clock: TypeAlias = Callable[[], int]
"""Gives the time now, in unix milliseconds UTC."""

EARLIEST = 10**11
"""Values below are seconds, or dates before March 1973: refused, because the unit is unclear."""
LATEST = 2**53 // 1024
DAY = 86_400_000


def now() -> int:
    """The time in unix milliseconds."""
    return time.time_ns() // 1_000_000


def milliseconds(name: str, moment: object) -> int:
    """A moment as unix milliseconds. `name` is the field that an error names."""
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment = round(aware.timestamp() * 1000)
    if isinstance(moment, bool) or not isinstance(moment, int):
        raise InvalidInput(name, f"want unix milliseconds or a datetime, not {shown(moment)}")
    if not EARLIEST <= moment < LATEST:
        raise InvalidInput(
            name,
            f"want unix milliseconds; {shown(moment)} is no likely time "
            "(seconds? multiply by 1000)",
        )
    return moment


def iso(moment: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(moment: int) -> str:
    """Unix milliseconds as a written date: `8 May 2023`."""
    return _written_day(moment // DAY)


@lru_cache(maxsize=4096)
def _written_day(number: int) -> str:
    at = datetime.fromtimestamp(number * DAY / 1000, UTC)
    return f"{at.day} {at:%B %Y}"


def new_id() -> str:
    """An id nobody else has: 48 bits of time, 80 of chance, in hexadecimal."""
    return f"{now():012x}{secrets.token_hex(10)}"
