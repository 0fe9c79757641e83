"""Applying a change list on a database server, within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict
from engrammic.filters import Filter
from engrammic.sql.layout import Layout
from engrammic.sql.postings import length_of, postings_of
from engrammic.sql.reading import as_parameter, condition, counted
from engrammic.sql.session import Posting, Session
from engrammic.types import Kind, Record

Key: TypeAlias = tuple[Any, ...]

BATCH = 5000
"""Keys that are looked up by one statement."""


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is stored."""

    row: int
    length: int
    partition: bytes


@dataclass(slots=True)
class Writer:
    """One list on its way; what it does to the sizes of partitions is written at the end."""

    session: Session
    layouts: Callable[[str], Layout]
    sums: dict[tuple[Layout, bytes], list[int]] = field(default_factory=dict)

    async def run(self, changes: Sequence[Change]) -> int:
        """Apply all; the number of records written or deleted. Checks are counted first."""
        for change in changes:
            if isinstance(change, Check):
                await self._check(self.layouts(change.table), change.where, change.count)
        written = 0
        for change in changes:
            if not isinstance(change, Check):
                written += await self._one(change)
        await self._add_sums()
        return written

    async def _check(self, layout: Layout, where: Filter, count: int) -> None:
        found = await counted(self.session, layout, where)
        if found != count:
            raise Conflict(f"{layout.schema.name}: want {count} matching, found {found}")

    async def _one(self, change: Put | Update | Delete) -> int:
        layout = self.layouts(change.table)
        if isinstance(change, Put):
            return await self._put(layout, change.records)
        if isinstance(change, Update):
            return await self._update(layout, change.records)
        doomed = await self._matching(layout, change.where)
        await self._erase(layout, doomed)
        return len(doomed)

    async def _put(self, layout: Layout, records: Sequence[Record]) -> int:
        if not records:
            return 0
        last = {layout.key_of(r): r for r in records}
        known = await self._known(layout, last)
        await self._erase(layout, list(known.values()))
        fresh = iter(await self.session.numbers(len(last) - len(known)))
        rows = {key: known[key].row if key in known else next(fresh) for key in last}
        lengths = [length_of(layout, r) for r in last.values()]
        numbered = list(zip(rows.values(), last.values(), strict=True))
        names = [f.name for f in layout.plain]
        await self.session.insert(
            layout.table,
            ["row_", "len_", *map(layout.column, names)],
            [(row, length, *[as_parameter(r[n]) for n in names])
             for (row, r), length in zip(numbered, lengths, strict=True)],
        )  # fmt: skip
        for f in layout.vectors:
            await self._put_vectors(layout, f.name, numbered)
        if layout.vectors:
            await self.session.touched(layout, list(rows.values()))
        await self._put_words(layout, numbered, lengths)
        return len(records)

    async def _put_vectors(
        self, layout: Layout, name: str, numbered: Iterable[tuple[int, Record]]
    ) -> None:
        given = [(row, v) for row, r in numbered if (v := r[name]) is not None]
        if given:
            rows, vectors = zip(*given, strict=True)
            await self.session.insert_vectors(layout.vectors_of(name), rows, vectors)

    async def _put_words(
        self, layout: Layout, numbered: Sequence[tuple[int, Record]], lengths: Sequence[int]
    ) -> None:
        if not layout.terms:
            return
        postings: list[Posting] = []
        for (row, record), length in zip(numbered, lengths, strict=True):
            self._sum(layout, layout.partition_in(layout.key_of(record)), 1, length)
            postings += postings_of(layout, row, record, length)
        if postings:
            await self.session.insert_words(layout.words, postings)

    async def _update(self, layout: Layout, records: Sequence[Record]) -> int:
        last = {layout.key_of(r): r for r in records}
        known = await self._known(layout, last)
        names = [n for n in (records[0] if records else ()) if n not in layout.schema.key]
        if known and names:
            numbered = [(known[key].row, r) for key, r in last.items() if key in known]
            await self._set(layout, names, numbered, list(known.values()))
        return sum(layout.key_of(r) in known for r in records)

    async def _set(
        self,
        layout: Layout,
        names: Sequence[str],
        numbered: Sequence[tuple[int, Record]],
        known: Sequence[Known],
    ) -> None:
        kinds = {n: layout.schema.field(n).kind for n in names}
        written = [n for n in names if kinds[n] is not Kind.VECTOR]
        rows = [row for row, _ in numbered]
        if written:
            change = ", ".join(f"{layout.column(n)} = %s" for n in written)
            await self.session.many(
                f"UPDATE {layout.table} SET {change} WHERE row_ = %s",  # noqa: S608
                [(*[as_parameter(r[n]) for n in written], row) for row, r in numbered],
            )
        vectors = [n for n in names if kinds[n] is Kind.VECTOR]
        for name in vectors:
            await self._delete_rows(layout, layout.vectors_of(name), rows)
            await self._put_vectors(layout, name, numbered)
        if vectors:
            await self.session.touched(layout, rows)
        if Kind.TERMS in kinds.values():
            await self._count_anew(layout, known)

    async def _count_anew(self, layout: Layout, known: Sequence[Known]) -> None:
        """Write the terms of records again whose texts have changed."""
        rows = [k.row for k in known]
        await self._delete_rows(layout, layout.words, rows)
        for k in known:
            self._sum(layout, k.partition, -1, -k.length)
        names = (*layout.schema.key, *(f.name for f in layout.terms))
        among, values = layout.dialect.among("t.row_", rows)
        given = ", ".join(map(layout.given, names))
        found = await self.session.rows(
            f"SELECT t.row_, {given} FROM {layout.table} t WHERE {among}",  # noqa: S608
            values,
        )
        numbered = [(row[0], self._texts(layout, names, row[1:])) for row in found]
        lengths = [length_of(layout, r) for _, r in numbered]
        await self.session.many(
            f"UPDATE {layout.table} SET len_ = %s WHERE row_ = %s",  # noqa: S608
            [(length, row) for (row, _), length in zip(numbered, lengths, strict=True)],
        )
        await self._put_words(layout, numbered, lengths)

    @staticmethod
    def _texts(layout: Layout, names: Sequence[str], row: Sequence[Any]) -> Record:
        read = layout.dialect.read_text
        return {
            n: v if v is None or isinstance(v, int) else read(v)
            for n, v in zip(names, row, strict=True)
        }

    async def _known(self, layout: Layout, keys: Iterable[Key]) -> dict[Key, Known]:
        """Which of these keys are stored."""
        groups: dict[Key, list[Any]] = {}
        for key in keys:
            groups.setdefault(key[:-1], []).append(key[-1])
        found: dict[Key, Known] = {}
        *first, last = (f"t.{layout.column(n)}" for n in layout.schema.key)
        for start, ends in groups.items():
            for at in range(0, len(ends), BATCH):
                values: list[Any] = list(start)
                conditions = [f"{c} = %s" for c in first]
                listed = layout.dialect.any_of(last, ends[at : at + BATCH], _binder(values))
                found |= await self._stored(layout, [*conditions, listed], values)
        return found

    async def _stored(
        self, layout: Layout, conditions: Sequence[str], values: Sequence[Any]
    ) -> dict[Key, Known]:
        names = layout.schema.key
        given = ", ".join(map(layout.given, names))
        rows = await self.session.rows(
            f"SELECT t.row_, t.len_, {given} FROM {layout.table} t "  # noqa: S608
            f"WHERE {' AND '.join(conditions)}",
            values,
        )
        keys = [layout.key_of(self._texts(layout, names, row[2:])) for row in rows]
        return {
            key: Known(row[0], row[1], layout.partition_in(key))
            for key, row in zip(keys, rows, strict=True)
        }

    async def _matching(self, layout: Layout, where: Filter) -> list[Known]:
        text, values = condition(layout, where)
        return list((await self._stored(layout, [text], values)).values())

    async def _erase(self, layout: Layout, known: Sequence[Known]) -> None:
        if not known:
            return
        rows = [k.row for k in known]
        for table in layout.tables:
            await self._delete_rows(layout, table, rows)
        if layout.vectors:
            await self.session.touched(layout, rows)
        for k in known:
            self._sum(layout, k.partition, -1, -k.length)

    async def _delete_rows(self, layout: Layout, table: str, rows: Sequence[int]) -> None:
        among, values = layout.dialect.among("row_", rows)
        await self.session.run(f"DELETE FROM {table} WHERE {among}", values)  # noqa: S608

    def _sum(self, layout: Layout, partition: bytes, records: int, length: int) -> None:
        if layout.terms:
            both = self.sums.setdefault((layout, partition), [0, 0])
            both[0] += records
            both[1] += length

    async def _add_sums(self) -> None:
        for (layout, partition), (records, length) in self.sums.items():
            if records or length:
                digest = layout.dialect.digest(partition)
                await self.session.insert(
                    layout.sums, ["part", "records", "length"], [(digest, records, length)]
                )


def _binder(values: list[Any]) -> Callable[[Any], str]:
    def bind(value: Any) -> str:
        values.append(value)
        return "%s"

    return bind
