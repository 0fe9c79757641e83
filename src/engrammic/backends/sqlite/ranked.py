"""The searches of a SQLite file: by vector over the derived matrix, by words over FTS5."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw
import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Backend, Survey
from engrammic.backends.sqlite import statements
from engrammic.backends.sqlite.connection import Connections, snapshot
from engrammic.backends.sqlite.derived import Derived
from engrammic.backends.sqlite.derived.matrix import Behind, Matrix, View
from engrammic.backends.sqlite.derived.scan import VECTOR_DIGITS
from engrammic.backends.sqlite.derived.words import ByFts5
from engrammic.backends.sqlite.filling import Page, Passed
from engrammic.backends.sqlite.folding import unfolded
from engrammic.backends.sqlite.layout import Layout, quoted
from engrammic.backends.sqlite.partitions import Part, Partitions
from engrammic.backends.sqlite.plan import Plan
from engrammic.backends.sqlite.search import TERMS_DIGITS, Search
from engrammic.backends.sqlite.tables import Tables
from engrammic.backends.sqlite.transactions import Transactions
from engrammic.backends.sqlite.translation import REPAIR, gone, translated
from engrammic.backends.sqlite.waiting import Waiting
from engrammic.errors import Corrupt
from engrammic.filters import Filter
from engrammic.reads import query_terms, query_vector
from engrammic.types import Schema, Scored, Vector

T = TypeVar("T")


class Asked(NamedTuple):
    """The words of a search, in the index's form, and whether the index holds every record."""

    words: list[str]
    whole: bool


NOTHING = Asked([], True)
SNAPSHOTS = 100
"""In so many, one after the other, no search is overtaken each time."""


