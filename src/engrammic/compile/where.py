"""Where dictionaries of Chroma's form to filters over a JSON field of flat metadata.

`{"language": "python"}`, `{"size": {"$gte": 10, "$lt": 20}}`, `{"$or": [...]}`.
Several keys, or several operators, must all hold. As in Chroma `$ne`, `$nin`
and `$not_contains` also let a missing field through; no other operator does.
`$contains` is an element of an array, or a substring of a text.

A key is one name whatever is in it: a dot does not reach into a value. In a
stored field a dot of a key is written `%2E` and a percent sign `%25`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engrammic.checks import check_name, check_text, shown
from engrammic.errors import InvalidInput
from engrammic.filters import And, Compare, Filter, Op, Or, is_null
from engrammic.predicate import DEEPEST

_OPS = {
    "$eq": Op.EQ,
    "$ne": Op.NE,
    "$gt": Op.GT,
    "$gte": Op.GTE,
    "$lt": Op.LT,
    "$lte": Op.LTE,
    "$in": Op.IN,
    "$nin": Op.NOT_IN,
    "$contains": Op.CONTAINS,
    "$not_contains": Op.NOT_CONTAINS,
}
_JOINED: dict[str, Callable[[tuple[Filter, ...]], Filter]] = {"$and": And, "$or": Or}
_MISSING_TOO = frozenset({Op.NE, Op.NOT_IN, Op.NOT_CONTAINS})


def compile_where(where: Any, field: str = "metadata") -> Filter | None:
    """The filter that a dictionary is, None for None. Raises InvalidInput, naming the key.

    An empty dictionary is refused: it says neither everything nor nothing.
    """
    return None if where is None else _where(where, field, "where", 0)


def flat_key(key: str) -> str:
    """A key of metadata as it is stored, so that no dot in it reaches anywhere."""
    return key.replace("%", "%25").replace(".", "%2E")


def flattened(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as they are stored."""
    return {flat_key(key): value for key, value in metadata.items()}


def unflattened(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as they were given."""
    return {k.replace("%2E", ".").replace("%25", "%"): value for k, value in stored.items()}


def _where(where: Any, field: str, at: str, depth: int) -> Filter:
    parts: list[Filter] = []
    for key, value in _items(where, at, depth):
        here = f"{at}.{key}"
        if key in _JOINED:
            inner = [_where(w, field, f"{here}[{i}]", depth + 1) for i, w in _list(value, here)]
            parts.append(_JOINED[key](tuple(inner)))
        elif key.startswith("$"):
            raise _unknown(here, [*_JOINED])
        else:
            parts += _comparisons(f"{field}.{flat_key(key)}", value, here)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _comparisons(field: str, wanted: Any, at: str) -> list[Filter]:
    if not isinstance(wanted, Mapping):
        return [_compare(field, Op.EQ, wanted, at)]
    found = []
    for operator, value in _items(wanted, at, 0):
        if operator not in _OPS:
            raise _unknown(f"{at}.{operator}", _OPS)
        found.append(_compare(field, _OPS[operator], value, f"{at}.{operator}"))
    return found


def _compare(field: str, op: Op, value: Any, at: str) -> Filter:
    if op in (Op.IN, Op.NOT_IN):
        value = tuple(_scalar(v, f"{at}[{i}]") for i, v in _list(value, at, least=0))
    else:
        value = _scalar(value, at)
    compared = Compare(field, op, value)
    return Or((compared, is_null(field))) if op in _MISSING_TOO else compared


def _scalar(value: Any, at: str) -> Any:
    if not isinstance(value, str | int | float):
        raise InvalidInput(at, f"want a text, number or bool, not {shown(value)}")
    if isinstance(value, str):
        check_text(value.replace("\0", ""), at)  # a NUL is fine: nothing equals it
    return value


def _list(value: Any, at: str, least: int = 1) -> list[tuple[int, Any]]:
    if not isinstance(value, list | tuple) or len(value) < least:
        wanted = "a list" if least == 0 else "a list of at least one"
        raise InvalidInput(at, f"want {wanted}, not {shown(value)}")
    return list(enumerate(value))


def _items(where: Any, at: str, depth: int) -> list[tuple[str, Any]]:
    if not isinstance(where, Mapping):
        raise InvalidInput(at, f"want a dictionary, not {shown(where)}")
    if not where:
        raise InvalidInput(at, "is empty; None asks for everything")
    if depth > DEEPEST:
        raise InvalidInput(at.partition(".")[0], f"is nested more than {DEEPEST} deep")
    for key in where:
        check_name(key, at)
    return list(where.items())


def _unknown(at: str, known: Any) -> InvalidInput:
    return InvalidInput(at, f"no such operator; there are: {', '.join(known)}")
