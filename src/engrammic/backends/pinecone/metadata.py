"""Records as Pinecone's metadata: no nulls, 40 KB at most, longer ones in pieces beside it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from engrammic.compile.dollar import Dollar, dollar
from engrammic.emulation.payload import encode, safe
from engrammic.emulation.pushdown import Push
from engrammic.errors import InvalidInput
from engrammic.types import Kind, Record, Schema

FITS = 38_000
"""Bytes of metadata that are surely within the service's 40 KB, however it counts."""

PIECE = 36_000
"""Characters of a long record in one piece."""

HEAD = 200
"""So much of a long record's texts stays beside its vector, where filters look."""

REST = "_rest"
"""Which pieces a long record has: their digest and number."""

SET = 10_000
"""Values that the service takes in one `$in`."""

LONG = frozenset({Kind.TEXT, Kind.JSON, Kind.BLOB, Kind.TERMS})


@dataclass(frozen=True, slots=True)
class Packed:
    """A record's metadata, and the pieces of what does not fit there."""

    metadata: dict[str, Any]
    digest: str = ""
    pieces: tuple[str, ...] = ()


def push(schema: Schema) -> Push[Dollar]:
    """How the table's filters are asked."""
    return dollar(schema, exists=True, head=HEAD, most=SET)


def pack(schema: Schema, record: Record) -> Packed:
    """The record without its vectors; each vector that is there leaves a mark.

    Raises InvalidInput where even the heads of its texts are too long.
    """
    payload = encode(schema, record)
    marks = {safe(f.name): True for f in schema.of_kind(Kind.VECTOR)
             if record.get(f.name) is not None}  # fmt: skip
    if _size(payload | marks) <= FITS:
        return Packed(payload | marks)
    packed = base64.b64encode(zlib.compress(json.dumps(payload).encode(), 6)).decode()
    pieces = tuple(packed[i : i + PIECE] for i in range(0, len(packed), PIECE))
    digest = sha256(packed.encode()).hexdigest()[:16]
    heads = _heads(schema, payload) | marks | {REST: f"{digest}:{len(pieces)}"}
    if _size(heads) > FITS:
        raise InvalidInput(schema.name, "has too many long texts for one record of Pinecone")
    return Packed(heads, digest, pieces)


def _size(metadata: dict[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False).encode())


def _heads(schema: Schema, payload: dict[str, Any]) -> dict[str, Any]:
    """Numbers and keys whole, texts and blobs cut, of the rest only that it is there."""
    cut: dict[str, Any] = {}
    for field in schema.fields:
        value = payload.get(safe(field.name))
        if value is None:
            continue
        if field.kind in (Kind.JSON, Kind.TERMS):
            value = ""
        elif field.kind in LONG and field.name not in schema.key:
            value = value[:HEAD]
        cut[safe(field.name)] = value
    return cut


def has_pieces(schema: Schema, metadata: dict[str, Any], columns: Iterable[str]) -> bool:
    """Whether these columns stand in pieces."""
    if REST not in metadata:
        return False
    return any(schema.field(c).kind in LONG and c not in schema.key for c in columns)


def piece_ids(id_: str, metadata: dict[str, Any]) -> list[str]:
    """The ids of a long record's pieces, in order."""
    digest, _, count = metadata[REST].partition(":")
    return [f"{id_}:{digest}:{i}" for i in range(int(count))]


def join(pieces: Sequence[str]) -> dict[str, Any]:
    """The payload that `pack` cut."""
    payload: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode("".join(pieces))))
    return payload
