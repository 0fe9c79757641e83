"""As much of a filter as an engine can express: never less than what matches.

Filters know no NOT, so a condition that lets through more in a leaf lets
through more as a whole. What is let through too much, the predicate drops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, NamedTuple, TypeVar

from engrammic.filters import NOTHING, And, Compare, Filter, Op
from engrammic.types import Schema

N = TypeVar("N")


class Asked(NamedTuple, Generic[N]):
    """A comparison in the engine's own form; `exact` when it means just the same."""

    native: N
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Pushed(Generic[N]):
    """What the engine is asked: `native`, or everything where that is None."""

    native: N | None
    exact: bool
    empty: bool = False
    """Nothing can match: there is no need to ask."""


@dataclass(frozen=True, slots=True)
class Push(Generic[N]):
    """How an engine spells comparisons, and joins them.

    `leaf` gives None for a comparison that the engine cannot express. Of an And
    of more than `widest` parts the first are asked; an Or of more, and what lies
    deeper than `deepest`, is left to the predicate.
    """

    leaf: Callable[[Compare], Asked[N] | None]
    both: Callable[[list[N]], N]
    either: Callable[[list[N]], N]
    widest: int = 100
    deepest: int = 12

    def __call__(self, where: Filter | None, depth: int = 0) -> Pushed[N]:
        """The narrowest condition that lets everything through that matches `where`."""
        if where is None:
            return Pushed(None, True)
        if isinstance(where, Compare):
            if where.op is Op.IN and not where.value:
                return Pushed(None, True, empty=True)
            asked = self.leaf(where)
            return Pushed(None, False) if asked is None else Pushed(asked.native, asked.exact)
        if depth >= self.deepest:
            return Pushed(None, False)
        parts = [self(p, depth + 1) for p in where.parts]
        return self._all(parts) if isinstance(where, And) else self._any(parts)

    def _all(self, parts: list[Pushed[N]]) -> Pushed[N]:
        if any(p.empty for p in parts):
            return Pushed(None, True, empty=True)
        native = [p.native for p in parts if p.native is not None]
        exact = all(p.exact for p in parts) and len(native) <= self.widest
        return Pushed(_joined(native[: self.widest], self.both), exact)

    def _any(self, parts: list[Pushed[N]]) -> Pushed[N]:
        parts = [p for p in parts if not p.empty]
        if not parts:
            return Pushed(None, True, empty=True)
        native = [p.native for p in parts if p.native is not None]
        if len(native) < len(parts):
            return Pushed(None, any(p.native is None and p.exact for p in parts))
        if len(native) > self.widest:
            return Pushed(None, False)
        return Pushed(_joined(native, self.either), all(p.exact for p in parts))


def _joined(native: list[N], join: Callable[[list[N]], N]) -> N | None:
    if not native:
        return None
    return native[0] if len(native) == 1 else join(native)


MOST_KEYS = 10_000


def demanded_keys(schema: Schema, where: Filter | None) -> list[tuple[Any, ...]] | None:
    """The only keys that can match: where every field of the key is asked by `eq` or `in`.

    None where the filter demands no keys, or too many to list.
    """
    choices = [_demanded(name, where) for name in schema.key]
    listed = [c for c in choices if c is not None]
    if where is None or len(listed) < len(choices):
        return None
    size = 1
    for c in listed:
        size *= len(c)
    return [*product(*listed)] if size <= MOST_KEYS else None


def _demanded(name: str, where: Filter | None) -> Sequence[Any] | None:
    found = [*_choices(name, where)]
    return min(found, key=len) if found else None


def _choices(name: str, where: Filter | None) -> Iterator[Sequence[Any]]:
    """Each set of values that the filter, as a whole, asks of a field."""
    if where == NOTHING:
        yield ()
    elif isinstance(where, And):
        for part in where.parts:
            yield from _choices(name, part)
    elif isinstance(where, Compare) and where.field == name:
        if where.op is Op.EQ:
            yield (where.value,)
        elif where.op is Op.IN:
            yield tuple(dict.fromkeys(where.value))


def fields_of(where: Filter | None) -> set[str]:
    """The names that a filter looks at, as they are written in it."""
    if where is None:
        return set()
    if isinstance(where, Compare):
        return {where.field}
    return {name for part in where.parts for name in fields_of(part)}
