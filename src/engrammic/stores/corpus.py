"""What a search looks through: a table, and what of it."""

from __future__ import annotations

from dataclasses import dataclass

from engrammic.filters import Filter
from engrammic.types import Kind, Schema


@dataclass(frozen=True, slots=True)
class Corpus:
    """One table to search in, and what narrows it.

    `vector` and `moment` name the fields that hold an item's vector and its time;
    `findable` says what has words and vectors, where not everything has.
    """

    kind: str
    schema: Schema
    where: Filter | None = None
    vector: str = "vector"
    moment: str = "created_at"
    findable: Filter | None = None

    @property
    def key(self) -> str:
        """The field that holds an item's id."""
        return self.schema.key[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that ranking needs."""
        return (self.key, self.moment)

    @property
    def has_vectors(self) -> bool:
        """Whether the table has a field for vectors."""
        return bool(self.schema.of_kind(Kind.VECTOR))
