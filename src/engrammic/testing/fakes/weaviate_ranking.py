"""Orders of the Weaviate stand-in: by distance, or by properties."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from engrammic.testing.fakes.weaviate_schema import Class, Invalid, Stored


def nearest(in_: Class, found: list[Stored], near: Any) -> list[tuple[Stored, float | None]]:
    """Objects with their distances, best first. Raises Invalid."""
    targets = list(near.targets.target_vectors) or list(near.target_vectors)
    if not targets and len(in_.named) > 1:
        raise Invalid("collection has multiple vectors, but no target vectors were provided")
    name = targets[0] if targets else next(iter(in_.named))
    if name not in in_.named:
        raise Invalid(f"collection does not have named vector {name!r}")
    given = [*near.vectors, *(v for t in near.vector_for_targets for v in t.vectors)]
    query = floats(near.vector_bytes or given[0].vector_bytes)
    width = in_.widths.get(name, len(query))
    if len(query) != width:
        raise Invalid(f"vector lengths don't match: {width} vs {len(query)}")
    holding = [o for o in found if name in o.vectors]
    if not holding:
        return []
    matrix = _units([o.vectors[name] for o in holding])
    distances = 1 - matrix @ _units([query])[0]
    order = np.argsort(distances, kind="stable")
    most = near.distance if near.HasField("distance") else np.inf
    if near.HasField("certainty"):
        most = 2 * (1 - near.certainty)
    return [(holding[i], float(distances[i])) for i in order if distances[i] <= most]


def _units(vectors: list[list[float]]) -> Any:
    """The vectors at length 1, in the service's 32 bits."""
    matrix = np.array(vectors, np.float32)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0, np.float32(1), lengths)


def in_order(in_: Class, found: list[Stored], by: Any) -> list[Stored]:
    """Texts without regard to case, as there; what has no value comes first."""
    for sort in reversed(by):
        name = sort.path[0]
        if name not in in_.properties:
            raise Invalid(f"no such prop with name {name!r} to sort by")
        found = sorted(
            found, key=lambda o: _rank(o.properties.get(name)), reverse=not sort.ascending
        )
    return found


def _rank(value: Any) -> tuple[bool, Any]:
    if value is None:
        return (False, 0)
    return (True, value.lower() if isinstance(value, str) else value)


def floats(raw: bytes) -> list[float]:
    """A vector as it travels."""
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))
