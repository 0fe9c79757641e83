"""The wall between tenants: a scope, and a backend that cannot leave it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from engrammic.backend import Backend, Reader, Survey
from engrammic.batches import Columns
from engrammic.changes import Change, Check, Delete, Put, Update, checked
from engrammic.checks import check_count, check_name, shown
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import And, Compare, Filter, Or, eq
from engrammic.predicate import DEEPEST, LARGEST, check_is_filter
from engrammic.types import Order, Record, Schema, Scored, Vector

COLUMN = "scope"
"""The field that carries the scope in every physical table."""


_WRITES = (Put, Update)
_LISTS = (tuple, list)
_JOINS = (And, Or)
# Named, since each `A | B` in a call makes a new type.

LONGEST = 480
"""A scope as text: it must fit into a key."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory it is. Two scopes share nothing, whichever part differs."""

    tenant: str = "local"
    user: str = ""
    agent: str = ""
    project: str = ""

    def __post_init__(self) -> None:
        for part in fields(self):
            check_name(getattr(self, part.name), f"scope.{part.name}")
        if not self.tenant:
            raise InvalidInput("scope.tenant", "a scope needs a tenant")
        if len(str(self)) > LONGEST:
            raise InvalidInput("scope", f"is longer than {LONGEST} characters, percent-quoted")

    def __str__(self) -> str:
        return _written(self)

    @classmethod
    def parse(cls, text: str) -> Scope:
        """The scope that `str(scope)` wrote."""
        parts = text.split("/")
        if len(parts) > len(fields(cls)):
            raise InvalidInput("scope", f"want tenant/user/agent/project, not {shown(text)}")
        return cls(*map(unquote, parts))


@lru_cache(maxsize=1024)
def _written(scope: Scope) -> str:
    return "/".join(quote(getattr(scope, f.name), safe="") for f in fields(scope))


