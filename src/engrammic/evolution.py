"""How a stored table may grow by itself: what is neither new and nullable nor equal is refused."""

from __future__ import annotations

from dataclasses import replace

from engrammic.errors import InvalidSchema
from engrammic.types import Field, Schema


def grown(stored: Schema, wanted: Schema) -> tuple[Schema, tuple[Field, ...]]:
    """The stored schema with the fields and indexes that it lacks, and those fields.

    Stored fields that `wanted` does not name stay. Raises InvalidSchema.
    """
    name = stored.name
    if (stored.key, stored.partition) != (wanted.key, wanted.partition):
        raise InvalidSchema(name, f"is stored under the key {stored.key}, not {wanted.key}")
    known = {f.name: f for f in stored.fields}
    for field in wanted.fields:
        if known.get(field.name, field) != field:
            raise InvalidSchema(f"{name}.{field.name}", f"is stored as {known[field.name]}")
    added = tuple(f for f in wanted.fields if f.name not in known)
    for field in added:
        if not field.nullable:
            raise InvalidSchema(f"{name}.{field.name}", "a field added later must be nullable")
    indexes = tuple(dict.fromkeys((*stored.indexes, *wanted.indexes)))
    return replace(stored, fields=(*stored.fields, *added), indexes=indexes), added
