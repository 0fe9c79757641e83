"""Random verbs on a backend and on memory at once: a Hypothesis state machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict, InvalidInput
from engrammic.filters import And, Compare, Filter, Op, Or
from engrammic.testing import things as pool
from engrammic.testing.exporting import lines
from engrammic.testing.filters import GLOBS, JSON_VALUES
from engrammic.testing.searching import same_hits
from engrammic.testing.things import THINGS
from engrammic.types import Order, Record

T = TypeVar("T")

_some = st.sampled_from
IDS = (*(f"id{i}" for i in range(9)), "日", "'", "Id1")
MOMENTS = tuple(range(5))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": _some(MOMENTS),
    "name": _some((None, *pool.TEXTS)),
    "size": _some(pool.INTS),
    "weight": _some(pool.FLOATS),
    "done": _some(pool.BOOLS),
    "data": _some(pool.DATA),
    "tags": _some(pool.TAGS),
    "raw": _some(pool.BLOBS),
    "title": _some(pool.TITLES),
    "words": _some(pool.WORDS),
    "vector": _some(pool.VECTORS),
}
records = st.builds(
    lambda key, rest: key | rest,
    st.fixed_dictionaries({"id": _some(IDS), "at": _some(MOMENTS)}),
    st.fixed_dictionaries({}, optional={n: s for n, s in FIELDS.items() if n != "at"}),
)
updates = st.sets(_some(sorted(FIELDS)), max_size=4).flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries({"id": _some(IDS), **{n: FIELDS[n] for n in sorted(names)}}),
        max_size=3,
    )
)
bad_records = _some(
    ({"id": "bad"}, {"id": "", "at": 1}, {"id": "bad", "at": 1, "vector": [0, 0, 0, 0]},
     {"id": "bad", "at": 1, "nothing": 1}, {"id": "bad", "at": 1, "data": float("nan")})
)  # fmt: skip

_EQUAL, _ORDERED = (Op.EQ, Op.NE), (Op.LT, Op.LTE, Op.GT, Op.GTE)
_PARTS = (Op.CONTAINS, Op.NOT_CONTAINS)
_TEXT = (*_EQUAL, *_ORDERED, *_PARTS, Op.PREFIX, Op.NOT_PREFIX)


def _given(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(v for v in values if v is not None)


def _compare(fields: tuple[str, ...], ops: tuple[Op, ...], values: tuple[Any, ...]) -> Any:
    return st.builds(Compare, _some(fields), _some(ops), _some(_given(values)))


def _within(field: str, values: tuple[Any, ...]) -> Any:
    chosen = st.lists(_some(_given(values)), max_size=3)
    return st.builds(Compare, st.just(field), _some((Op.IN, Op.NOT_IN)), chosen)


leaves: st.SearchStrategy[Filter] = st.one_of(
    _compare(("id",), _TEXT, (*IDS, "id", "i")),
    _compare(("at",), (*_EQUAL, *_ORDERED), (*MOMENTS, 1.5)),
    _compare(("name",), _TEXT, pool.TEXTS),
    _compare(
        ("size", "weight", "done"), (*_EQUAL, *_ORDERED), (*pool.INTS, *pool.FLOATS, *pool.BOOLS)
    ),
    _compare(("data", "data.a", "data.a.b", "tags"), (*_EQUAL, *_ORDERED, *_PARTS), JSON_VALUES),
    _compare(("raw",), _EQUAL, pool.BLOBS),
    _compare(("name", "data.a"), (Op.GLOB, Op.NOT_GLOB), GLOBS),
    _within("id", IDS),
    _within("name", pool.TEXTS),
    _within("size", pool.INTS),
    _within("data.a", JSON_VALUES),
    st.builds(
        Compare,
        _some((*THINGS.stored, "vector", "data.a", "data.b")),
        _some((Op.IS_NULL, Op.NOT_NULL)),
    ),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Or, st.lists(parts, max_size=3).map(tuple)),
        parts.map(lambda f: ~f),
    ),
    max_leaves=5,
)
orders = st.one_of(st.none(), st.builds(Order, _some(("at", "id")), st.booleans()))
wheres = st.one_of(st.none(), filters)
limits = st.one_of(st.none(), st.integers(0, 6))


class BesideMemory(RuleBasedStateMachine):
    """One table here and the same in memory, in step."""

    def __init__(self, backend: Backend, loop: asyncio.AbstractEventLoop, number: int) -> None:
        super().__init__()
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

    @rule(given=st.lists(records, min_size=1, max_size=5))
    def put(self, given: list[Record]) -> None:
        """Records with keys of a small set."""
        self.apply(Put(self.table, given))

    @rule(given=updates)
    def update(self, given: list[Record]) -> None:
        """The same fields of a few records, some of them absent."""
        self.apply(Update(self.table, given))

    @rule(where=filters)
    def delete(self, where: Filter) -> None:
        """Whatever matches."""
        self.apply(Delete(self.table, where))

    @rule(where=filters, number=st.integers(0, 3), given=records, doomed=filters)
    def check(self, where: Filter, number: int, given: Record, doomed: Filter) -> None:
        """A list that applies only if so many match."""
        put, delete = Put(self.table, [given]), Delete(self.table, doomed)
        if self.backend.capabilities.checks:
            self.apply(put, Check(self.table, where, number), delete, put)

    @rule(given=records, bad=bad_records)
    def refuse(self, given: Record, bad: Record) -> None:
        """A list with a bad record behind good ones."""
        self.apply(Delete(self.table, And(())), Put(self.table, [given, bad]))

    @rule(where=wheres, order=orders, limit=limits, resume=st.booleans())
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

    @rule(where=wheres)
    def count(self, where: Filter | None) -> None:
        """The number of matches."""
        self.agree(lambda b: b.count(self.table, where))

    @rule(key=_some(IDS))
    def get(self, key: str) -> None:
        """One record, or None."""
        self.agree(lambda b: b.get(self.table, (key,)))

    @rule(vector=_some(_given(pool.VECTORS)), limit=st.integers(0, 6), where=wheres)
    def vector_search(self, vector: list[float], limit: int, where: Filter | None) -> None:
        """The nearest."""
        same_hits(
            *self.both(
                lambda b: b.vector_search(self.table, "vector", vector, limit=limit, where=where)
            )
        )

    @rule(
        terms=st.lists(_some(("common", "red", "fox", "sky", "日本", "pad", "no")), max_size=3),
        limit=st.integers(0, 6),
        where=wheres,
    )
    def text_search(self, terms: list[str], limit: int, where: Filter | None) -> None:
        """The best by BM25."""
        same_hits(*self.both(lambda b: b.text_search(self.table, terms, limit=limit, where=where)))

    @rule()
    def reopen(self) -> None:
        """Declaring again changes nothing."""
        self.agree(lambda b: b.ensure_table(self.schema))

    def teardown(self) -> None:
        """The same contents at the end, vectors and terms too."""
        self.agree(lambda b: b.query(self.table))
        here, there = self.both(lambda b: b.export(self.table))
        assert lines(self.schema, here) == lines(self.schema, there)
        self.wait(self.backend.drop_table(self.table))


def run_beside_memory(
    backend: Backend, loop: asyncio.AbstractEventLoop, *, examples: int, steps: int
) -> None:
    """Runs the machine from a thread that is not the loop's. Raises where the two differ."""
    numbers = count()

    class Beside(BesideMemory):
        def __init__(self) -> None:
            super().__init__(backend, loop, next(numbers))

    run_state_machine_as_test(
        Beside,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