class RankedSearch(Backend):
    """What a SQLite backend finds; each search is one job on one thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._tables = Tables()
        self._partitions = Partitions()
        self._derived = Derived()
        self._transactions = Transactions(connections, self._partitions, self._tables)
        self._waiting = Waiting(connections, self._transactions, self._partitions)

    async def schema(self, table: str) -> Schema:
        """As `Backend.schema`."""
        return self._tables.layout(table).schema

    @property
    def path(self) -> Path:
        """The database file."""
        return self._connections.path

    async def vector_search(
        self,
        table: str,
        field: str,
        vector: Vector,
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.vector_search`: an exact scan of the partition's matrix."""
        layout = self._tables.layout(table)
        query = query_vector(layout.schema, field, vector)
        plan = Plan.of(layout, where, columns, limit, VECTOR_DIGITS)

        def work(search: Search, view: View, _part: Part) -> list[Scored]:
            return search.by_vector(view, query)

        return await self._scanned(plan, field, work, [])

    async def survey(
        self,
        table: str,
        field: str,
        vector: Vector,
        terms: Sequence[str] = (),
        *,
        limit: int,
        where: Filter | None = None,
        sample: int = 0,
        columns: Sequence[str],
    ) -> Survey:
        """As `Backend.survey`: one job, one snapshot, one scan."""
        layout = self._tables.layout(table)
        query = query_vector(layout.schema, field, vector)
        plan = Plan.of(layout, where, columns, limit, VECTOR_DIGITS)
        asked = await self._asked(layout, plan.partition, terms) if terms else NOTHING

        def told(connection: apsw.Connection, part: Part) -> Passed:
            if self._lacks_words(connection, plan, part, asked):
                return []
            return self._by_terms(connection, replace(plan, digits=TERMS_DIGITS), part, asked)

        def work(search: Search, view: View, part: Part) -> Survey:
            return search.survey(view, query, sample, told(search.connection, part))

        def may_be_here(connection: apsw.Connection, part: Part) -> bool:
            return self._lacks_words(connection, plan, part, asked)

        nothing = Survey(dict.fromkeys(plan.columns, ()), [], [], query[:0])
        return await self._scanned(plan, field, work, nothing, may_be_here)

    async def prefetch(self, table: str, field: str, *, where: Filter | None = None) -> None:
        """As `Backend.prefetch`: the partition's matrix."""
        layout = self._tables.layout(table)
        layout.dimension(field)  # raises where it is no vector
        plan = Plan.of(layout, where, (), 0, VECTOR_DIGITS)

        def work(connection: apsw.Connection, part: Part) -> bool:
            self._derived.matrix(layout, field, part.number).view(connection)
            return True

        def at_once(connection: apsw.Connection, part: Part) -> bool | None:
            matrix = self._derived.matrix(layout, field, part.number)
            return matrix.is_current(connection) or None

        await self._within(plan, work, False, at_once)

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`, from the partition's matrix."""
        layout = self._tables.layout(table)
        plan = Plan.of(layout, where, (), count, VECTOR_DIGITS)

        def work(search: Search, view: View, _part: Part) -> NDArray[np.float32]:
            return view.vectors[search.sample(view, count)]

        nothing = np.empty((0, layout.dimension(field)), np.float32)
        return await self._scanned(plan, field, work, nothing)

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`: FTS5's BM25 with the partition's own statistics.

        Rows that wait for the index come in first. Where the file cannot be written,
        the terms of the whole partition are read and ranked here.
        """
        layout = self._tables.layout(table)
        plan = Plan.of(layout, where, columns, limit, TERMS_DIGITS)
        asked = await self._asked(layout, plan.partition, terms)

        def at_once(connection: apsw.Connection, part: Part) -> list[Scored] | None:
            return [] if self._lacks_words(connection, plan, part, asked) else None

        def work(connection: apsw.Connection, part: Part) -> list[Scored]:
            page = self._by_terms(connection, plan, part, asked)
            return Page(connection, plan).hits(page)

        return await self._within(plan, work, [], at_once)

    async def _asked(self, layout: Layout, partition: str | None, terms: Sequence[str]) -> Asked:
        """The words to search for; what waits for the index comes in, if that can be."""
        words = [unfolded(t) for t in query_terms(layout.schema, terms)]
        with self._translated():
            whole = not words or await self._waiting.none_waits(layout, partition)
        return Asked(words, whole)

    def _by_terms(
        self, connection: apsw.Connection, plan: Plan, part: Part, asked: Asked
    ) -> Passed:
        search = self._search(connection, plan, part)
        if not asked.whole:
            return search.by_reading(asked.words)
        ranking = self._derived.inverted(plan.layout, part.number).ranking(connection, asked.words)
        if ranking is None:
            match = " OR ".join(map(quoted, asked.words))
            return search.by_terms(ByFts5(connection, plan.layout.terms_table(part.number), match))
        return search.by_terms(ranking)

    def _lacks_words(
        self, connection: apsw.Connection, plan: Plan, part: Part, asked: Asked
    ) -> bool:
        """Whether no record can hold one of the words."""
        return not asked.words or (asked.whole and not self._has_terms(connection, plan, part))

    def _has_terms(self, connection: apsw.Connection, plan: Plan, part: Part) -> bool:
        """Whether there is an index to search. Raises Corrupt where one has gone."""
        if self._partitions.has_terms(connection, plan.layout, part):
            return True
        if connection.execute(statements.is_indexed(plan.layout), (plan.partition,)).get:
            raise gone(self.path, f"the text index of {plan.layout.schema.name}")
        return False

    async def _scanned(
        self,
        plan: Plan,
        field: str,
        work: Callable[[Search, View, Part], T],
        nothing: T,
        may_be_here: Callable[[apsw.Connection, Part], bool] = lambda _, __: True,
    ) -> T:
        """What `work` finds in the matrix of a field; here, where that is allowed and quick."""

        def matrix(part: Part) -> Matrix:
            return self._derived.matrix(plan.layout, field, part.number)

        def inside(connection: apsw.Connection, part: Part) -> T:
            search = self._search(connection, plan, part)
            return work(search, matrix(part).view(connection), part)

        def at_once(connection: apsw.Connection, part: Part) -> T | None:
            if not matrix(part).may_be_quick(filtered=plan.where is not None):
                return None
            if not may_be_here(connection, part):
                return None
            with suppress(Behind), snapshot(connection):
                again = self._partitions.known(connection, plan.partition)
                if again is None:
                    return nothing
                search = self._search(connection, plan, again)
                if not matrix(again).is_quick(connection, search.passing if plan.where else None):
                    return None
                return work(search, matrix(again).view(connection), again)
            return None

        return await self._within(plan, inside, nothing, at_once)

    def _search(self, connection: apsw.Connection, plan: Plan, part: Part) -> Search:
        known = self._derived.passing(plan.layout, part.number, plan.partition)
        return Search(connection, plan, known)

    async def _within(
        self,
        plan: Plan,
        work: Callable[[apsw.Connection, Part], T],
        nothing: T,
        at_once: Callable[[apsw.Connection, Part], T | None],
    ) -> T:
        """What `work` finds in a partition; `nothing` when nothing was ever stored there.

        `at_once` gives the answer where it is called, or None: then a thread does it.
        """
        partition = plan.partition
        with self._translated(), self._connections.here() as own:
            part = self._partitions.likely(own, partition)
            if part is None:
                self._check_unknown(own, plan)
                return nothing
            found = at_once(own, part)
            if found is not None:
                return found

        def inside(connection: apsw.Connection) -> T:
            for _ in range(SNAPSHOTS):
                with suppress(Behind), snapshot(connection):
                    again = self._partitions.known(connection, partition)
                    return nothing if again is None else work(connection, again)
            raise Corrupt(f"{self.path}: its log of changes runs backwards; {REPAIR}")

        return await self._read(inside)

    def _check_unknown(self, connection: apsw.Connection, plan: Plan) -> None:
        """Raise Corrupt where records lie in a partition that has no number."""
        with snapshot(connection):
            known = self._partitions.known(connection, plan.partition)
            there = connection.execute(statements.holds_any(plan.layout), (plan.partition,)).get
        if known is None and there:
            raise gone(self.path, "the number of a scope")

    def _translated(self) -> Any:
        return translated(self.path)

    async def _read(self, work: Callable[[apsw.Connection], T], *, here: bool = False) -> T:
        with self._translated():
            if here:
                return self._read_here(work)
            return await self._connections.read(lambda: self._read_here(work))

    def _read_here(self, work: Callable[[apsw.Connection], T]) -> T:
        with self._connections.here() as connection:
            return work(connection)
