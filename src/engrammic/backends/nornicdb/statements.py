"""The statements of Cypher that are sent, and records as texts that pass through them unchanged.

The server writes parameters into some statements as text, without escaping
every quote. So ids are UUIDs, and a payload is base64 of letters, digits, `-`
and `_`: nothing that a user wrote can become part of a statement.

It also brings back nodes that were deleted while it wrote them to disk, and its
constraints remember ids of deleted nodes. So nothing is deleted: an erased
record leaves its node behind, with a blank payload, to be filled again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from engrammic.emulation.payload import decode, encode, short
from engrammic.types import Record, Schema

LONGEST = 100
"""Characters of a table's name in a label."""

PAGE = 2000
"""Nodes in one answer."""

ALIVE = "RETURN 1 AS alive"

BLANK = "-"
"""The payload of a node whose record was erased; no packed record is so short."""


class Statements(NamedTuple):
    """What one label is asked; the parameters are `id`, `payload`, `blank` and `last`, texts."""

    save: str
    blank: str
    load: str
    page: str
    total: str
    blank_all: str


def statements(name: str, schema: Schema, place: str = "") -> Statements:
    """The statements about a table's nodes, or about the stamps of one of its places.

    The name of the database has no underscore; a place is a hash.
    """
    label = f"{name}_{short(schema.name, LONGEST)}" + (f"_{place}" if place else "")
    returned = "RETURN n.id AS id, n.payload AS payload"
    return Statements(
        save=f"MERGE (n:{label} {{id: $id}}) SET n.payload = $payload",
        blank=f"MATCH (n:{label} {{id: $id}}) SET n.payload = $payload",
        load=f"MATCH (n:{label} {{id: $id}}) {returned}",
        page=f"MATCH (n:{label}) WHERE n.id > $last AND n.payload <> $blank {returned} "
        f"ORDER BY n.id LIMIT {PAGE}",
        total=f"MATCH (n:{label}) WHERE n.payload <> $blank RETURN count(n) AS found",
        blank_all=f"MATCH (n:{label}) SET n.payload = $payload",
    )


def pack(schema: Schema, record: Record) -> str:
    """The record as base64 of its JSON, without padding."""
    text = json.dumps(encode(schema, record, vectors=True), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@lru_cache(maxsize=256)
def unpack(payload: str) -> Mapping[str, Any]:
    """What `pack` was made of, as `engrammic.emulation.payload` encodes it.

    Each search reads the same few notes again.
    """
    found: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return found


def record(schema: Schema, payload: str, columns: tuple[str, ...]) -> Record:
    """These columns of a packed record."""
    return decode(schema, unpack(payload), columns)
