"""What a bulk write takes of its records, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

import apsw

from engrammic.backends.sqlite.folding import unfolded_all
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.texts import Values
from engrammic.batches import Columns
from engrammic.types import Record


def rows(layout: Layout, records: Sequence[Record]) -> list[Values]:
    """The values of the main table's columns, for each of the clean records."""
    if not isinstance(records, Columns):
        return list(map(layout.row, records))
    return list(zip(*_columns(layout, records), strict=True))


def numbered(layout: Layout, numbers: range, records: Sequence[Record]) -> Iterator[Values]:
    """As `rows`, each behind its number."""
    if not isinstance(records, Columns):
        return ((n, *layout.row(r)) for n, r in zip(numbers, records, strict=True))
    return zip(numbers, *_columns(layout, records), strict=True)


def _columns(layout: Layout, records: Columns) -> list[Values]:
    plain = [records.of(f.name) for f in layout.plain]
    return plain + [unfolded_all(records.of(f.name)) for f in layout.terms]


def part(
    connection: apsw.Connection, partitions: Partitions, layout: Layout, records: Columns
) -> int | None:
    """The partition of all the records, None where they are of several."""
    column = layout.schema.partition
    if column is None:
        return 0
    values = {*records.of(column)}
    return partitions.number(connection, values.pop()) if len(values) == 1 else None


def vectors(rows: range, part: int, column: Sequence[Any]) -> list[Values]:
    """Row, partition and vector, for each of the rows that have one."""
    given = zip(rows, repeat(part), column, strict=False)
    return [one for one in given if one[2] is not None]
