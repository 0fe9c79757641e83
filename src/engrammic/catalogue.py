"""Schemas as text: how a database that has no types of ours remembers its tables."""

from __future__ import annotations

import json
from dataclasses import asdict

from engrammic.types import Field, Index, Kind, Schema


def dump_schema(schema: Schema) -> str:
    """The schema as JSON text."""
    plain = asdict(schema)
    del plain["_by_name"]
    return json.dumps(plain, sort_keys=True)


def load_schema(text: str) -> Schema:
    """The schema that `dump_schema` wrote."""
    raw = json.loads(text)
    return Schema(
        name=raw["name"],
        fields=tuple(Field(**{**f, "kind": Kind(f["kind"])}) for f in raw["fields"]),
        key=tuple(raw["key"]),
        indexes=tuple(Index(tuple(i["fields"])) for i in raw["indexes"]),
        partition=raw["partition"],
    )
