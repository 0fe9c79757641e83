"""Records, schemas and scored records: what every database stores and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from engrammic.errors import InvalidSchema, UnknownField

Record: TypeAlias = dict[str, Any]
"""One row: field name to value. A field that is absent is null."""

Vector: TypeAlias = Sequence[float] | NDArray[Any]
"""A vector as given by a caller."""


class Kind(StrEnum):
    """What a field holds, and the Python value that carries it.

    TEXT str without NUL; INT within 2**53; FLOAT finite; BOOL; JSON anything
    `json` takes; BLOB bytes; VECTOR float32 values, normalised on write;
    TERMS analyser terms separated by one space, searched by `text_search`.
    """

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    JSON = "json"
    BLOB = "blob"
    VECTOR = "vector"
    TERMS = "terms"


DERIVED = frozenset({Kind.VECTOR, Kind.TERMS})
"""Kinds that serve search: vectors are read back when `columns` names them, terms never."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `dimension` is for VECTOR, `weight` for TERMS (its part in BM25)."""

    name: str
    kind: Kind
    nullable: bool = True
    dimension: int | None = None
    weight: float = 1.0


def vector_field(dimension: int | None) -> tuple[Field, ...]:
    """The field that holds vectors of that length; without a dimension there is none (yet)."""
    return () if dimension is None else (Field("vector", Kind.VECTOR, dimension=dimension),)


@dataclass(frozen=True, slots=True)
class Index:
    """An ordered index over fields: makes filters and orders on its prefix fast."""

    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The fields joined by an underscore."""
        return "_".join(self.fields)


@dataclass(frozen=True, slots=True)
class Schema:
    """A table: its fields, the key that identifies a record, and its indexes.

    `partition` names a field by which vectors and BM25 statistics are kept
    apart: a search always asks for exactly one value of it. `Scoped` sets it.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ("id",)
    indexes: tuple[Index, ...] = ()
    partition: str | None = None
    _by_name: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)
    _hash: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {f.name: f for f in self.fields}
        object.__setattr__(self, "_by_name", by_name)
        parts = (self.name, self.fields, self.key, self.indexes, self.partition)
        object.__setattr__(self, "_hash", hash(parts))
        if len(by_name) != len(self.fields):
            raise InvalidSchema(self.name, "two fields share a name")
        for name in (*self.key, *(n for i in self.indexes for n in i.fields)):
            if name not in by_name:
                raise UnknownField(f"{self.name}.{name}", by_name)

    def __hash__(self) -> int:
        # Worked out once: schemas are looked up by for each record that is read.
        return self._hash

    def field(self, name: str) -> Field:
        """The field called `name`; `metadata.a.b` gives `metadata`. Raises UnknownField."""
        found = self._by_name.get(name) or self._json_root(name)
        if found is None:
            raise UnknownField(f"{self.name}.{name}", self._by_name)
        return found

    def _json_root(self, name: str) -> Field | None:
        root = self._by_name.get(name.partition(".")[0])
        return root if root is not None and root.kind is Kind.JSON else None

    def of_kind(self, kind: Kind) -> tuple[Field, ...]:
        """The fields of one kind, in schema order."""
        return tuple(f for f in self.fields if f.kind is kind)

    @property
    def stored(self) -> tuple[str, ...]:
        """Names of the fields that a query returns by default: all but DERIVED."""
        return tuple(f.name for f in self.fields if f.kind not in DERIVED)

    def partitioned(self, by: str) -> Schema:
        """The same table with `by` (TEXT) in front of its key and of every index."""
        return replace(
            self,
            fields=(Field(by, Kind.TEXT, nullable=False), *self.fields),
            key=(by, *self.key),
            indexes=tuple(Index((by, *i.fields)) for i in self.indexes),
            partition=by,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by one non-nullable field; ties are broken by the key, in the same direction."""

    field: str
    descending: bool = False


class Scored(NamedTuple):
    """A record and its score: cosine in [-1, 1] or BM25 >= 0, higher is better."""

    record: Record
    score: float
