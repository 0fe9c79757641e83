"""The statements of Cypher that are sent, and records as texts that pass through them unchanged.

The server writes parameters into some statements as text, without escaping
every quote. So ids are UUIDs, and a payload is base64 of letters, digits, `-`
and `_`: nothing that a user wrote can become part of a statement.

It also brings back nodes that were deleted while it wrote them to disk, and its
constraints remember ids of deleted nodes. So nothing is deleted: an erased
record leaves its node behind, with a blank payload, to be filled again.

It looks at every node of a label for one id. So a node has two labels, of its
table and of the few of it whose ids begin alike, and one node is sought among
these.

And it keeps what it answered, for a minute, and may miss the write that came
while it read. What has `rand()` is not kept: reads ask for nodes where that is
no less than 0, which is always.

Nor does it make nodes by MERGE without harm: it numbers these from one again
when it is started, and they take the place of older ones. CREATE does not; two
processes that create one at the same moment leave two, which stay alike from
the next write on, and are read as one.

Case does not tell its labels apart.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from engrammic.emulation.payload import decode, encode, safe
from engrammic.types import Record, Schema

LONGEST = 100
"""Characters of a table's name in a label."""

PAGE = 2000
"""Nodes in one answer."""

ALIVE = "RETURN 1 AS alive"

BLANK = "-"
"""The payload of a node whose record was erased; no packed record is so short."""


ALIKE = 2
"""Digits of an id that nodes share which share their second label."""

BUCKETS = tuple(f"{number:0{ALIKE}x}" for number in range(16**ALIKE))
"""How ids begin, in their order."""

RETURNED = "RETURN n.id AS id, n.payload AS payload"
FRESH = "rand() >= 0"


@dataclass(frozen=True, slots=True)
class Statements:
    """What one table's nodes are asked; the parameters are `id`, `payload`, `blank` and `last`.

    The name of the database has no underscore, a part begins with a letter.
    """

    name: str
    part: str

    @property
    def label(self) -> str:
        """Of all nodes of the table."""
        return f"{self.name}_{self.part}"

    def bucket(self, id_: str) -> str:
        """The label of those whose ids begin as this one."""
        return f"{self.name}_0{id_[:ALIKE]}_{self.part}"

    def change(self, id_: str) -> str:
        """Change the payload of a node; gives its id if it is there."""
        return (
            f"MATCH (n:{self.bucket(id_)} {{id: $id}}) SET n.payload = $payload RETURN n.id AS id"
        )

    def create(self, id_: str) -> str:
        """Make a node."""
        return f"CREATE (n:{self.bucket(id_)}:{self.label} {{id: $id, payload: $payload}})"

    def load(self, id_: str) -> str:
        """One node."""
        return f"MATCH (n:{self.bucket(id_)} {{id: $id}}) WHERE {FRESH} {RETURNED}"

    def page(self) -> str:
        """The first nodes of the table, by their ids."""
        found = f"MATCH (n:{self.label}) WHERE n.payload <> $blank AND {FRESH}"
        return f"{found} {RETURNED} ORDER BY n.id LIMIT {PAGE}"

    def behind(self, start: str) -> str:
        """The nodes whose ids begin so, and are behind the last."""
        found = f"MATCH (n:{self.bucket(start)}) WHERE n.id > $last AND n.payload <> $blank"
        return f"{found} AND {FRESH} {RETURNED} ORDER BY n.id"

    def total(self) -> str:
        """How many nodes are not blank."""
        found = f"MATCH (n:{self.label}) WHERE n.payload <> $blank AND {FRESH}"
        return f"{found} RETURN count(DISTINCT n.id) AS found"

    def blank_all(self) -> str:
        """Change the payload of every node."""
        return f"MATCH (n:{self.label}) SET n.payload = $payload"


def statements(name: str, schema: Schema, place: str = "") -> Statements:
    """The statements about a table's nodes, or about the stamps of one of its places, a hash."""
    return Statements(name, _part(schema.name) + (f"_{place}" if place else ""))


def _part(table: str) -> str:
    """`safe(table)` without capital letters; hashed where it would be too long."""
    plain = safe(table)
    whole = plain if plain == plain.lower() else "x_" + table.encode().hex()
    return whole if len(whole) <= LONGEST else "x_" + sha256(table.encode()).hexdigest()


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
