"""Filters as Milvus's boolean expressions over the JSON field `payload`.

Expressions take no parameters everywhere, so literals are written here, in one
place: texts of printable characters with backslash and quote escaped.
"""

from __future__ import annotations

import base64
import math
from typing import Any

from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.types import Kind, Schema

PAYLOAD = "payload"
MOST_VALUES = 50
"""Values of a set: each becomes a comparison of its own."""

LONGEST = 1000
"""Characters of a text in an expression. Longer ones may stand outside the payload."""

_ROUND = {Op.LT: math.ceil, Op.LTE: math.floor, Op.GT: math.floor, Op.GTE: math.ceil}
_SIGNS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}


def expressions(schema: Schema) -> Push[str]:
    """How the table's filters are spelled: equality, sets, and the order of numbers."""

    def leaf(where: Compare) -> Asked[str] | None:
        kind, path = schema.field(where.field).kind, _path(where.field)
        if where.op in _SIGNS:
            value = _bound(kind, where.op, where.value)
            return None if value is None else Asked(f"{path} {_SIGNS[where.op]} {value!r}")
        if where.op is Op.EQ:
            return _one_of(path, kind, (where.value,))
        if where.op is Op.IN and len(where.value) <= MOST_VALUES:
            return _one_of(path, kind, where.value)
        return None

    return Push(leaf, _joined(" and "), _joined(" or "))


def _one_of(path: str, kind: Kind, values: tuple[Any, ...]) -> Asked[str] | None:
    literals = [literal(_stored(kind, v)) for v in values]
    if None in literals or not literals:
        return None
    parts = [f"{path} == {text}" for text in literals]
    return Asked(parts[0] if len(parts) == 1 else _joined(" or ")(parts))


def _joined(word: str) -> Any:
    return lambda parts: "(" + word.join(parts) + ")"


def _path(name: str) -> str:
    return f'{PAYLOAD}["{safe(name)}"]'


def literal(value: Any) -> str | None:
    """The value as an expression has it; None for a text that had better not be in one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        return None
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _stored(kind: Kind, value: Any) -> Any:
    """The value as a payload holds one that equals it; None where none can, or JSON is asked."""
    if kind is Kind.TEXT:
        return value
    if kind is Kind.BLOB:
        return base64.b64encode(value).decode()
    if kind is Kind.FLOAT:
        return float(value)
    if kind is Kind.INT and value == math.floor(value):
        return int(value)
    if kind is Kind.BOOL and value in (0, 1):
        return bool(value)
    return None


def _bound(kind: Kind, op: Op, value: Any) -> int | float | None:
    """The bound as a payload holds numbers: whole for INT; None for other kinds."""
    if kind is Kind.FLOAT:
        return float(value)
    return _ROUND[op](value) if kind is Kind.INT else None
