"""Filters: comparisons joined by And and Or; `~` turns one into its opposite.

`~` is pushed down to the leaves at once, so that no compiler meets a NOT.
A missing or null field matches no comparison, not even `ne`; ask `is_null`.
Nor does any field match a text with a NUL, which no database holds: such a
comparison becomes an empty `in` at once, so that no database is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from engrammic.checks import check_name, shown
from engrammic.errors import InvalidInput


class Op(StrEnum):
    """The comparisons. NOT_* forms exist so that every operator has an opposite."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"
    NOT_IN = "not_in"
    PREFIX = "prefix"
    NOT_PREFIX = "not_prefix"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    GLOB = "glob"
    NOT_GLOB = "not_glob"
    IS_NULL = "is_null"
    NOT_NULL = "not_null"


_OPPOSITE = {
    Op.EQ: Op.NE,
    Op.LT: Op.GTE,
    Op.LTE: Op.GT,
    Op.IN: Op.NOT_IN,
    Op.PREFIX: Op.NOT_PREFIX,
    Op.CONTAINS: Op.NOT_CONTAINS,
    Op.GLOB: Op.NOT_GLOB,
    Op.IS_NULL: Op.NOT_NULL,
}
OPPOSITE = _OPPOSITE | {v: k for k, v in _OPPOSITE.items()}
TEXT_OPS = frozenset({Op.PREFIX, Op.NOT_PREFIX, Op.GLOB, Op.NOT_GLOB})
SET_OPS = frozenset({Op.IN, Op.NOT_IN})
NULL_OPS = frozenset({Op.IS_NULL, Op.NOT_NULL})


class Nulled(tuple[Any, ...]):
    """What is left to compare with, once the texts that hold a NUL are gone: mostly nothing."""

    op: Op
    asked: Any
    """The operator and the value that were given."""

    @classmethod
    def of(cls, op: Op, asked: Any) -> Nulled:
        """Of a list for `in` the other values; of anything else nothing."""
        left = cls(v for v in asked if not _is_nul(v)) if op is Op.IN else cls()
        left.op, left.asked = op, asked
        return left

    @property
    def sound(self) -> Any:
        """What was given, its NUL characters left out."""
        if self.op in SET_OPS:
            return tuple(v.replace("\0", "") if _is_nul(v) else v for v in self.asked)
        return self.asked.replace("\0", "")


def _is_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _holds_nul(values: tuple[Any, ...]) -> bool:
    if {*map(type, values)} == {str}:
        return "\0" in "".join(values)
    return any(map(_is_nul, values))


class _Joinable:
    """`a & b`, `a | b` and `~a` for every filter."""

    __slots__ = ()

    def __and__(self: Filter, other: Filter) -> And:  # type: ignore[misc]
        return And((self, other))

    def __or__(self: Filter, other: Filter) -> Or:  # type: ignore[misc]
        return Or((self, other))


@dataclass(frozen=True, slots=True)
class Compare(_Joinable):
    """One field against one value.

    `field` may reach into a JSON field with dots: `metadata.severity`.
    `glob` knows `*` (any run), `?` (one character) and `[abc]`, `[!abc]`.
    `contains` is a substring of a text, or an element of a JSON array.
    With a text that holds a NUL it is an empty `in`, whatever the operator;
    a list for `in` loses such texts.
    """

    field: str
    op: Op
    value: Any = None

    def __post_init__(self) -> None:
        if type(self.field) is not str or not self.field.isascii() or "\0" in self.field:
            check_name(self.field, "field")
        if type(self.op) is not Op:
            object.__setattr__(self, "op", _op(self.field, self.op))
        if self.op in SET_OPS:
            object.__setattr__(self, "value", _choices(self.field, self.value))
        elif self.op not in NULL_OPS and self.value is None:
            raise InvalidInput(self.field, "nothing compares with None; use is_null or not_null")
        if self.op in TEXT_OPS and not isinstance(self.value, str):
            raise InvalidInput(self.field, f"{self.op} wants a text, not {shown(self.value)}")
        value = self.value
        if _is_nul(value) or (type(value) is tuple and _holds_nul(value)):
            object.__setattr__(self, "value", Nulled.of(self.op, value))
            object.__setattr__(self, "op", Op.IN)

    def __invert__(self) -> Compare:
        if isinstance(self.value, Nulled):
            return Compare(self.field, OPPOSITE[self.value.op], self.value.asked)
        return Compare(self.field, OPPOSITE[self.op], self.value)


def _op(field: str, given: Any) -> Op:
    try:
        return Op(given)
    except ValueError:
        problem = f"no operator {shown(given)}; there are: {', '.join(Op)}"
        raise InvalidInput(field, problem) from None


def _choices(field: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, tuple):
        return values
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidInput(field, f"want a sequence of values, such as [1, 2], not {shown(values)}")
    return tuple(values)


@dataclass(frozen=True, slots=True)
class And(_Joinable):
    """Every part holds. `And(())` is true."""

    parts: tuple[Filter, ...] = ()

    def __invert__(self) -> Or:
        return Or(tuple(~p for p in self.parts))


@dataclass(frozen=True, slots=True)
class Or(_Joinable):
    """At least one part holds. `Or(())` is false."""

    parts: tuple[Filter, ...] = ()

    def __invert__(self) -> And:
        return And(tuple(~p for p in self.parts))


Filter: TypeAlias = Compare | And | Or

EVERYTHING = And(())
NOTHING = Or(())


def eq(field: str, value: Any) -> Compare:
    """`field` equals `value`."""
    return Compare(field, Op.EQ, value)


def is_in(field: str, values: Iterable[Any]) -> Compare:
    """`field` is one of `values`; an empty set matches nothing."""
    return Compare(field, Op.IN, values)


def within(prefix: str, where: Filter) -> Filter:
    """The same filter over the fields of a JSON field: `item` turns `role` into `item.role`."""
    if isinstance(where, Compare):
        return replace(where, field=f"{prefix}.{where.field}")
    return type(where)(tuple(within(prefix, part) for part in where.parts))


def is_null(field: str) -> Compare:
    """`field` is missing or null."""
    return Compare(field, Op.IS_NULL)


def every(*parts: Filter | None) -> Filter:
    """All the given filters at once; None among them is left out, an And is opened."""
    present: list[Filter] = []
    for part in parts:
        if isinstance(part, And):
            present.extend(part.parts)
        elif part is not None:
            present.append(part)
    return present[0] if len(present) == 1 else And(tuple(present))
