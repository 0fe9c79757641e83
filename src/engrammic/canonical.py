"""Records as canonical bytes: the same record has the same bytes and hash in every database."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from engrammic.records import clean
from engrammic.types import Kind, Record, Schema


def canonical(schema: Schema, record: Record) -> bytes:
    """One line of JSON, vectors and blobs in hex; null fields are left out, names are sorted.

    Takes what `Backend.export` gives, or any record that could be stored.
    """
    stored = clean(schema, record)
    given = {
        f.name: _WRITE[f.kind](value)
        for f in schema.fields
        if (value := stored[f.name]) is not None
    }
    return json.dumps(given, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def digest(schema: Schema, records: Iterable[Record]) -> str:
    """SHA-256 over the canonical lines of records, which come in the order of their keys."""
    total = sha256()
    for record in records:
        total.update(canonical(schema, record) + b"\n")
    return total.hexdigest()


def _same(value: Any) -> Any:
    return value


def _float(value: float) -> str:
    return struct.pack(">d", value + 0.0).hex()  # + 0.0: the two zeros are equal


def _vector(value: Any) -> str:
    return np.asarray(value, "<f4").tobytes().hex()


_WRITE: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _same,
    Kind.INT: _same,
    Kind.FLOAT: _float,
    Kind.BOOL: _same,
    Kind.JSON: _same,
    Kind.BLOB: bytes.hex,
    Kind.VECTOR: _vector,
    Kind.TERMS: _same,
}
