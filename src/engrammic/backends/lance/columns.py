"""Records as Arrow tables, and back: a column for each field, and one for a hash of the key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from engrammic.emulation.payload import point_id, safe
from engrammic.keys import key_of
from engrammic.types import Field, Kind, Record, Schema

ID = "_id"
"""The column that upserts and point reads go by; no field's name begins like this."""

KEY = {"lance-schema:unenforced-primary-key": "true"}
"""Declares the key, without which two upserts of one new key at once are two rows."""

_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOL: pa.bool_(),
    Kind.JSON: pa.string(),
    Kind.BLOB: pa.binary(),
    Kind.TERMS: pa.string(),
}


def arrow_schema(schema: Schema) -> pa.Schema:
    """The columns of a table. All but the id may be null, so that any can be added later."""
    columns = [pa.field(safe(f.name), _type(f)) for f in schema.fields]
    return pa.schema([pa.field(ID, pa.string(), nullable=False, metadata=KEY), *columns])


def _type(field: Field) -> Any:
    if field.kind is Kind.VECTOR:
        return pa.list_(pa.float32(), field.dimension)
    return _TYPES[field.kind]


def to_arrow(schema: Schema, records: Sequence[Record]) -> pa.Table:
    """Stored records as a table."""
    columns = [pa.array([point_id(schema, key_of(schema, r)) for r in records], pa.string())]
    for field in schema.fields:
        values = [r[field.name] for r in records]
        if field.kind is Kind.VECTOR:
            columns.append(_vectors(values, field.dimension or 0))
        else:
            columns.append(pa.array(values, _type(field)))
    return pa.Table.from_arrays(columns, schema=arrow_schema(schema))


def _vectors(values: Sequence[Any], dimension: int) -> pa.Array:
    matrix = np.zeros((len(values), dimension), np.float32)
    for row, value in enumerate(values):
        if value is not None:
            matrix[row] = value
    absent = pa.array([v is None for v in values], pa.bool_())
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), dimension, mask=absent)


def from_arrow(schema: Schema, batch: Any, columns: Sequence[str]) -> list[Record]:
    """The records of a table or a batch of rows, in their stored form."""
    values = [_values(schema.field(name), batch.column(safe(name))) for name in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _values(field: Field, column: Any) -> list[Any]:
    if field.kind is not Kind.VECTOR:
        found: list[Any] = column.to_pylist()
        return found
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    flat = whole.drop_null().flatten().to_numpy(zero_copy_only=False)
    rows = iter(flat.reshape(-1, field.dimension or 1))
    return [next(rows) if there else None for there in column.is_valid().to_pylist()]
