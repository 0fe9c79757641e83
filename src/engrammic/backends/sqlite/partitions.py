"""Partition values as numbers, and which partitions have an FTS5 table yet."""

from __future__ import annotations

import threading
from typing import NamedTuple, TypeAlias

import apsw

from engrammic.backends.sqlite.layout import Layout, has_table

_Named: TypeAlias = tuple[str, str]
"""An epoch, and a value or table under it."""


class Part(NamedTuple):
    """A partition's number, which holds under one epoch."""

    epoch: str
    number: int


class Partitions:
    """The numbers of partition values, remembered once they are committed.

    Numbers and FTS5 tables made inside a transaction are kept aside until
    `commit`, so that a rollback leaves nothing behind. All hold under one epoch
    of the file: under another, a number may be another scope's.
    """

    def __init__(self) -> None:
        self._numbers: dict[_Named, int] = {}
        self._tables: set[_Named] = set()
        self._new_numbers: dict[_Named, int] = {}
        self._new_tables: set[_Named] = set()
        self._guard = threading.Lock()
        self._writing = self._seen = ""

    def number(self, connection: apsw.Connection, value: str) -> int:
        """The number of a value, given to it now if it has none. Inside a write transaction."""
        named = (self._writing, value)
        found = self._numbers.get(named) or self._new_numbers.get(named)
        if found is None:
            connection.execute("insert or ignore into _partitions(value) values (?)", (value,))
            found = _look_up(connection, value)
            assert found is not None
            self._new_numbers[named] = found
        return found

    def known(self, connection: apsw.Connection, value: str | None) -> Part | None:
        """The partition of a value, or None when nothing was ever stored under it.

        That of None, in a table without partitions, is 0.
        """
        epoch = self._seen = _epoch(connection)
        if value is None:
            return Part(epoch, 0)
        found = self._numbers.get((epoch, value))
        if found is None:
            found = _look_up(connection, value)
            if found is None:
                return None
            self._numbers[epoch, value] = found  # a number once given stays
        return Part(epoch, found)

    def likely(self, connection: apsw.Connection, value: str | None) -> Part | None:
        """As `known`; under the epoch that was seen last, where that will do."""
        epoch = self._seen
        found = 0 if value is None else self._numbers.get((epoch, value))
        return self.known(connection, value) if found is None else Part(epoch, found)

    def terms_table(self, connection: apsw.Connection, layout: Layout, part: int) -> str:
        """The FTS5 table of a partition, created now if it is missing."""
        table = layout.terms_table(part)
        named = (self._writing, table)
        if named not in self._tables and named not in self._new_tables:
            if not has_table(connection, table):
                for statement in layout.terms_creation(part):
                    connection.execute(statement)
            self._new_tables.add(named)
        return table

    def has_index(self, connection: apsw.Connection, layout: Layout, part: int) -> bool:
        """Whether the partition's FTS5 table is there. Inside a write transaction."""
        named = (self._writing, layout.terms_table(part))
        if named in self._tables or named in self._new_tables:
            return True
        found = has_table(connection, named[1])
        if found:
            self._new_tables.add(named)
        return found

    def has_terms(self, connection: apsw.Connection, layout: Layout, part: Part) -> bool:
        """Whether the partition's FTS5 table is there; it stays as long as the epoch."""
        named = (part.epoch, layout.terms_table(part.number))
        if named in self._tables:
            return True
        found = has_table(connection, named[1])
        if found:
            with self._guard:
                self._tables.add(named)
        return found

    def commit(self) -> None:
        """What the transaction made is there for good."""
        if not self._new_numbers and not self._new_tables:
            return
        with self._guard:
            self._numbers.update(self._new_numbers)
            self._tables.update(self._new_tables)
            self.rollback()

    def rollback(self) -> None:
        """Forget what the transaction made."""
        self._new_numbers.clear()
        self._new_tables.clear()

    def renew(self, connection: apsw.Connection) -> None:
        """Learn which epoch is written in. Inside a write transaction."""
        if not self._writing and not has_table(connection, "_meta"):
            return  # the file is being made right now
        epoch = _epoch(connection)
        if epoch != self._writing:
            self.forget()
            self._writing = epoch

    def forget(self) -> None:
        """Forget everything: tables were dropped."""
        with self._guard:
            self._numbers.clear()
            self._tables.clear()


def _look_up(connection: apsw.Connection, value: str) -> int | None:
    sql = "select number from _partitions where value = ?"
    found: int | None = connection.execute(sql, (value,)).get
    return found


def _epoch(connection: apsw.Connection) -> str:
    return str(connection.execute("select value from _meta where key = 'epoch'").get)
