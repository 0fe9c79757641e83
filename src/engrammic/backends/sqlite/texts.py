"""The text indexes' share of a change list, kept back until its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import apsw

from engrammic.backends.sqlite import backlog, statements
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.types import Record

Values: TypeAlias = Sequence[Any]
Execute: TypeAlias = Callable[[str, list[Values]], None]


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
        self, connection: apsw.Connection, partitions: Partitions, execute: Execute
    ) -> None:
        self._connection = connection
        self._partitions = partitions
        self._execute = execute
        self._later: list[tuple[str, list[Values]]] = []
        self._indexed: dict[int, int] = {}
        self._new: dict[Layout, list[int]] = {}

    def put(self, layout: Layout, part: int, members: Iterable[Placed]) -> None:
        """Index rows anew where their terms change; new rows wait, as do those before them."""
        changed = []
        for member in members:
            if member.before is None:
                self._new.setdefault(layout, []).append(member.row)
            elif member.before != member.after and member.row <= self._last(layout):
                changed.append(member)
        if changed:
            old: list[Values] = [(m.row, *(m.before or ())) for m in changed]
            self._later.append((statements.take_terms(layout, part), old))
            new: list[Values] = [(m.row, *m.after) for m in changed]
            self._later.append((statements.put_terms(layout, part), new))

    def delete(self, layout: Layout, part: int, rows: list[Values]) -> None:
        """Take rows out at once, while FTS5 can still read in the main table what they say."""
        self._write()
        held = [row for row in rows if row[0] <= self._last(layout)]
        self._execute(statements.delete_terms(layout, part), held)

    def finish(self) -> None:
        """Write all that was asked for; let new rows wait if they are few."""
        self._write()
        for layout, rows in self._new.items():
            waiting = max(rows) - self._last(layout)
            if len(rows) >= backlog.BATCH or waiting >= backlog.LONGEST:
                backlog.index(self._connection, self._partitions, layout)

    def _last(self, layout: Layout) -> int:
        """The last row that the indexes hold."""
        if layout.number not in self._indexed:
            self._indexed[layout.number] = backlog.indexed(self._connection, layout)
        return self._indexed[layout.number]

    def _write(self) -> None:
        for statement, rows in self._later:
            self._execute(statement, rows)
        self._later.clear()
