"""Random verbs on a backend and on memory at once: a Hypothesis state machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict, InvalidInput, Unsupported
from engrammic.filters import And, Filter
from engrammic.testing import draws
from engrammic.testing.exporting import lines
from engrammic.testing.searching import same_hits
from engrammic.testing.things import THINGS
from engrammic.types import Order, Record

T = TypeVar("T")

STEPS = 30
"""Verbs of a history."""

ROUND = 9
"""Histories that one seed gives: fewer of them are the first of those that more would be."""


class BesideMemory(RuleBasedStateMachine):
    """One table here and the same in memory, in step."""

    def __init__(self, backend: Backend, loop: asyncio.AbstractEventLoop, number: int) -> None:
        super().__init__()
        self.operations = -1
        self.backend = backend
        self.loop = loop
        self.memory = MemoryBackend()
        self.schema = replace(THINGS, name=f"things {number}")
        self.table = self.schema.name
        self.last: Record | None = None
        self.agree(lambda b: b.ensure_table(self.schema))

    def wait(self, verb: Awaitable[T]) -> T:
        """What the verb gives, on the loop that the backend lives on."""

        async def run() -> T:
            return await verb

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def both(self, verb: Callable[[Backend], Awaitable[T]]) -> tuple[T, T]:
        """What the verb gives here, and in memory."""
        return self.wait(verb(self.backend)), self.wait(verb(self.memory))

    def agree(self, verb: Callable[[Backend], Awaitable[T]]) -> T:
        """What the verb gives, the same on both."""
        here, there = self.both(verb)
        assert here == there
        return here

    def apply(self, *changes: Change) -> None:
        """The list on both: the same number, or the same error."""
        results: list[Any] = []
        for target in (self.backend, self.memory):
            try:
                results.append(self.wait(target.apply(changes)))
            except (Conflict, InvalidInput) as error:
                results.append(type(error))
        assert results[0] == results[1], changes

    @rule(given=st.lists(draws.records, min_size=1, max_size=5))
    def put(self, given: list[Record]) -> None:
        """Records with keys of a small set."""
        self.apply(Put(self.table, given))

    @rule(given=draws.updates)
    def update(self, given: list[Record]) -> None:
        """The same fields of a few records, some of them absent."""
        self.apply(Update(self.table, given))

    @rule(where=draws.filters)
    def delete(self, where: Filter) -> None:
        """Whatever matches."""
        self.apply(Delete(self.table, where))

    @rule(where=draws.filters, number=st.integers(0, 3), given=draws.records, doomed=draws.filters)
    def check(self, where: Filter, number: int, given: Record, doomed: Filter) -> None:
        """A list that applies only if so many match."""
        put, delete = Put(self.table, [given]), Delete(self.table, doomed)
        changes: list[Change] = [put, Check(self.table, where, number), delete, put]
        if self.backend.capabilities.checks:
            self.apply(*changes)
            return
        try:
            self.wait(self.backend.apply(changes))
        except Unsupported:
            return
        raise AssertionError("a check was neither made nor refused")

    @rule(given=draws.records, bad=draws.bad_records)
    def refuse(self, given: Record, bad: Record) -> None:
        """A list with a bad record behind good ones."""
        self.apply(Delete(self.table, And(())), Put(self.table, [given, bad]))

    @rule(where=draws.wheres, order=draws.orders, limit=draws.limits, resume=st.booleans())
    def query(self, where: Filter | None, order: Order | None, limit: int | None,
              resume: bool) -> None:  # fmt: skip
        """A page, perhaps resumed behind a record seen before."""
        after: tuple[Any, ...] | None = None
        if resume and self.last is not None:
            after = (*((self.last[order.field],) if order else ()), self.last["id"])
        page = self.agree(
            lambda b: b.query(self.table, where, order=order, after=after, limit=limit)
        )
        self.last = page[-1] if page else self.last

    @rule(where=draws.wheres)
    def count(self, where: Filter | None) -> None:
        """The number of matches."""
        self.agree(lambda b: b.count(self.table, where))

    @rule(key=draws.some(draws.IDS))
    def get(self, key: str) -> None:
        """One record, or None."""
        self.agree(lambda b: b.get(self.table, (key,)))

    @rule(
        vector=draws.some(draws.present(draws.VECTORS)), limit=st.integers(0, 6), where=draws.wheres
    )
    def vector_search(self, vector: list[float], limit: int, where: Filter | None) -> None:
        """The nearest."""
        same_hits(
            *self.both(
                lambda b: b.vector_search(self.table, "vector", vector, limit=limit, where=where)
            )
        )

    @rule(
        terms=st.lists(
            draws.some(("common", "red", "fox", "sky", "日本", "pad", "no")), max_size=3
        ),
        limit=st.integers(0, 6),
        where=draws.wheres,
    )
    def text_search(self, terms: list[str], limit: int, where: Filter | None) -> None:
        """The best by BM25."""
        same_hits(*self.both(lambda b: b.text_search(self.table, terms, limit=limit, where=where)))

    @rule()
    def reopen(self) -> None:
        """Declaring again changes nothing."""
        self.agree(lambda b: b.ensure_table(self.schema))

    @invariant()
    def one_more(self) -> None:
        """Counts the verbs: an invariant is looked at before the first and behind each."""
        self.operations += 1

    def teardown(self) -> None:
        """The same contents at the end, vectors and terms too, unless a verb failed before."""
        if sys.exc_info()[0] is None:
            self.agree(lambda b: b.query(self.table))
            here, there = self.both(lambda b: b.export(self.table))
            assert lines(self.schema, here) == lines(self.schema, there)
        self.wait(self.backend.drop_table(self.table))


def run_beside_memory(
    backend: Backend,
    loop: asyncio.AbstractEventLoop,
    *,
    examples: int,
    first: int = 0,
    shrink: bool = True,
) -> int:
    """Runs the machine from a thread that is not the loop's; the number of verbs that were tried.

    Always the same histories of STEPS verbs: of more of them, ROUND for each
    seed from `first` on, the first are those of fewer. Raises where the two differ, after
    a search for the shortest history that shows it.
    """
    numbers = count(first * 1000)
    made: list[BesideMemory] = []

    class Beside(BesideMemory):
        def __init__(self) -> None:
            super().__init__(backend, loop, next(numbers))
            made.append(self)

    for number in range(0, examples, ROUND):
        run_state_machine_as_test(
            seed(first + number // ROUND)(Beside),
            settings=settings(
                max_examples=min(ROUND, examples - number),
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=[Phase.generate, *([Phase.shrink] if shrink else ())],
                suppress_health_check=list(HealthCheck),
            ),
        )
    return sum(machine.operations for machine in made)
