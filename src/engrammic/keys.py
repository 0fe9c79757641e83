"""Keys of records: what they are, and the filter that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from engrammic.filters import Filter, Or, eq, every, is_in
from engrammic.types import Record, Schema

Key: TypeAlias = tuple[Any, ...]
"""The values of a record's key, in the schema's order."""


def key_of(schema: Schema, record: Record) -> Key:
    """The record's key."""
    return tuple([record[name] for name in schema.key])


def under(schema: Schema, keys: Sequence[Key]) -> Filter:
    """The records under these keys, at least one: a list of values where they differ in one field.

    Where they differ in more, each is named by itself.
    """
    columns = list(zip(schema.key, zip(*keys, strict=True), strict=True))
    varied = [(name, values) for name, values in columns if len(set(values)) > 1]
    same = [eq(name, values[0]) for name, values in columns if len(set(values)) == 1]
    if len(varied) > 1:
        return every(*same, Or(tuple(_one(schema, key) for key in dict.fromkeys(keys))))
    return every(*same, *(is_in(name, tuple(dict.fromkeys(v))) for name, v in varied))


def _one(schema: Schema, key: Key) -> Filter:
    return every(*(eq(name, value) for name, value in zip(schema.key, key, strict=True)))
