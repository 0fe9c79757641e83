"""Applying a change list: one transaction, everything in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw

from engrammic.backends.sqlite.layout import Layout, unfolded
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import condition
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict
from engrammic.records import clean_update
from engrammic.types import Record

RETAINED_CHANGES = 50_000
TRIM_EVERY = 4096


def prepared(change: Change, layout: Layout) -> Change:
    """The change with its records validated and in canonical form, before any lock is taken."""
    if isinstance(change, Put):
        return Put(change.table, list(map(layout.clean, change.records)))
    if isinstance(change, Update):
        return Update(change.table, clean_update(layout.schema, change.records))
    return change


@dataclass(slots=True)
class Writer:
    """One change list on its way into the file, inside a transaction.

    Checks are counted first: they see the state before the list's own changes.
    """

    connection: apsw.Connection
    layouts: Callable[[str], Layout]
    partitions: Partitions
    touched: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def run(self, changes: Sequence[Change]) -> int:
        """Apply all; the number of records written or deleted."""
        for change in changes:
            if isinstance(change, Check):
                self._check(change)
        written = sum(self._one(c) for c in changes if not isinstance(c, Check))
        self._log()
        return written

    def _check(self, change: Check) -> None:
        layout = self.layouts(change.table)
        where, values = condition(layout, change.where)
        sql = f"select count(*) from {layout.table} as t where {where}"
        found = self.connection.execute(sql, values).get
        if found != change.count:
            raise Conflict(
                f"{change.table}: expected {change.count} matching records, found {found}"
            )

    def _one(self, change: Change) -> int:
        layout = self.layouts(change.table)
        if isinstance(change, Put):
            return self._put(layout, change.records)
        if isinstance(change, Update):
            return self._update(layout, change.records)
        assert isinstance(change, Delete)
        return self._delete(layout, change)

    def _put(self, layout: Layout, records: Sequence[Record]) -> int:
        names = [f.name for f in layout.plain]
        values = [[r[n] for n in names] for r in records]
        if not layout.is_searched:
            self.connection.executemany(layout.upsert, values)
            return len(records)
        execute = self.connection.execute
        rows = [execute(layout.upsert_row, v).get for v in values]
        last = dict(zip(rows, records, strict=True))  # of a key given twice, the last counts
        for part, members in self._by_part(layout, last.items()).items():
            self._put_vectors(layout, part, members)
            self._put_terms(layout, part, members)
        return len(records)

    def _by_part(
        self, layout: Layout, members: Iterable[tuple[int, Record]]
    ) -> dict[int, list[tuple[int, Record]]]:
        parts: dict[int, list[tuple[int, Record]]] = {}
        column = layout.schema.partition
        for row, record in members:
            part = self.partitions.number(self.connection, record[column]) if column else 0
            parts.setdefault(part, []).append((row, record))
        return parts

    def _put_vectors(
        self, layout: Layout, part: int, members: Sequence[tuple[int, Record]]
    ) -> None:
        for f in layout.vectors:
            table = layout.vector_table(f.name)
            given = [(row, part, v) for row, r in members if (v := r.get(f.name)) is not None]
            self.connection.executemany(f"insert or replace into {table} values (?, ?, ?)", given)
            if len(given) < len(members):
                absent = [(row,) for row, r in members if r.get(f.name) is None]
                self.connection.executemany(f"delete from {table} where _row = ?", absent)
        if layout.vectors:
            self._touch(layout, part, [row for row, _ in members])

    def _put_terms(self, layout: Layout, part: int, members: Sequence[tuple[int, Record]]) -> None:
        if not layout.terms:
            return
        table = self.partitions.terms_table(self.connection, layout, part)
        names = [f.name for f in layout.terms]
        marks = ", ".join("?" * (len(names) + 1))
        columns = ", ".join(f'"{n}"' for n in names)
        self.connection.executemany(
            f"insert or replace into {table}(rowid, {columns}) values ({marks})",
            [(row, *[unfolded(r.get(n)) for n in names]) for row, r in members],
        )

    def _update(self, layout: Layout, records: Sequence[Record]) -> int:
        if not records:
            return 0
        fields = set(records[0]) - set(layout.schema.key)
        plain = [f.name for f in layout.plain if f.name in fields]
        found: list[tuple[int, Record]] = []
        statement = _update_statement(layout, plain)
        for r in records:
            values = [r[n] for n in (*plain, *layout.schema.key)]
            row = self.connection.execute(statement, values).get
            if row is not None:
                found.append((row, r))
        if not layout.is_searched:
            return len(found)
        for part, members in self._by_part(layout, found).items():
            if any(f.name in fields for f in layout.vectors):
                self._put_vectors(layout, part, members)
            self._update_terms(layout, part, members, fields)
        return len(found)

    def _update_terms(
        self, layout: Layout, part: int, members: Sequence[tuple[int, Record]], fields: set[str]
    ) -> None:
        names = [f.name for f in layout.terms if f.name in fields]
        if not names:
            return
        table = self.partitions.terms_table(self.connection, layout, part)
        sets = ", ".join(f'"{n}" = ?' for n in names)
        self.connection.executemany(
            f"update {table} set {sets} where rowid = ?",
            [(*[unfolded(r.get(n)) for n in names], row) for row, r in members],
        )

    def _delete(self, layout: Layout, change: Delete) -> int:
        where, values = condition(layout, change.where)
        if not layout.is_searched:
            self.connection.execute(f"delete from {layout.table} as t where {where}", values)
            return self.connection.changes()
        column = layout.schema.partition
        select = f"t.{column}" if column else "null"
        sql = f"select t._row, {select} from {layout.table} as t where {where}"
        found: list[Any] = self.connection.execute(sql, values).fetchall()
        rows = [(row,) for row, _ in found]
        members: list[tuple[int, Record]] = [
            (row, {column: value} if column else {}) for row, value in found
        ]
        for part, group in self._by_part(layout, members).items():
            doomed = [(row,) for row, _ in group]
            for f in layout.vectors:
                table = layout.vector_table(f.name)
                self.connection.executemany(f"delete from {table} where _row = ?", doomed)
            if layout.vectors:
                self._touch(layout, part, [row for row, _ in group])
            if layout.terms:
                table = self.partitions.terms_table(self.connection, layout, part)
                self.connection.executemany(f"delete from {table} where rowid = ?", doomed)
        self.connection.executemany(f"delete from {layout.table} where _row = ?", rows)
        return len(rows)

    def _touch(self, layout: Layout, part: int, rows: list[int]) -> None:
        self.touched.setdefault((layout.number, part), []).extend(rows)

    def _log(self) -> None:
        ranges = [
            (table, part, low, high)
            for (table, part), rows in self.touched.items()
            for low, high in _runs(rows)
        ]
        if not ranges:
            return
        self.connection.executemany(
            "insert into _changes(tbl, part, low, high) values (?, ?, ?, ?)", ranges
        )
        last = self.connection.last_insert_rowid()
        if last % TRIM_EVERY < len(ranges):
            oldest = last - RETAINED_CHANGES
            self.connection.execute("delete from _changes where seq < ?", (oldest,))
            self.connection.execute(
                "update _meta set value = max(cast(value as integer), ?) where key = 'lowest_seq'",
                (oldest,),
            )


def _update_statement(layout: Layout, plain: Sequence[str]) -> str:
    if not plain:
        return layout.by_key("_row" if layout.is_searched else "1")
    found = "_row" if layout.is_searched else "1"
    sets = ", ".join(f'"{n}" = ?' for n in plain)
    where = " and ".join(f'"{k}" = ?' for k in layout.schema.key)
    return f"update {layout.table} set {sets} where {where} returning {found}"


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Row numbers as closed ranges without gaps, so that a bulk insert logs one change."""
    runs: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
