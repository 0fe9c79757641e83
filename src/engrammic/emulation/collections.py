"""The verbs that a store of documents or vectors has to offer, to be made a whole backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engrammic.filters import Filter
from engrammic.keys import Key
from engrammic.types import Field, Kind, Order, Record, Schema, Scored


@dataclass(slots=True)
class Outcome:
    """One table's part of a change list: whole records to save, keys to erase."""

    schema: Schema
    saved: dict[Key, Record] = field(default_factory=dict)
    erased: set[Key] = field(default_factory=set)


NOTES = Schema(
    "_notes",
    (
        Field("name", Kind.TEXT, nullable=False),
        Field("about", Kind.TEXT, nullable=False),
        Field("text", Kind.TEXT, nullable=False),
    ),
    key=("name",),
)
"""The backend's own table: the schemas of the others, and stamps of what was written."""

TABLE = "table"
"""What the notes are about that hold schemas."""


class Collections(ABC):
    """One connection to one engine: a collection for each table.

    Records travel in their stored form, as `engrammic.records.cleaner` makes
    it: JSON as canonical text, vectors as unit float32 arrays, terms as one
    text. What comes back holds at least the columns that were asked for, and
    may hold more. Filters have been checked against the schema.
    """

    searches: bool = True
    """Whether there is `nearest`; without it vectors are compared in this process."""

    approximate: bool = False
    """Whether `nearest` may overlook some: a page that it leaves short is then filled here."""

    most: ClassVar[int] = 10_000
    """The most hits that one `nearest` gives."""

    shared: bool = False
    """Whether other processes may write: then what is derived here is checked before each use."""

    noted: ClassVar[int] = 0
    """The most keys that `load_noted` takes; with 0 there is none."""

    @abstractmethod
    async def create(self, schema: Schema, old: Schema | None) -> None:
        """Make the collection of a table, or let it grow from `old`. Idempotent."""

    @abstractmethod
    async def drop(self, schema: Schema) -> None:
        """Remove the collection; absent is fine."""

    @abstractmethod
    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """Insert whole records, or replace those whose key is there. Each key occurs once."""

    @abstractmethod
    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """Delete the records under these keys; absent ones are fine."""

    @abstractmethod
    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """The records under these keys, in any order; absent ones are left out."""

    @abstractmethod
    def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """Every record that matches, and perhaps others, in batches of any order.

        `columns` may name vectors and terms.
        """

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """Whether `scan`, `nearest`, `count` and `page` let through no other record."""
        return False

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """The `count` nearest of those that `scan` gives, best first, by cosine.

        Fewer only where there are no more. The vector has length 1.
        """
        raise NotImplementedError

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """How many records match, None to have them counted by `scan`. Asked if exact."""
        return None

    async def page(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record] | None:
        """As `Backend.query`, None where the engine has no such order. Asked if exact."""
        return None

    async def load_noted(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str], about: str
    ) -> tuple[list[Record], list[Record]] | None:
        """The NOTES about something, then `load`, in one request; None where that does not do."""
        return None

    def exclusively(self) -> AbstractAsyncContextManager[None]:
        """Held from the first read of a change list to its last write.

        An engine that other processes share keeps them out here, if it can.
        """
        return nullcontext()

    async def commit(self, outcomes: Sequence[Outcome]) -> None:
        """Write what a change list comes to: all that is new, then away with the old."""
        for outcome in outcomes:
            if outcome.saved:
                await self.save(outcome.schema, list(outcome.saved.values()))
        for outcome in outcomes:
            if outcome.erased:
                await self.erase(outcome.schema, list(outcome.erased))

    async def version(self) -> str | None:
        """A word that changes with every write of anybody; None where the engine has none."""
        return None

    async def flush(self) -> None:
        """Return when everything acknowledged is durable."""

    async def optimize(self) -> None:
        """Do the engine's own housekeeping."""

    async def health(self) -> dict[str, Any]:
        """What else there is to tell; raises where the engine does not answer."""
        return {}

    async def close(self) -> None:
        """Give the connection back."""
