"""What is asked of every way to reach Qdrant: over its client, or in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models


class Point(NamedTuple):
    """A point: its vectors by name, as lists or arrays of floats."""

    id: str
    payload: dict[str, Any]
    vectors: dict[str, Any]
    score: float = 0.0


class Wanted(NamedTuple):
    """What is to come back of each point."""

    payload: list[str]
    vectors: list[str]


class Sorting(NamedTuple):
    """By one payload field that holds ints and is indexed."""

    key: str
    descending: bool


class Driver(ABC):
    """Blocking verbs over collections, by their full names."""

    shared: bool = False
    """Whether others may write. Otherwise the verbs are called one at a time."""

    quick: bool = False
    """Whether a search takes less than going to another thread and back."""

    knows_parts: bool = True
    """Whether there are conditions on the prefix of a text and on what it contains."""

    batch: int = 1000
    """Points in one request."""

    @abstractmethod
    def dimensions(self, name: str) -> dict[str, int] | None:
        """The vectors of a collection, None where there is none."""

    @abstractmethod
    def create(self, name: str, vectors: dict[str, int]) -> None:
        """Make a collection with these vectors; there is none, or another process was faster."""

    @abstractmethod
    def widen(self, name: str, vector: str, dimension: int) -> None:
        """Give a collection one more vector."""

    @abstractmethod
    def index(
        self, name: str, keys: Mapping[str, models.PayloadSchemaType], tenant: str | None
    ) -> None:
        """Make conditions on these payload fields fast; `tenant` divides the points. Idempotent."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a collection; absent is fine."""

    @abstractmethod
    def upsert(self, name: str, points: Sequence[Point]) -> None:
        """Insert points, or replace them whole."""

    @abstractmethod
    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Delete points; absent ones are fine."""

    @abstractmethod
    def retrieve(self, name: str, ids: Sequence[str], wanted: Wanted) -> list[Point]:
        """The points under these ids that are there."""

    @abstractmethod
    def scroll(
        self, name: str, where: models.Filter | None, offset: Any, limit: int, wanted: Wanted
    ) -> tuple[list[Point], Any]:
        """A page of points by id, and the offset of the next one, None at the end."""

    @abstractmethod
    def sorted(
        self,
        name: str,
        where: models.Filter | None,
        sorting: Sorting,
        limit: int,
        wanted: Wanted,
    ) -> list[Point]:
        """The first `limit` points in this order; equal ones in any."""

    @abstractmethod
    def nearest(
        self,
        name: str,
        vector: tuple[str, NDArray[np.float32]],
        where: models.Filter | None,
        limit: int,
        wanted: Wanted,
    ) -> list[Point]:
        """The points whose vector of that name has the greatest product with this one."""

    def is_quick(self, name: str, where: models.Filter | None) -> bool:
        """As `quick`, of `nearest` in this collection."""
        return self.quick

    @abstractmethod
    def count(self, name: str, where: models.Filter | None) -> int:
        """How many points match, exactly."""

    def flush(self) -> None:
        """Return when everything acknowledged is durable."""

    def optimize(self) -> None:
        """Do the engine's own housekeeping."""

    def health(self) -> dict[str, Any]:
        """What the engine tells of itself."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Give everything back."""
