"""A table as a class of Weaviate, and its records as objects.

An object's `body` is the whole record as JSON, which nothing indexes. What
filters look at stands beside it: `f_*` hold texts as tokens, numbers and
booleans, `has` names the fields that are not null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from weaviate.classes.config import Configure, DataType, Property, Tokenization, VectorDistances

from engrammic.backends.weaviate.tokens import text_of, token
from engrammic.emulation.payload import decode, encode
from engrammic.types import Field, Kind, Record, Schema

HAS, BODY, SLOT = "has", "body", "slot"

SLOTS = 2**32
"""Objects are spread evenly over so many slots, by their ids."""

UNUSED = "unused"
"""A class with one named vector can get more of them; one without any cannot."""

LONGEST = 150
TYPES = {
    Kind.TEXT: DataType.TEXT,
    Kind.INT: DataType.INT,
    Kind.FLOAT: DataType.NUMBER,
    Kind.BOOL: DataType.BOOL,
}
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")


def word(name: str) -> str:
    """A name of small letters, digits and underscores, another one for each name."""
    if _PLAIN.fullmatch(name) and not name.startswith("x_") and len(name) <= LONGEST:
        return name
    spelled = name.encode().hex()
    return "x_" + (spelled if len(spelled) <= LONGEST else sha256(name.encode()).hexdigest())


def property_of(name: str) -> str:
    """The property that filters on a field look at; Weaviate keeps `id` and `vector` for itself."""
    return f"f_{word(name)}"


def vector_of(name: str) -> str:
    """The named vector of a field."""
    return f"v_{word(name)}"


def properties(schema: Schema) -> list[Property]:
    """The properties of a table's class."""
    return [
        Property(name=BODY, data_type=DataType.TEXT, tokenization=Tokenization.FIELD,
                 index_filterable=False, index_searchable=False),
        Property(name=HAS, data_type=DataType.TEXT_ARRAY, tokenization=Tokenization.FIELD,
                 index_searchable=False),
        Property(name=SLOT, data_type=DataType.INT, index_range_filters=True),
        *(_property(f) for f in schema.fields if f.kind in TYPES),
    ]  # fmt: skip


def _property(field: Field) -> Property:
    name, kind = property_of(field.name), TYPES[field.kind]
    if field.kind is Kind.TEXT:
        return Property(
            name=name, data_type=kind, tokenization=Tokenization.FIELD, index_searchable=False
        )
    return Property(name=name, data_type=kind, index_range_filters=field.kind is not Kind.BOOL)


def vectors(schema: Schema) -> list[Any]:
    """The named vectors of a table's class."""
    names = [UNUSED, *(vector_of(f.name) for f in schema.of_kind(Kind.VECTOR))]
    index = Configure.VectorIndex.hnsw(distance_metric=VectorDistances.COSINE)
    return [Configure.Vectors.self_provided(name=n, vector_index_config=index) for n in names]


def pack(schema: Schema, record: Record, id_: str) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """The properties and vectors of a record."""
    there = {f.name: f for f in schema.fields if record.get(f.name) is not None}
    body = json.dumps(encode(schema, record), ensure_ascii=False, separators=(",", ":"))
    found: dict[str, Any] = {BODY: body, HAS: [*map(word, there)], SLOT: int(id_[:8], 16)}
    for name, field in there.items():
        if field.kind in TYPES:
            found[property_of(name)] = _indexed(field, record[name])
    return found, {
        vector_of(n): record[n].tolist() for n, f in there.items() if f.kind is Kind.VECTOR
    }


def _indexed(field: Field, value: Any) -> Any:
    """The two zeros of a float are one here."""
    if field.kind is Kind.TEXT:
        return token(value)
    return value + 0.0 if field.kind is Kind.FLOAT else value


def wanted(schema: Schema, columns: Sequence[str]) -> list[str]:
    """The properties that hold these columns: short ones alone, else the whole record."""
    short = [c for c in columns if schema.field(c).kind is not Kind.VECTOR]
    if all(_is_short(schema, c) for c in short):
        return [property_of(c) for c in short]
    return [BODY]


def _is_short(schema: Schema, column: str) -> bool:
    kind = schema.field(column).kind
    return column in schema.key or kind in (Kind.INT, Kind.FLOAT, Kind.BOOL)


def unpack(
    schema: Schema, found: Mapping[str, Any], given: Mapping[str, Any], columns: Sequence[str]
) -> Record:
    """The columns of an object with the properties that were `wanted`."""
    if found.get(BODY) is not None:
        record = decode(schema, json.loads(found[BODY]), columns)
    else:
        record = {c: _short(schema.field(c), found.get(property_of(c))) for c in columns}
    for field in schema.of_kind(Kind.VECTOR):
        if field.name in columns:
            vector = given.get(vector_of(field.name))
            record[field.name] = None if vector is None else np.array(vector, np.float32)
    return record


def _short(field: Field, value: Any) -> Any:
    return text_of(value) if field.kind is Kind.TEXT and value is not None else value
