"""Reading inside a write transaction: what a decision sees is what its changes apply to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import apsw

from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.reading import chosen, condition, decoder, is_short, select
from engrammic.backends.sqlite.transactions import TooLong
from engrammic.filters import Filter
from engrammic.reads import check_limit
from engrammic.types import Order, Record

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inside:
    """The reading verbs of `Backend` on the writer's own connection, without any thread."""

    connection: apsw.Connection
    layouts: Callable[[str], Layout]
    here: bool
    """Whether an event loop stands still meanwhile: then only short reads are done."""

    async def get(self, table: str, key: tuple[Any, ...]) -> Record | None:
        """As `Backend.get`."""
        layout = self.layouts(table)
        row = self.connection.execute(layout.point_read, layout.key_of(key)).fetchone()
        return None if row is None else decoder(layout, layout.stored)(row)

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
        """As `Backend.query`."""
        check_limit(limit)
        layout = self.layouts(table)
        if self.here and not is_short(layout, where, order, limit):
            raise TooLong
        names = chosen(layout, columns)
        sql, values = select(layout, where, order, after, limit, names)
        return list(map(decoder(layout, names), self.connection.execute(sql, values)))

    async def count(self, table: str, where: Filter | None = None) -> int:
        """As `Backend.count`."""
        if self.here:
            raise TooLong
        layout = self.layouts(table)
        text, values = condition(layout, where)
        sql = f"select count(*) from {layout.table} as t where {text}"
        return int(self.connection.execute(sql, values).get)


def driven(decision: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that awaits nothing but an `Inside`, which never waits."""
    try:
        decision.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    decision.close()
    raise RuntimeError("a decision may await its reader and nothing else")
