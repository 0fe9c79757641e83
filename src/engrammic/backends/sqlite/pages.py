"""The rows of a search's page: how they are read, ordered by key, and made into records."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import apsw

from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.reading import decoder, expression, is_plain
from engrammic.types import Kind, Record

Row: TypeAlias = Sequence[Any]
"""A number, then the values of a shape's `names`."""
Read: TypeAlias = Callable[[apsw.Connection, Sequence[Any]], Sequence[Row]]
"""The rows of a statement, given the values of its parameters."""

_IN_JSON = frozenset({Kind.TEXT, Kind.INT, Kind.JSON})
"""Kinds that SQLite keeps as text or integer: JSON holds them as they are."""


@dataclass(frozen=True, eq=False)
class Shape:
    """What is read of each record: its key within its partition, then what else `columns` name."""

    layout: Layout
    asked: tuple[str, ...]
    names: tuple[str, ...]
    """The key's, and what else is asked for."""
    own: int
    """How many of the names are the key's."""
    records: Callable[[Sequence[Row]], list[Record]]

    def columns(self, rows: Sequence[Row]) -> dict[str, Sequence[Any]]:
        """The columns asked for, of each a value for every row."""
        asked = self.asked
        if not rows or not is_plain(self.layout, asked):
            records = self.records(rows)
            return {name: [record[name] for record in records] for name in asked}
        turned = list(zip(*rows, strict=True))
        return {name: turned[1 + self.names.index(name)] for name in asked}

    def key(self, row: Row) -> tuple[Any, ...]:
        """What equal scores are ordered by."""
        return tuple(row[1 : 1 + self.own])


@lru_cache(maxsize=256)
def shape(layout: Layout, columns: tuple[str, ...]) -> Shape:
    """The shape of a page of `columns`."""
    schema = layout.schema
    own = tuple(name for name in schema.key if name != schema.partition)
    names = own + tuple(name for name in columns if name not in own)
    places = [1 + names.index(name) for name in columns]
    return Shape(layout, columns, names, len(own), _recorder(layout, columns, places))


def _recorder(
    layout: Layout, columns: tuple[str, ...], places: Sequence[int]
) -> Callable[[Sequence[Row]], list[Record]]:
    """A function from rows to records of `columns`, whose values stand at `places`."""
    if len(columns) == 1 and is_plain(layout, columns):
        (name,), (place,) = columns, places
        return lambda rows: [{name: row[place]} for row in rows]
    decode = decoder(layout, columns)
    if len(columns) > 1:
        pick = itemgetter(*places)
        if is_plain(layout, columns):
            return lambda rows: [dict(zip(columns, pick(row), strict=True)) for row in rows]
        return lambda rows: [decode(pick(row)) for row in rows]
    return lambda rows: [decode([row[place] for place in places]) for row in rows]


@lru_cache(maxsize=512)
def along(page: Shape, where: str) -> Read:
    """Gives those of an array of rows that pass, in its order; places count from 1."""
    source = f"carray(?) as c cross join {page.layout.table} as t on t._row = c.value where {where}"
    return _read(page, "c.rowid", source)


@lru_cache(maxsize=512)
def listing(page: Shape, where: str) -> Read:
    """Gives all that pass, with the numbers of their rows."""
    return _read(page, "t._row", f"{page.layout.table} as t where {where}")


def _read(page: Shape, first: str, source: str) -> Read:
    """As one value where that can be: each row stepped to alone gives up the interpreter once."""
    chosen = ", ".join([first, *map(expression(page.layout), page.names)])
    plain = f"select {chosen} from {source}"
    packed = f"select json_group_array(json_array({chosen})) from {source}"

    def by_row(connection: apsw.Connection, values: Sequence[Any]) -> Sequence[Row]:
        return connection.execute(plain, values).fetchall()

    def at_once(connection: apsw.Connection, values: Sequence[Any]) -> Sequence[Row]:
        try:
            found: list[Row] = json.loads(connection.execute(packed, values).get)
        except apsw.TooBigError:  # SQLite has no value as long as that
            return by_row(connection, values)
        return found

    kinds = {page.layout.schema.field(name).kind for name in page.names}
    return at_once if kinds <= _IN_JSON else by_row
