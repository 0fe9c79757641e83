"""Which scopes a database holds: for what its operator does over all of them."""

from __future__ import annotations

from collections.abc import Iterable

from engrammic.backend import Backend
from engrammic.filters import Compare, Filter, Op
from engrammic.scope import COLUMN, Scope, Scoped
from engrammic.types import Order


async def distinct(backend: Backend | Scoped, table: str, field: str) -> list[str]:
    """The different values of a field, in order, one short read each."""
    found: list[str] = []
    behind: Filter | None = None
    while rows := await backend.query(table, behind, order=Order(field), limit=1, columns=(field,)):
        found.append(rows[0][field])
        behind = Compare(field, Op.GT, found[-1])
    return found


async def scopes_of(backend: Backend, tables: Iterable[str]) -> list[Scope]:
    """Every scope that has a record in one of the tables, sorted."""
    there = {schema.name for schema in await backend.tables()}
    found = {s for t in tables if t in there for s in await distinct(backend, t, COLUMN)}
    return [Scope.parse(text) for text in sorted(found)]
