"""Conditions and points in the words of the engine in this process."""

from __future__ import annotations

from typing import Any

import qdrant_edge as edge
from qdrant_client import models

from engrammic.backends.qdrant.driver import Point, Wanted


def condition(where: models.Filter | None) -> edge.Filter | None:
    """The same filter for the engine; only what `conditions` makes occurs."""
    if where is None:
        return None
    return edge.Filter(
        must=_each(where.must), should=_each(where.should), must_not=_each(where.must_not)
    )


def _each(parts: Any) -> list[Any] | None:
    return None if parts is None else [_part(part) for part in parts]


def _part(part: Any) -> Any:
    if isinstance(part, models.Filter):
        return condition(part)
    if isinstance(part, models.IsEmptyCondition):
        return edge.IsEmptyCondition(part.is_empty.key)
    if isinstance(part, models.HasVectorCondition):
        return edge.HasVectorCondition(part.has_vector)
    if part.range is not None:
        bounds = part.range
        span = edge.RangeFloat(gte=bounds.gte, gt=bounds.gt, lte=bounds.lte, lt=bounds.lt)
        return edge.FieldCondition(part.key, range=span)
    return edge.FieldCondition(part.key, match=_match(part.match))


def _match(match: Any) -> Any:
    if isinstance(match, models.MatchValue):
        return edge.MatchValue(match.value)
    if isinstance(match, models.MatchAny):
        return edge.MatchAny(_values(match.any))
    if isinstance(match, models.MatchExcept):
        return edge.MatchExcept(_values(match.except_))
    if isinstance(match, models.MatchPrefix):
        return edge.MatchPrefix(match.prefix)
    return edge.MatchSubstring(match.substring)


def _values(given: Any) -> Any:
    return list(given)


def told(one: Point) -> edge.Point:
    """A point for the engine."""
    return edge.Point(one.id, {n: v.tolist() for n, v in one.vectors.items()}, one.payload)


def point(found: Any) -> Point:
    """A point, or a hit without its score, from the engine."""
    return Point(str(found.id), found.payload or {}, found.vector or {})


def shown(wanted: Wanted) -> dict[str, Any]:
    """What a request says of what is to come back."""
    return {
        "with_payload": wanted.payload or False,
        "with_vector": wanted.vectors or False,
    }


def weight(one: Point) -> int:
    """Bytes of a point in the log, about."""
    texts = sum(len(v) for v in one.payload.values() if isinstance(v, str))
    return 200 + texts + 8 * sum(map(len, one.vectors.values()))
