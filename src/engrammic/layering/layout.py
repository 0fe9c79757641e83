"""How a table lies in two databases: stamps for vectors here, vectors under their stamps there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from engrammic.clock import new_id
from engrammic.filters import Compare, Filter, eq, every
from engrammic.reads import at_top, partition_of
from engrammic.types import Field, Kind, Schema

T = TypeVar("T")

STAMP = "engrammic_stamp"
VECTOR = "engrammic_vector"
AT_ONCE = 100
"""Keys in one filter."""


def of_records(schema: Schema) -> Schema:
    """The table on the side of the records: a stamp, with the dimension noted, for each vector."""
    return replace(schema, fields=tuple(map(_stamped, schema.fields)))


def whole(stored: Schema) -> Schema:
    """The table that `of_records` made this of."""
    fields = [replace(f, kind=Kind.VECTOR) if _is_stamp(f) else f for f in stored.fields]
    return replace(stored, fields=tuple(fields))


def _stamped(field: Field) -> Field:
    return replace(field, kind=Kind.TEXT) if field.kind is Kind.VECTOR else field


def _is_stamp(field: Field) -> bool:
    return field.kind is Kind.TEXT and field.dimension is not None


def of_vectors(schema: Schema, field: Field) -> Schema:
    """The table on the side of the vectors, of one field."""
    key = tuple(replace(schema.field(n), nullable=False) for n in schema.key)
    own = (Field(STAMP, Kind.TEXT, nullable=False), replace(field, name=VECTOR, nullable=False))
    return Schema(
        vector_table(schema.name, field.name), (*key, *own), (*schema.key, STAMP),
        partition=schema.partition,
    )  # fmt: skip


def vector_table(table: str, field: str) -> str:
    """The name of the table of one field's vectors: another one for each field."""
    return f"{quote(table, safe='').replace('.', '%2E')}.{quote(field, safe='')}"


def stamp_of(vector: NDArray[np.float32]) -> str:
    """A new stamp for a vector: a token nobody else has, and the vector's hash."""
    return f"{new_id()}.{content_hash(vector)}"


def content_hash(vector: NDArray[np.float32]) -> str:
    """The hash of a vector's bits."""
    return blake2b(np.asarray(vector, "<f4").tobytes(), digest_size=16).hexdigest()


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """The items, AT_ONCE at a time."""
    whole = list(items)
    for start in range(0, len(whole), AT_ONCE):
        yield whole[start : start + AT_ONCE]


def narrowed(schema: Schema, where: Filter | None) -> Filter | None:
    """What the side of the vectors can tell of a filter: the partition, and parts on the key."""
    parts: list[Filter] = []
    if schema.partition is not None:
        parts.append(eq(schema.partition, partition_of(schema, where)))
    for part in at_top(where):
        if isinstance(part, Compare) and part.field in schema.key and part not in parts:
            parts.append(part)
    return every(*parts) if parts else None
