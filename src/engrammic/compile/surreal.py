"""Filters as SurrealQL, over records whose columns `column` names. Values are bound, always.

SurrealQL orders values of all types: none, null, false, true, numbers, texts,
and then the rest. So a comparison with a number finds numbers alone between
`true` and the empty text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from engrammic import glob
from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Asked, Push
from engrammic.filters import Compare, Op
from engrammic.predicate import LARGEST
from engrammic.types import Kind, Schema

_SIGNS = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_NOT_TEXT = {Op.NOT_PREFIX, Op.NOT_CONTAINS}
_FUNCTIONS = {
    Op.PREFIX: "string::starts_with",
    Op.NOT_PREFIX: "string::starts_with",
    Op.CONTAINS: "string::contains",
    Op.NOT_CONTAINS: "string::contains",
}

MARK = "\0"
"""Where a value goes in a condition; no name and no text of ours contains it."""


class Condition(NamedTuple):
    """A condition with a `MARK` for each of its values."""

    text: str
    values: tuple[Any, ...] = ()


@lru_cache(maxsize=4096)
def column(name: str) -> str:
    """The column of a field: letters, digits and underscores, no keyword."""
    return "f_" + safe(name)


@lru_cache(maxsize=4096)
def native(name: str) -> str:
    """The column that holds the values of a JSON field for filters to reach into."""
    return "j_" + safe(name)


def surreal(schema: Schema) -> Push[Condition]:
    """How the table's filters are spelled.

    All is exact but globs, and in JSON fields what is asked of texts and
    arrays; there a wider condition is asked.
    """
    return Push(lambda where: _leaf(schema, where), _joined(" AND "), _joined(" OR "))


def numbered(condition: Condition, params: dict[str, Any]) -> str:
    """The text with a parameter for each value, which is added to `params`."""
    first, *rest = condition.text.split(MARK)
    text = first
    for value, part in zip(condition.values, rest, strict=True):
        name = f"v{len(params)}"
        params[name] = value
        text += f"${name}{part}"
    return text


def _joined(word: str) -> Any:
    def join(parts: Sequence[Condition]) -> Condition:
        text = word.join(p.text for p in parts)
        return Condition(f"({text})", tuple(v for p in parts for v in p.values))

    return join


def _asked(text: str, *values: Any, exact: bool = True) -> Asked[Condition]:
    return Asked(Condition(f"({text})", values), exact)


def _leaf(schema: Schema, where: Compare) -> Asked[Condition] | None:
    field = schema.field(where.field)
    if field.kind is Kind.JSON:
        return _json(where, native(field.name), where.field.split(".")[1:], field.name)
    name, op, value = column(field.name), where.op, where.value
    if op is Op.IS_NULL:
        return _asked(f"{name} = NONE")
    if op is Op.NOT_NULL:
        return _asked(f"{name} != NONE")
    if op in (Op.EQ, Op.NE):
        return _among(name, field.kind, op is Op.EQ, (value,))
    if op in (Op.IN, Op.NOT_IN):
        return _among(name, field.kind, op is Op.IN, value)
    if op in _SIGNS:
        return _ordered(name, field.kind, op, value)
    if op in _FUNCTIONS:
        negated = "!" * (op in _NOT_TEXT)
        return _asked(f"{name} != NONE AND {negated}{_FUNCTIONS[op]}({name}, {MARK})", value)
    start = _start(value) if op is Op.GLOB else ""
    if start:
        text = f"{name} != NONE AND string::starts_with({name}, {MARK})"
        return _asked(text, start, exact=False)
    return _asked(f"{name} != NONE", exact=False)


def _among(name: str, kind: Kind, positive: bool, wanted: Sequence[Any]) -> Asked[Condition]:
    """Equal to one of the values, or to none of them; what no such field holds is left out."""
    values = [*dict.fromkeys(v for w in wanted if (v := _stored(kind, w)) is not None)]
    if positive:
        if len(values) == 1:
            return _asked(f"{name} = {MARK}", values[0])
        return _asked(f"{name} IN {MARK}", values) if values else _asked("false")
    if not values:
        return _asked(f"{name} != NONE")
    if len(values) == 1:
        return _asked(f"{name} != NONE AND {name} != {MARK}", values[0])
    return _asked(f"{name} != NONE AND {name} NOT IN {MARK}", values)


def _ordered(name: str, kind: Kind, op: Op, value: Any) -> Asked[Condition]:
    if kind is Kind.BOOL:
        return _asked(f"{name} IN {MARK}", [b for b in (False, True) if _holds(b, op, value)])
    if kind is Kind.INT:
        return _asked(f"{name} != NONE AND {name} {strict(op)} {MARK}", _beside(op, value))
    if kind is Kind.FLOAT:
        return _asked(f"{name} != NONE AND {name} {_SIGNS[op]} {MARK}", _signed(op, float(value)))
    if op in (Op.LT, Op.GT):
        return _asked(f"{name} != NONE AND {name} {_SIGNS[op]} {MARK}", value)
    # Along an index of several fields, release 2 takes `>=` for `>`.
    text = f"{name} != NONE AND ({name} {strict(op)} {MARK} OR {name} = {MARK})"
    return _asked(text, value, value)


def _stored(kind: Kind, value: Any) -> Any:
    """The value as a field holds one that equals it; None where none can."""
    if kind is Kind.FLOAT:
        return float(value)
    if kind is Kind.INT:
        return int(value) if value == math.floor(value) and abs(value) <= LARGEST else None
    if kind is Kind.BOOL:
        return bool(value) if value in (0, 1) else None
    return value


def strict(op: Op) -> str:
    """`<` for an operator that looks down, `>` for one that looks up."""
    return "<" if op in (Op.LT, Op.LTE) else ">"


def _beside(op: Op, value: Any) -> int:
    """The int just beyond those that are meant."""
    beyond: int = {
        Op.LT: math.ceil, Op.LTE: lambda v: math.floor(v) + 1,
        Op.GT: math.floor, Op.GTE: lambda v: math.ceil(v) - 1,
    }[op](value)  # fmt: skip
    return max(-LARGEST - 1, min(LARGEST + 1, beyond))


def _signed(op: Op, value: Any) -> Any:
    """For zero the one on the right side: the engine orders -0.0 before 0.0."""
    if value == 0:
        return -0.0 if op in (Op.LT, Op.GTE) else 0.0
    return value


def _holds(found: Any, op: Op, value: Any) -> bool:
    return bool(
        {
            Op.LT: found < value,
            Op.LTE: found <= value,
            Op.GT: found > value,
            Op.GTE: found >= value,
        }[op]
    )


def _start(pattern: str) -> str:
    """The plain text that a glob pattern begins with."""
    first = next(iter(glob.parse(pattern)), "")
    return first if isinstance(first, str) else ""


class _Path(NamedTuple):
    """A value inside a JSON column; its text is repeated with its keys each time."""

    text: str
    keys: tuple[str, ...]

    def condition(self, pattern: str, *values: Any) -> Condition:
        """`pattern` with the path for each `@`, and `values` for each mark of its own."""
        given = iter(values)
        bound_values: list[Any] = []
        for sign in pattern:
            if sign == "@":
                bound_values += self.keys
            elif sign == MARK:
                bound_values.append(next(given))
        return Condition(f"({pattern.replace('@', self.text)})", tuple(bound_values))


def _json(where: Compare, name: str, keys: list[str], whole: str) -> Asked[Condition] | None:
    keys = [] if where.field == whole else keys
    path = _Path(name + f"[{MARK}]" * len(keys), tuple(keys))
    op, value = where.op, where.value
    if op is Op.IS_NULL:
        return Asked(path.condition("@ = NONE OR @ = NULL"))
    if op in _SIGNS:
        return _json_ordered(path, op, value)
    if op is Op.CONTAINS:
        alike = _alike([value])
        pattern = " OR ".join([f"@ CONTAINS {MARK}"] * len(alike))
        return Asked(path.condition(pattern, *alike), exact=False)
    if op in (Op.EQ, Op.IN):
        return Asked(path.condition(f"@ IN {MARK}", _alike(_listed(where))))
    if op in (Op.NE, Op.NOT_IN):
        pattern = f"@ != NONE AND @ != NULL AND @ NOT IN {MARK}"
        return Asked(path.condition(pattern, _alike(_listed(where))))
    return Asked(path.condition("@ != NONE AND @ != NULL"), exact=op is Op.NOT_NULL)


def _listed(where: Compare) -> Sequence[Any]:
    return where.value if where.op in (Op.IN, Op.NOT_IN) else (where.value,)


def _alike(values: Sequence[Any]) -> list[Any]:
    """The values, with the number for a bool and the bool for 0 and 1: they are equal."""
    found: list[Any] = []
    for value in values:
        found.append(value)
        if not isinstance(value, str) and value in (0, 1):
            found.append(int(value) if isinstance(value, bool) else bool(value))
    return found


def _json_ordered(path: _Path, op: Op, value: Any) -> Asked[Condition]:
    sign = _SIGNS[op]
    if isinstance(value, str):
        exact = op in (Op.LT, Op.LTE)
        return Asked(path.condition(f"@ >= '' AND @ {sign} {MARK}", value), exact)
    number = _signed(op, int(value) if isinstance(value, bool) else value)
    bools = [b for b in (False, True) if _holds(b, op, value)]
    pattern = f"(@ > true AND @ < '' AND @ {sign} {MARK}) OR @ IN {MARK}"
    return Asked(path.condition(pattern, number, bools))
