"""Which partitions have to be filtered for, since others stand among their nearest records."""

from __future__ import annotations

import time

from engrammic.filters import Filter

LASTING = 10.0
"""Seconds for which a partition is taken to be as it was found."""


class Mixed:
    """Partitions that do not have their table for themselves."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, Filter | None], float] = {}

    def knows(self, table: str, where: Filter | None) -> bool:
        """Whether it was found so a moment ago."""
        return self._until.get((table, where), 0.0) > time.monotonic()

    def note(self, table: str, where: Filter | None) -> None:
        """Found so now."""
        now = time.monotonic()
        self._until = {place: end for place, end in self._until.items() if end > now}
        self._until[table, where] = now + LASTING
