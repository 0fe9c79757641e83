"""A record as a JSON document that a person can read, and back to its exact stored form."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from engrammic.errors import Corrupt
from engrammic.records import canonical
from engrammic.types import Kind, Record, Schema


def document(schema: Schema, record: Record, pretty: bool) -> bytes:
    """The fields by name: JSON as it is, BLOB and VECTOR in base64, null ones left out."""
    fields: dict[str, Any] = {}
    for field in schema.fields:
        value = record.get(field.name)
        if value is None:
            continue
        if field.kind is Kind.JSON:
            value = json.loads(value)
        elif field.kind in (Kind.BLOB, Kind.VECTOR):
            raw = value if field.kind is Kind.BLOB else np.asarray(value, "<f4").tobytes()
            value = base64.b64encode(raw).decode()
        fields[field.name] = value
    text = json.dumps(fields, ensure_ascii=False, indent=2 if pretty else None)
    return text.encode() + b"\n"


def record(schema: Schema, content: bytes, where: str) -> Record:
    """The stored form of a document. Raises Corrupt for what is none, naming the file."""
    try:
        fields = json.loads(content)
        found = {f.name: _value(f.kind, fields.get(f.name)) for f in schema.fields}
        fields |= {name: fields[name] for name in schema.key}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Corrupt(
            f"{where} is damaged ({error}); put back one of the backups beside it, or move it away"
        ) from error
    return found


def _value(kind: Kind, value: Any) -> Any:
    if value is None and kind is not Kind.JSON:
        return None
    if kind is Kind.JSON:
        return None if value is None else canonical("json", value)
    if kind is Kind.BLOB:
        return base64.b64decode(value, validate=True)
    if kind is Kind.VECTOR:
        return np.frombuffer(base64.b64decode(value, validate=True), "<f4")
    return value
