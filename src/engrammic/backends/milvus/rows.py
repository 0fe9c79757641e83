"""Payloads as Milvus stores them: its JSON is short, so long texts stand beside it in pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engrammic.emulation.one_vector import Row

PIECE = 16_000
"""Characters of a piece: a VARCHAR holds 65,535 bytes."""

PIECES = 512
"""Pieces of a record, at most: some 8 million characters."""

SHORT = 2_000
"""Characters of a text that stays in the payload. A payload holds 65,536 bytes."""

LONG = "_long"
"""The payload's own entry: which field stands in the pieces, and in how many characters."""

PLACEHOLDER = (1.0, 0.0)


def entity(row: Row) -> dict[str, Any]:
    """The row as an entity."""
    short: dict[str, Any] = {}
    long: dict[str, str] = {}
    for name, value in row.payload.items():
        (long if isinstance(value, str) and len(value) > SHORT else short)[name] = value
    if long:
        short[LONG] = [[name, len(text)] for name, text in long.items()]
    whole = "".join(long.values())
    return {
        "id": row.id,
        "vector": PLACEHOLDER if row.vector is None else row.vector.tolist(),
        "payload": short,
        "pieces": [whole[i : i + PIECE] for i in range(0, len(whole), PIECE)],
    }


def row(found: Mapping[str, Any]) -> Row:
    """The row of an entity, its vector where it was asked for."""
    payload = found["payload"]
    payload = dict(json.loads(payload) if isinstance(payload, str | bytes) else payload)
    whole, start = "".join(found.get("pieces") or ()), 0
    for name, length in payload.pop(LONG, ()):
        payload[name] = whole[start : start + length]
        start += length
    vector: Sequence[float] | None = found.get("vector")
    return Row(found["id"], payload, None if vector is None else np.array(vector, np.float32))
