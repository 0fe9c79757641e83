"""What a handle derives of a file's partitions and keeps, within a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What takes memory."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        ...


T = TypeVar("T", bound=Sized)

LEAST = 8192
"""Bytes that each counts for at the least: about what it takes while it holds nothing."""
PART = 8
"""They are measured when this part of them is new, since measuring looks at all."""


class Kept(Generic[T]):
    """Derived things by what they are of, the least recently used dropped past `bound` bytes."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._fresh = 0
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under `key`, made now where there is nothing."""
        with self._lock:
            if key not in self._held:
                self._held[key] = make()
                self._fresh += 1
                if self._fresh * PART >= len(self._held):
                    self._shrink()
            self._held.move_to_end(key)
            return self._held[key]

    def _shrink(self) -> None:
        self._fresh = 0
        sizes = {key: max(LEAST, each.nbytes) for key, each in self._held.items()}
        total = sum(sizes.values())
        for key in list(self._held)[:-1]:
            if total <= self._bound:
                return
            total -= sizes[key]
            del self._held[key]

    def forget(self) -> None:
        """Drop them all: a table went away."""
        with self._lock:
            self._held.clear()
