"""The garbage collector, kept from looking through everything in the middle of a write.

A full pass looks at every object of the process: among those of 100,000 messages it takes
0.2 seconds, in which no thread runs, and the transaction under way lasts as much longer.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_YOUNG = 1
"""The generations up to this one hold what was made lately."""


class FullPasses:
    """Whether full passes are put off, and for how many who write."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._writing = 0
        self._ours = False
        """Whether the collector ran by itself before the first of them came."""

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """While this lasts the collector looks at young objects alone, at each `short_pass`.

        Whoever switched it off before finds it off.
        """
        with self._lock:
            if self._writing == 0:
                self._ours = gc.isenabled()
                gc.disable()
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing = max(0, self._writing - 1)  # a fork may end what it did not begin
                if self._writing == 0 and self._ours:
                    gc.enable()

    def short_pass(self) -> None:
        """Free the cycles among young objects, where the collector would have done so by now."""
        if self._ours and not gc.isenabled():
            gc.collect(_YOUNG)

    def forget(self) -> None:
        """Let the collector run again: nobody of those who write came along into a fork."""
        if self._writing and self._ours:
            gc.enable()
        self._lock, self._writing = Lock(), 0


full_passes = FullPasses()
"""One for the process, as the collector is."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=full_passes.forget)
