"""Records as SurrealDB holds them: names that need no quoting, ids that are arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from surrealdb import RecordID

from engrammic.compile.surreal import column, native
from engrammic.emulation.payload import safe, short
from engrammic.keys import Key
from engrammic.types import Index, Kind, Record, Schema

INDEXED = frozenset({Kind.TEXT, Kind.INT, Kind.BOOL})
"""Kinds that an index serves: it would tell -0.0 from 0.0."""


def table_of(schema: Schema) -> str:
    """The table of a schema."""
    return "t_" + safe(schema.name)


def neighbours(name: str) -> str:
    """The column that holds a vector as numbers, for HNSW."""
    return "h_" + safe(name)


def row_id(schema: Schema, key: Key) -> RecordID:
    """The record's id: the values of its key, whatever they contain."""
    return RecordID(table_of(schema), list(key))


def row_of(schema: Schema, record: Record, hnsw: bool) -> dict[str, Any]:
    """A record in its stored form as a row; what is null is left out."""
    row: dict[str, Any] = {"id": row_id(schema, tuple([record[name] for name in schema.key]))}
    for field in schema.fields:
        value = record.get(field.name)
        if value is None:
            continue
        if field.kind is Kind.VECTOR:
            if hnsw:
                row[neighbours(field.name)] = value.tolist()
            value = np.asarray(value, np.float32).tobytes()
        elif field.kind is Kind.JSON:
            row[native(field.name)] = json.loads(value)
        row[column(field.name)] = value
    return row


def record_of(schema: Schema, values: Sequence[Any], columns: Sequence[str]) -> Record:
    """The stored form of these columns, from what `listed` selects."""
    record: Record = dict(zip(columns, values, strict=True))
    for field in schema.of_kind(Kind.VECTOR):
        value = record.get(field.name)
        if value is not None:
            record[field.name] = np.frombuffer(value, np.float32)
    return record


def listed(columns: Sequence[str]) -> str:
    """What follows SELECT: rows as arrays, which are read sooner than objects."""
    return f"VALUE [{', '.join(map(column, columns))}]"


def definitions(schema: Schema, hnsw: bool) -> str:
    """The statements that make the table and its indexes where they are missing."""
    table = table_of(schema)
    statements = [f"DEFINE TABLE IF NOT EXISTS {table} SCHEMALESS"]
    for index in schema.indexes:
        if fields := _served(schema, index):
            name = "i_" + short("\0".join(fields), 60)
            columns = ", ".join(map(column, fields))
            statements.append(f"DEFINE INDEX IF NOT EXISTS {name} ON {table} FIELDS {columns}")
    for field in schema.of_kind(Kind.VECTOR) if hnsw else ():
        name = neighbours(field.name)
        statements.append(
            f"DEFINE INDEX IF NOT EXISTS {name} ON {table} FIELDS {name} "
            f"HNSW DIMENSION {field.dimension} DIST COSINE TYPE F32 EFC 150 M 12"
        )
    return "; ".join(statements)


def _served(schema: Schema, index: Index) -> list[str]:
    """The fields of an index up to the first that it does not serve."""
    served: list[str] = []
    for name in index.fields:
        if schema.field(name).kind not in INDEXED:
            break
        served.append(name)
    return served
