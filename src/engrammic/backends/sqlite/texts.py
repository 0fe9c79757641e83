"""The text indexes' share of a change list, kept back until its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import apsw

from engrammic.backends.sqlite import backlog, statements
from engrammic.backends.sqlite.changelog import Logged
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.types import Record

Values: TypeAlias = Sequence[Any]
Execute: TypeAlias = Callable[[str, list[Values]], None]
Touch: TypeAlias = Callable[[Layout, int, list[int], Logged], None]
"""Notes what of a partition's rows changed."""


class Placed(NamedTuple):
    """A record that has its row: what of its terms the index holds, and is to hold."""

    row: int
    record: Record
    before: Values | None
    """None where the index does not have the row."""
    after: Values


class Texts:
    """What a change list does to the text indexes, in the order in which it was asked for.

    FTS5 keeps what it is given in memory up to the commit, but writes it out
    before whatever statement may need a journal of its own: so this comes last.
    """

    def __init__(
        self, connection: apsw.Connection, partitions: Partitions, execute: Execute, touch: Touch
    ) -> None:
        self._connection = connection
        self._partitions = partitions
        self._execute = execute
        self._touch = touch
        self._later: list[tuple[str, list[Values]]] = []
        self._indexed: dict[int, int] = {}
        self._new: dict[Layout, list[int]] = {}
        self._long: set[Layout] = set()

    def put(self, layout: Layout, part: int, members: Iterable[Placed]) -> None:
        """Index rows anew where their terms change; new rows wait, as do those before them.

        None waits where a row's terms are LONG.
        """
        changed = []
        for member in members:
            if member.before == member.after:
                continue
            if member.before is None:
                self._new.setdefault(layout, []).append(member.row)
            elif self._holds(layout, part, member.row):
                changed.append(member)
                continue
            if any(text and len(text) > backlog.LONG for text in member.after):
                self._long.add(layout)
        if changed:
            old: list[Values] = [(m.row, *(m.before or ())) for m in changed]
            self._later.append((statements.take_terms(layout, part), old))
            new: list[Values] = [(m.row, *m.after) for m in changed]
            self._later.append((statements.put_terms(layout, part), new))
            self._touch(layout, part, [m.row for m in changed], Logged.WORDS)

    def put_new(self, layout: Layout, rows: range, terms: Sequence[Values]) -> None:
        """As `put` for new rows, whose terms are given by field."""
        self._new.setdefault(layout, []).extend(rows)
        if any(max(map(len, filter(None, column)), default=0) > backlog.LONG for column in terms):
            self._long.add(layout)

    def delete(self, layout: Layout, part: int, rows: list[Values]) -> None:
        """Take rows out at once, while FTS5 can still read in the main table what they say."""
        self._write()
        held = [row for row in rows if self._holds(layout, part, row[0])]
        self._execute(statements.delete_terms(layout, part), held)
        self._touch(layout, part, [row[0] for row in held], Logged.WORDS)

    def finish(self) -> None:
        """Write all that was asked for; let new rows wait if they are few."""
        self._write()
        full = [layout for layout, rows in self._new.items() if self._is_full(layout, rows)]
        for layout in {*full, *self._long}:
            backlog.index(self._connection, self._partitions, layout)

    def _is_full(self, layout: Layout, rows: list[int]) -> bool:
        """Whether new rows are too many to wait, or too many wait with them."""
        waiting = max(rows) - self._last(layout)
        return len(rows) >= backlog.BATCH or waiting >= backlog.LONGEST

    def _holds(self, layout: Layout, part: int, row: int) -> bool:
        """Whether the index of a partition holds a row."""
        if row <= self._last(layout):
            return True
        if not self._partitions.has_index(self._connection, layout, part):
            return False
        return bool(self._connection.execute(statements.holds(layout, part), (row,)).get)

    def _last(self, layout: Layout) -> int:
        """The last row up to which the indexes hold all."""
        if layout.number not in self._indexed:
            self._indexed[layout.number] = backlog.indexed(self._connection, layout)
        return self._indexed[layout.number]

    def _write(self) -> None:
        for statement, rows in self._later:
            self._execute(statement, rows)
        self._later.clear()
