"""Applying a change list: one transaction, everything in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import apsw

from engrammic.backends.sqlite import statements
from engrammic.backends.sqlite.layout import Layout, unfolded
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import condition
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict
from engrammic.records import clean_update
from engrammic.types import Record

Values: TypeAlias = Sequence[Any]
Chosen: TypeAlias = tuple[str, ...]

RETAINED_CHANGES = 50_000
TRIM_EVERY = 4096


def prepared(change: Change, layout: Layout) -> Change:
    """The change with its records validated and in canonical form, before any lock is taken."""
    if isinstance(change, Put):
        return Put(change.table, list(map(layout.clean, change.records)))
    if isinstance(change, Update):
        records = clean_update(layout.schema, change.records, layout.clean_update)
        return Update(change.table, records)
    return change


@dataclass(slots=True)
class Writer:
    """One change list on its way into the file, inside a transaction.

    Checks are counted first: they see the state before the list's own changes.
    Terms come last: FTS5 keeps what it is given in memory up to the commit, but
    writes it out before whatever statement may need a journal of its own.
    """

    connection: apsw.Connection
    layouts: Callable[[str], Layout]
    partitions: Partitions
    touched: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    later: list[tuple[str, list[Values]]] = field(default_factory=list)

    def run(self, changes: Sequence[Change]) -> int:
        """Apply all; the number of records written or deleted."""
        for change in changes:
            if isinstance(change, Check):
                self._check(change)
        written = sum([self._one(c) for c in changes if not isinstance(c, Check)])
        for statement, rows in self.later:
            self._each(statement, rows)
        self._log()
        return written

    def _each(self, statement: str, rows: list[Values]) -> None:
        if len(rows) == 1:
            self.connection.execute(statement, rows[0])
        elif rows:
            self.connection.executemany(statement, rows)

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
        values = list(map(layout.values, records))
        if not layout.is_searched:
            self._each(layout.upsert, values)
            return len(records)
        connection, insertion = self.connection, layout.insertion
        new: dict[int, Record] = {}
        old: dict[int, Record] = {}
        for record, given in zip(records, values, strict=True):
            connection.execute(insertion, given)
            if connection.changes():
                new[connection.last_insert_rowid()] = record
                continue
            row: int = connection.execute(layout.upsert_row, given).get
            (new if row in new else old)[row] = record  # of a key given twice, the last counts
        if new:
            self._put_derived(layout, new, fresh=True)
        if old:
            self._put_derived(layout, old, fresh=False)
        return len(records)

    def _put_derived(self, layout: Layout, records: Mapping[int, Record], *, fresh: bool) -> None:
        for part, members in self._by_part(layout, records.items()).items():
            self._put_vectors(layout, part, members, fresh=fresh)
            if layout.terms:
                self.partitions.terms_table(self.connection, layout, part)
                names = statements.terms(layout)
                rows: list[Values] = [
                    (row, *[unfolded(r.get(n)) for n in names]) for row, r in members
                ]
                self.later.append((statements.put_terms(layout, part, fresh), rows))

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
        self, layout: Layout, part: int, members: Sequence[tuple[int, Record]], *, fresh: bool
    ) -> None:
        for name in statements.vectors(layout):
            given: list[Values] = [
                (row, part, v) for row, r in members if (v := r.get(name)) is not None
            ]
            self._each(statements.put_vector(layout, name, fresh), given)
            if len(given) < len(members) and not fresh:
                absent: list[Values] = [(row,) for row, r in members if r.get(name) is None]
                self._each(statements.delete_vector(layout, name), absent)
        if layout.vectors:
            self._touch(layout, part, [row for row, _ in members])

    def _update(self, layout: Layout, records: Sequence[Record]) -> int:
        if not records:
            return 0
        plain, terms, vectors = statements.chosen(layout, tuple(records[0]))
        if plain and not layout.is_searched:
            return self._update_plain(layout, records, plain)
        find = layout.row_read if layout.is_searched else layout.by_key("1")
        found: list[tuple[int, Record]] = []
        for record in records:
            key = [record[k] for k in layout.schema.key]
            row: int | None = self.connection.execute(find, key).get
            if row is not None:
                found.append((row, record))
        if plain:
            self._update_plain(layout, [record for _, record in found], plain)
        if terms or vectors:
            for part, members in self._by_part(layout, found).items():
                if vectors:
                    self._put_vectors(layout, part, members, fresh=False)
                if terms:
                    self._update_terms(layout, part, members, terms)
        return len(found)

    def _update_plain(self, layout: Layout, records: Sequence[Record], plain: Chosen) -> int:
        statement, names = statements.update(layout, plain), (*plain, *layout.schema.key)
        updated = 0
        for record in records:
            self.connection.execute(statement, [record[name] for name in names])
            updated += self.connection.changes()
        return updated

    def _update_terms(
        self, layout: Layout, part: int, members: Sequence[tuple[int, Record]], chosen: Chosen
    ) -> None:
        self.partitions.terms_table(self.connection, layout, part)
        rows: list[Values] = [(*[unfolded(r.get(n)) for n in chosen], row) for row, r in members]
        self.later.append((statements.update_terms(layout, part, chosen), rows))

    def _delete(self, layout: Layout, change: Delete) -> int:
        where, values = condition(layout, change.where)
        if not layout.is_searched:
            self.connection.execute(f"delete from {layout.table} as t where {where}", values)
            return self.connection.changes()
        column = layout.schema.partition
        select = f"t.{column}" if column else "null"
        sql = f"select t._row, {select} from {layout.table} as t where {where}"
        found: list[Any] = self.connection.execute(sql, values).fetchall()
        rows: list[Values] = [(row,) for row, _ in found]
        members: list[tuple[int, Record]] = [
            (row, {column: value} if column else {}) for row, value in found
        ]
        for part, group in self._by_part(layout, members).items():
            doomed: list[Values] = [(row,) for row, _ in group]
            for name in statements.vectors(layout):
                self._each(statements.delete_vector(layout, name), doomed)
            if layout.vectors:
                self._touch(layout, part, [row for row, _ in group])
            if layout.terms:
                self.partitions.terms_table(self.connection, layout, part)
                self.later.append((statements.delete_terms(layout, part), doomed))
        self._each(f"delete from {layout.table} where _row = ?", rows)
        return len(rows)

    def _touch(self, layout: Layout, part: int, rows: list[int]) -> None:
        self.touched.setdefault((layout.number, part), []).extend(rows)

    def _log(self) -> None:
        ranges: list[Values] = [
            (table, part, low, high)
            for (table, part), rows in self.touched.items()
            for low, high in _runs(rows)
        ]
        if not ranges:
            return
        self._each("insert into _changes(tbl, part, low, high) values (?, ?, ?, ?)", ranges)
        last = self.connection.last_insert_rowid()
        if last % TRIM_EVERY < len(ranges):
            oldest = last - RETAINED_CHANGES
            self.connection.execute("delete from _changes where seq < ?", (oldest,))
            self.connection.execute(
                "update _meta set value = max(cast(value as integer), ?) where key = 'lowest_seq'",
                (oldest,),
            )


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Row numbers as closed ranges without gaps, so that a bulk insert logs one change."""
    if len(rows) == 1:
        return [(rows[0], rows[0])]
    runs: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
