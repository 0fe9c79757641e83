"""Applying a change list: one transaction, everything in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import apsw

from engrammic.backends.sqlite import changelog, columnwise, statements
from engrammic.backends.sqlite.changelog import Logged
from engrammic.backends.sqlite.folding import unfolded
from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.partitions import Partitions
from engrammic.backends.sqlite.reading import condition
from engrammic.backends.sqlite.texts import Placed, Texts, Values
from engrammic.batches import Columns, cleaned
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict
from engrammic.records import clean_update
from engrammic.types import Record

Chosen: TypeAlias = tuple[str, ...]


def prepared(change: Change, layout: Layout) -> Change:
    """The change with its records in stored form; its filter is checked where it is compiled."""
    if isinstance(change, Put):
        return Put(change.table, cleaned(layout.schema, change.records))
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
    texts: Texts = field(init=False)

    def __post_init__(self) -> None:
        self.texts = Texts(self.connection, self.partitions, self._each, self._touch)

    def run(self, changes: Sequence[Change]) -> int:
        """Apply all; the number of records written or deleted."""
        for change in changes:
            if isinstance(change, Check):
                self._check(change)
        written = sum([self._one(c) for c in changes if not isinstance(c, Check)])
        self.texts.finish()
        changelog.note(self.connection, self.touched)
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
        if not layout.is_searched:
            self._each(layout.upsert, columnwise.rows(layout, records))
        elif len(records) == 1:
            values = columnwise.rows(layout, records)
            self._put_each(layout, records, values, [self._inserted_one(layout, values[0])])
        elif records:
            rows = self._inserted(layout, records)
            if not self._put_new(layout, records, rows):
                self._put_each(layout, records, columnwise.rows(layout, records), rows)
        return len(records)

    def _put_each(
        self,
        layout: Layout,
        records: Sequence[Record],
        given: Sequence[Values],
        rows: Sequence[int],
    ) -> None:
        """What hangs on each record, and those whose key was there; `rows` as `_inserted` says."""
        new: dict[int, Placed] = {}
        old: dict[int, Placed] = {}
        words = len(layout.plain)
        for record, values, fresh in zip(records, given, rows, strict=True):
            if fresh:
                new[fresh] = Placed(fresh, record, None, values[words:])
                continue
            row, *before = self._found(layout, record)
            self.connection.execute(layout.upsert, values)
            known = new if row in new else old
            said = known[row].before if row in known else tuple(before)
            known[row] = Placed(row, record, said, values[words:])  # given twice, the last counts
        self._put_derived(layout, new.values(), fresh=True)
        self._put_derived(layout, old.values(), fresh=False)

    def _inserted_one(self, layout: Layout, values: Values) -> int:
        """The number of the new row; 0 where its key was there."""
        self.connection.execute(layout.insertion, values)
        return self.connection.last_insert_rowid() if self.connection.changes() else 0

    def _inserted(self, layout: Layout, records: Sequence[Record]) -> Sequence[int]:
        """The numbers of the new rows, of those whose key was not there yet; 0 for the others."""
        connection = self.connection
        first: int = connection.execute(f"select {layout.next_row}").get
        rows = range(first, first + len(records))
        before = connection.total_changes()
        given = columnwise.numbered(layout, rows, records)
        connection.executemany(layout.numbered_insertion, given)
        if connection.total_changes() - before == len(records):
            return rows
        sql = f"select _row from {layout.table} where _row >= ?"
        there = {row for (row,) in connection.execute(sql, (first,))}
        return [row if row in there else 0 for row in rows]

    def _found(self, layout: Layout, record: Record) -> Any:
        """Row and terms of the record of that key, None where there is none."""
        key = [record[name] for name in layout.schema.key]
        return self.connection.execute(layout.row_read, key).fetchone()

    def _put_derived(self, layout: Layout, records: Iterable[Placed], *, fresh: bool) -> None:
        for part, members in self._by_part(layout, records).items():
            self._put_vectors(layout, part, members, fresh=fresh)
            if layout.terms:
                self.texts.put(layout, part, members)

    def _put_new(self, layout: Layout, records: Sequence[Record], rows: Sequence[int]) -> bool:
        """The vectors and terms column by column; False where not all are new, or alike."""
        if not isinstance(rows, range) or not isinstance(records, Columns):
            return False
        part = columnwise.part(self.connection, self.partitions, layout, records)
        if part is None:
            return False
        for name in statements.vectors(layout):
            given = columnwise.vectors(rows, part, records.of(name))
            self._each(statements.put_vector(layout, name, True), given)
        if layout.terms:
            self.texts.put_new(layout, rows, [records.of(f.name) for f in layout.terms])
        return True

    def _by_part(self, layout: Layout, members: Iterable[Placed]) -> dict[int, list[Placed]]:
        column = layout.schema.partition
        if column is None:
            return {0: [*members]}
        groups: dict[str, list[Placed]] = {}
        for member in members:
            groups.setdefault(member.record[column], []).append(member)
        number, connection = self.partitions.number, self.connection
        return {number(connection, value): group for value, group in groups.items()}

    def _put_vectors(
        self, layout: Layout, part: int, members: Sequence[Placed], *, fresh: bool
    ) -> None:
        for name in statements.vectors(layout):
            given: list[Values] = [
                (m.row, part, v) for m in members if (v := m.record.get(name)) is not None
            ]
            self._each(statements.put_vector(layout, name, fresh), given)
            if len(given) < len(members) and not fresh:
                absent: list[Values] = [(m.row,) for m in members if m.record.get(name) is None]
                self._each(statements.delete_vector(layout, name), absent)
        if layout.vectors and not fresh:
            self._touch(layout, part, [m.row for m in members], Logged.VECTORS)

    def _update(self, layout: Layout, records: Sequence[Record]) -> int:
        if not records:
            return 0
        plain, terms, vectors = statements.chosen(layout, tuple(records[0]))
        if not layout.is_searched:
            return self._update_plain(layout, records, plain)
        found: dict[int, Placed] = {}
        updated = 0
        for record in records:
            stored = self._found(layout, record)
            if stored is not None:
                updated += 1
                placed = self._update_row(layout, record, stored, plain, terms)
                first = found.get(placed.row, placed)
                found[placed.row] = placed._replace(before=first.before)
        for part, members in self._by_part(layout, found.values()).items():
            if vectors:
                self._put_vectors(layout, part, members, fresh=False)
            elif plain and layout.vectors:
                self._touch(layout, part, [m.row for m in members], Logged.FIELDS)
            if terms:
                self.texts.put(layout, part, members)
        return updated

    def _update_row(
        self, layout: Layout, record: Record, stored: Any, plain: Chosen, terms: Chosen
    ) -> Placed:
        """Set plain fields and terms of a stored row."""
        row, *before = stored
        after = before
        if terms:
            pairs = zip(statements.terms(layout), before, strict=True)
            after = [unfolded(record[n]) if n in terms else held for n, held in pairs]
        if plain or after != before:
            statement = statements.update_row(layout, plain, bool(terms))
            values = [record[name] for name in plain]
            self.connection.execute(statement, [*values, *(after if terms else ()), row])
        return Placed(row, record, before, after)

    def _update_plain(self, layout: Layout, records: Sequence[Record], plain: Chosen) -> int:
        if not plain:
            return sum(self._found(layout, record) is not None for record in records)
        statement, names = statements.update(layout, plain), (*plain, *layout.schema.key)
        updated = 0
        for record in records:
            self.connection.execute(statement, [record[name] for name in names])
            updated += self.connection.changes()
        return updated

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
        members = [Placed(row, {column: value} if column else {}, None, ()) for row, value in found]
        for part, group in self._by_part(layout, members).items():
            doomed: list[Values] = [(m.row,) for m in group]
            for name in statements.vectors(layout):
                self._each(statements.delete_vector(layout, name), doomed)
            if layout.vectors:
                self._touch(layout, part, [m.row for m in group], Logged.VECTORS)
            if layout.terms:
                self.texts.delete(layout, part, doomed)
        if rows:
            self.connection.execute(statements.keep_last_row(layout))
        self._each(f"delete from {layout.table} where _row = ?", rows)
        return len(rows)

    def _touch(self, layout: Layout, part: int, rows: list[int], what: Logged) -> None:
        self.touched.setdefault((what.of(layout.number), part), []).extend(rows)
