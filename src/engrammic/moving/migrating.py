"""Migrating: copy by key, resume where it stopped, verify every table on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from engrammic.backend import Backend
from engrammic.changes import Delete, Put
from engrammic.errors import Conflict, NotFound
from engrammic.filters import eq, every
from engrammic.moving import marks
from engrammic.moving.report import Report, TableReport
from engrammic.moving.walking import PAGE, PAGE_BYTES, Line, Walk, pages
from engrammic.types import Record, Schema

FACTS = "engrammic"
"""The table of facts about the database as a whole (`stores.meta` declares it)."""

Advance: TypeAlias = Callable[[float, float, str], None]
"""Called with what is done, what there is in all, and the table at hand."""


async def migrate(
    source: Backend,
    target: Backend,
    *,
    name: str = "",
    merge: bool = False,
    advance: Advance = lambda done, total, what: None,
) -> Report:
    """Carry every table over, all scopes, vectors and terms bit by bit; then compare both sides.

    An empty target is filled, and marked with `name`, what the source is
    called, until it is verified: killed at any moment, the same call goes on.
    A target that holds the same already is left as it is. Any other is
    refused with Conflict, or, with `merge`, given the records that it lacks:
    nothing in it is changed or deleted, and records that differ are reported.
    Raises NotFound for a source without tables.
    """
    return await _Migration(source, target, name or source.scheme, merge, advance).run()


@dataclass(slots=True)
class _Migration:
    source: Backend
    target: Backend
    name: str
    merge: bool
    advance: Advance
    schemas: list[Schema] = field(default_factory=list)
    total: int = 0
    done: int = 0
    written: int = 0

    async def run(self) -> Report:
        """As `migrate`."""
        await self._look()
        begun = await marks.source_of(self.target)
        if begun not in (None, self.name):
            raise Conflict(
                f"the target is the unfinished copy of {begun}: finish that migration, or choose "
                "an empty database"
            )
        if begun is None and not await self._is_empty():
            return await self._into_other_data()
        return await self._into_own(begun is None)

    async def _look(self) -> None:
        """What there is to carry over: facts first, so that no vector stands without its model."""
        if begun := await marks.source_of(self.source):
            raise Conflict(
                f"the source is itself the unfinished copy of {begun}: finish that migration first"
            )
        found = [s for s in await self.source.tables() if s.name != marks.MARKS.name]
        if not found:
            raise NotFound("table", self.name)
        self.schemas = sorted(found, key=lambda s: (s.name != FACTS, s.name))
        self.total = 2 * sum([await self.source.count(s.name) for s in self.schemas])

    async def _is_empty(self) -> bool:
        """Whether the target holds nothing but facts, which an empty database needs no more."""
        tables = {s.name for s in await self.target.tables()} - {FACTS, marks.MARKS.name}
        return not any([await self.target.count(name) for name in tables])

    async def _into_own(self, new: bool) -> Report:
        """Into a database that was empty when the migration began."""
        if new:
            await marks.begin(self.target, self.name)
        for schema in self.schemas:
            await self.target.ensure_table(schema)
        for schema in self.schemas:
            await self._copy(schema)
        await self.target.flush()
        self.done = self.total // 2
        report = await self._compared(repair=("missing", "different"))
        if report.is_verified:
            await marks.end(self.target)
        return report

    async def _copy(self, schema: Schema) -> None:
        after = await marks.place(self.target, schema.name)
        async for page in pages(self.source, schema, after):
            records = [line.record for line in page]
            await marks.put(self.target, schema.name, records, page[-1].key)
            self.written += len(page)
            self._step(schema.name, len(page))

    async def _into_other_data(self) -> Report:
        """Into a database that somebody else filled, or that this migration had filled before."""
        if not self.merge:
            await self._refuse_other_counts()
            for schema in self.schemas:
                await self.target.ensure_table(schema)
            self.done = self.total // 2
            report = await self._compared()
            if not report.is_verified:
                raise _refusal(next(t for t in report.tables if not t.is_same))
            return report
        await self._refuse_other_facts()
        for schema in self.schemas:
            await self.target.ensure_table(schema)
        return await self._compared(repair=("missing",))

    async def _refuse_other_counts(self) -> None:
        theirs = {s.name for s in await self.target.tables()}
        for schema in self.schemas:
            mine = await self.source.count(schema.name)
            other = await self.target.count(schema.name) if schema.name in theirs else 0
            if mine != other:
                raise _refusal(TableReport(schema.name, mine, other, "", ""))

    async def _refuse_other_facts(self) -> None:
        """Vectors of two models, or terms of two analysers, never come together."""
        sides = (self.schemas, await self.target.tables())
        if not all(any(s.name == FACTS for s in side) for side in sides):
            return
        theirs = {r["name"]: r["value"] for r in await self.target.query(FACTS)}
        for fact in await self.source.query(FACTS):
            if theirs.get(fact["name"], fact["value"]) != fact["value"]:
                raise Conflict(
                    f"the two databases were made with another {fact['name']}: bring one of them "
                    "to the other's by `engrammic reindex` first, or migrate into an empty one"
                )

    async def _compared(self, repair: Sequence[str] = ()) -> Report:
        """Both sides of every table; compared once more where something had to be put."""
        before, at = self.written, self.done
        tables = [await self._walk(schema, repair) for schema in self.schemas]
        if self.written > before:
            self.done = at
            tables = [await self._walk(schema, ()) for schema in self.schemas]
        return Report(tuple(tables), self.written, self.merge)

    async def _walk(self, schema: Schema, repair: Sequence[str]) -> TableReport:
        theirs = {s.name: s for s in await self.target.tables()}
        walk = Walk(self.source, self.target, schema, theirs[schema.name])
        waiting: list[Line] = []
        size = 0
        async for state, line in walk.steps(lambda count: self._step(schema.name, count)):
            if state in repair:
                waiting.append(line)
                size += len(line.text)
            elif state == "extra" and schema.name == FACTS and "different" in repair:
                await self._drop(schema, line)
            if len(waiting) >= PAGE or size > PAGE_BYTES:
                await self._put(schema.name, waiting)
                size = 0
        await self._put(schema.name, waiting)
        return walk.report()

    async def _put(self, table: str, waiting: list[Line]) -> None:
        if waiting:
            records: list[Record] = [line.record for line in waiting]
            self.written += await self.target.apply([Put(table, records)])
            waiting.clear()

    async def _drop(self, schema: Schema, line: Line) -> None:
        pairs = zip(schema.key, line.key, strict=True)
        where = every(*(eq(name, value) for name, value in pairs))
        self.written += await self.target.apply([Delete(schema.name, where)])

    def _step(self, table: str, count: int) -> None:
        self.done += count
        self.advance(min(self.done, self.total), self.total, table)


def _refusal(table: TableReport) -> Conflict:
    counts = f"{table.source_count} records in the source, {table.target_count} in the target"
    return Conflict(
        f"the target holds other data ({table.name}: {counts}, {table}); migrate into an empty "
        "database, or add what it lacks with --merge"
    )
