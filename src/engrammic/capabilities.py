"""What a database does itself, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a database does itself; what it does not is emulated exactly, and slower.

    `durable` says when an acknowledged write survives a crash: "commit" (it is
    on disk), "flush" (after `flush` or a delay of the engine's) or "never".
    """

    atomic: bool = False
    checks: bool = False
    filters: bool = False
    order: bool = False
    vectors: bool = False
    text: bool = False
    processes: bool = False
    durable: Literal["commit", "flush", "never"] = "never"

    @property
    def guarded(self) -> bool:
        """Whether a decision needs checks of its own to keep others out, and can have them."""
        return self.checks and not self.atomic