class Scoped:
    """A backend as one scope sees it: stamps every write, narrows every read.

    Offers what stores need of `Backend`, under the schemas as the stores
    declare them; the scope's column is neither seen nor settable.
    """

    def __init__(self, backend: Backend, scope: Scope) -> None:
        self.backend = backend
        self.scope = scope
        self._value = str(scope)
        self._mine = eq(COLUMN, self._value)

    async def ensure_table(self, schema: Schema) -> None:
        """Declare a table, keyed by (scope, key)."""
        await self.backend.ensure_table(schema.partitioned(COLUMN))

    async def ensure_tables(self, schemas: Sequence[Schema]) -> None:
        """Declare tables, keyed by (scope, key)."""
        await self.backend.ensure_tables([schema.partitioned(COLUMN) for schema in schemas])

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`, within the scope."""
        return await self.backend.apply([self._stamp(c) for c in checked(changes)])

    async def transact(
        self, decide: Callable[[Scoped], Coroutine[Any, Any, Sequence[Change]]]
    ) -> int:
        """As `Backend.transact`, within the scope: what is given to `decide` only reads."""

        async def stamped(reader: Reader) -> Sequence[Change]:
            inside = Scoped.__new__(Scoped)
            inside.backend = cast("Backend", reader)
            inside.scope, inside._value, inside._mine = self.scope, self._value, self._mine
            return [self._stamp(change) for change in checked(await decide(inside))]

        return await self.backend.transact(stamped)

    async def unoccupied(self) -> None:
        """As `Backend.unoccupied`."""
        await self.backend.unoccupied()

    async def query(
        self,
        table: str,
        where: Filter | None = None,
        *,
        order: Order | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Record]:
        """As `Backend.query`, within the scope."""
        _check_columns(table, columns)
        if isinstance(order, Order) and order.field == COLUMN:
            raise _unseen(table)
        found = await self.backend.query(
            table, self._narrow(table, where), order=order, after=self._resume(order, after),
            limit=limit, columns=columns,
        )  # fmt: skip
        return [_bare(r) for r in found] if columns is None else found

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`, within the scope."""
        if not isinstance(key, _LISTS):
            raise InvalidInput("key", f"want a tuple of values, not {shown(key)}")
        found = await self.backend.get(table, (self._value, *key))
        return None if found is None else _bare(found)

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
        """As `Backend.vector_search`, within the scope."""
        _check_columns(table, columns)
        hits = await self.backend.vector_search(
            table, field, vector, limit=limit, where=self._narrow(table, where), columns=columns
        )
        return _bared(hits, columns)

    async def text_search(
        self,
        table: str,
        terms: Sequence[str],
        *,
        limit: int,
        where: Filter | None = None,
        columns: Sequence[str] | None = None,
    ) -> list[Scored]:
        """As `Backend.text_search`, within the scope, by the scope's own statistics."""
        _check_columns(table, columns)
        hits = await self.backend.text_search(
            table, terms, limit=limit, where=self._narrow(table, where), columns=columns
        )
        return _bared(hits, columns)

    async def vector_sample(
        self, table: str, field: str, *, count: int, where: Filter | None = None
    ) -> NDArray[np.float32]:
        """As `Backend.vector_sample`, within the scope."""
        check_count("count", count, 0, LARGEST)
        return await self.backend.vector_sample(
            table, field, count=count, where=self._narrow(table, where)
        )

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
        """As `Backend.survey`, within the scope."""
        _check_columns(table, columns)
        return await self.backend.survey(
            table, field, vector, terms, limit=limit, where=self._narrow(table, where),
            sample=sample, columns=columns,
        )  # fmt: skip

    async def prefetch(self, table: str, field: str) -> None:
        """As `Backend.prefetch`, for the scope."""
        await self.backend.prefetch(table, field, where=self._mine)

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`, within the scope."""
        return await self.backend.count(table, self._narrow(table, where))

    async def delete(self, table: str, where: Filter) -> int:
        """As `Backend.delete`, within the scope."""
        return await self.apply([Delete(table, where)])

    def _narrow(self, table: str, where: Filter | None) -> Filter:
        if where is None:
            return self._mine
        _check_unscoped(table, where, 0)
        return And((self._mine, *where.parts)) if type(where) is And else And((self._mine, where))

    def _stamp(self, change: Change) -> Change:
        if isinstance(change, _WRITES):
            return type(change)(change.table, self._stamped(change.table, change.records))
        if isinstance(change, Check):
            return Check(change.table, self._narrow(change.table, change.where), change.count)
        return Delete(change.table, self._narrow(change.table, change.where))

    def _stamped(self, table: str, records: Sequence[Record]) -> Sequence[Record]:
        if isinstance(records, Columns):
            return records.beside({COLUMN: [self._value] * len(records)})
        try:
            return [{**record, COLUMN: self._value} for record in records]
        except TypeError as error:
            problem = f"records are dicts of their fields, not {shown(records)}"
            raise InvalidInput(table, problem) from error

    def _resume(self, order: Order | None, after: Any) -> tuple[Any, ...] | None:
        if after is None:
            return None
        if not isinstance(after, _LISTS) or not after:
            raise InvalidInput("after", f"want the place of a record, not {shown(after)}")
        if order is None:
            return (self._value, *after)
        return (after[0], self._value, *after[1:])


def _bared(hits: list[Scored], columns: Sequence[str] | None) -> list[Scored]:
    """The hits without the scope's column."""
    if columns is None:
        for hit in hits:
            _bare(hit.record)
    return hits


def _unseen(table: str) -> UnknownField:
    return UnknownField(f"{table}.{COLUMN}")


def _check_columns(table: str, columns: Sequence[str] | None) -> None:
    if isinstance(columns, _LISTS) and COLUMN in columns:
        raise _unseen(table)


def _check_unscoped(table: str, where: Any, depth: int) -> None:
    """Raises for what is no filter, or asks for the scope's column."""
    if isinstance(where, Compare):
        if where.field == COLUMN:
            raise _unseen(table)
    elif isinstance(where, _JOINS) and depth <= DEEPEST:
        check_is_filter(where)
        for part in where.parts:
            _check_unscoped(table, part, depth + 1)
    else:
        check_is_filter(where)  # one that is too deep the backend refuses


def _bare(record: Record) -> Record:
    record.pop(COLUMN, None)
    return record
