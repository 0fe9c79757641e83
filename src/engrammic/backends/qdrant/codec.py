"""Records as points: null fields are absent, and what the engine would round is kept twice."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from engrammic.backends.qdrant.driver import Point, Wanted
from engrammic.emulation.payload import decode, encode, point_id, safe
from engrammic.keys import key_of
from engrammic.types import Kind, Record, Schema

_PLAIN = re.compile(r"[a-wyz][a-z0-9_]{0,59}")


def collection(database: str, table: str) -> str:
    """The collection of a table: another one for each, on disks that ignore case too."""
    name = table if _PLAIN.fullmatch(table) else f"x{sha256(table.encode()).hexdigest()[:40]}"
    return f"{database}.{name}" if database else name


def point(schema: Schema, record: Record) -> Point:
    """A record in its stored form as a point.

    A BOOL becomes 0 or 1. The engine keeps payloads as JSON text, and what it
    reads back of a float may differ in the last bit: its bits stand beside it.
    """
    payload = encode(schema, record)
    for field in schema.fields:
        key = safe(field.name)
        if key not in payload:
            continue
        if field.kind is Kind.BOOL:
            payload[key] = int(payload[key])
        elif field.kind is Kind.FLOAT:
            payload[bits_key(key)] = bits(payload[key])
    vectors = {safe(f.name): record.get(f.name) for f in schema.of_kind(Kind.VECTOR)}
    present = {name: vector for name, vector in vectors.items() if vector is not None}
    return Point(point_id(schema, key_of(schema, record)), payload, present)


def record(schema: Schema, found: Point, columns: Sequence[str]) -> Record:
    """These columns of a point, in their stored form."""
    plain = dict(found.payload)
    for name in columns:
        kind, key = schema.field(name).kind, safe(name)
        if kind is Kind.VECTOR and key in found.vectors:
            plain[key] = np.asarray(found.vectors[key], np.float32)
        elif kind is Kind.FLOAT and bits_key(key) in plain:
            plain[key] = from_bits(plain[bits_key(key)])
    return decode(schema, plain, columns)


def wanted(schema: Schema, columns: Sequence[str]) -> Wanted:
    """What has to come back for these columns."""
    found = Wanted([], [])
    for name in dict.fromkeys(columns):
        kind, key = schema.field(name).kind, safe(name)
        if kind is Kind.VECTOR:
            found.vectors.append(key)
        else:
            found.payload.append(bits_key(key) if kind is Kind.FLOAT else key)
    return found


def bits_key(key: str) -> str:
    """Where the bits of a float stand; no field is called so."""
    return f"{key}-bits"


def bits(value: float) -> str:
    """The bits of a float, as 16 digits."""
    return struct.pack(">d", value).hex()


def from_bits(text: str) -> Any:
    """The float of these bits."""
    return struct.unpack(">d", bytes.fromhex(text))[0]
