"""Records as plain values that JSON can carry, names and ids that any engine takes."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from engrammic.keys import Key
from engrammic.types import Kind, Record, Schema

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAMESPACE = uuid.UUID("6d0f9a0e-52a5-5c0b-9f0a-656e6772616d")


def encode(schema: Schema, record: Record, *, vectors: bool = False) -> dict[str, Any]:
    """The fields that are not null, under `safe` names: BLOB in base64, TERMS as a text.

    VECTOR fields are left out, or in base64 too.
    """
    payload: dict[str, Any] = {}
    for field in schema.fields:
        value = record.get(field.name)
        if value is None or (field.kind is Kind.VECTOR and not vectors):
            continue
        if field.kind is Kind.BLOB:
            value = base64.b64encode(value).decode()
        elif field.kind is Kind.VECTOR:
            value = base64.b64encode(np.asarray(value, np.float32).tobytes()).decode()
        payload[safe(field.name)] = value
    return payload


def decode(schema: Schema, payload: Mapping[str, Any], columns: Iterable[str]) -> Record:
    """The stored form of these fields. INT, FLOAT and BOOL are what they were."""
    return {
        name: None if (value := payload.get(key)) is None else read(value)
        for name, key, read in _steps(schema, tuple(columns))
    }


@lru_cache(maxsize=512)
def _steps(schema: Schema, columns: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    """Each field's name, its name in a payload, and what reads it."""
    return [(name, safe(name), _READ[schema.field(name).kind]) for name in columns]


def _blob(value: str) -> bytes:
    return base64.b64decode(value)


def _vector(value: Any) -> Any:
    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value), np.float32)
    return np.asarray(value, np.float32)


_READ: Mapping[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOL: bool,
    Kind.JSON: str,
    Kind.BLOB: _blob,
    Kind.VECTOR: _vector,
    Kind.TERMS: str,
}


@lru_cache(maxsize=4096)
def safe(name: str) -> str:
    """A name of letters, digits and underscores, another one for each name.

    Plain names stay as they are; the others become `x_` and their bytes.
    """
    if _PLAIN_NAME.fullmatch(name) and not name.startswith("x_"):
        return name
    return "x_" + name.encode().hex()


def short(name: str, most: int) -> str:
    """`safe(name)`, hashed where it would be longer than `most` characters."""
    whole = safe(name)
    return whole if len(whole) <= most else "x_" + sha256(name.encode()).hexdigest()[: most - 2]


def point_id(schema: Schema, key: Key) -> str:
    """A UUID for a key of a table: a hash of both, so that no scope meets another's."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps([schema.name, *key], ensure_ascii=True)))
