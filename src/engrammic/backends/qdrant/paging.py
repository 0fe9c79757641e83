"""Pages in the order of a number, which Qdrant knows: equal numbers are sorted by key here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qdrant_client import models

from engrammic.backends.qdrant.codec import collection, record, wanted
from engrammic.backends.qdrant.conditions import Condition, push
from engrammic.backends.qdrant.driver import Driver, Sorting
from engrammic.backends.qdrant.work import Work
from engrammic.emulation.collections import Collections
from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Pushed
from engrammic.filters import Compare, Filter, Op, every
from engrammic.keys import key_of
from engrammic.types import Field, Kind, Order, Record, Schema

INDEXED: Mapping[Kind, models.PayloadSchemaType] = {
    Kind.TEXT: models.PayloadSchemaType.KEYWORD,
    Kind.INT: models.PayloadSchemaType.INTEGER,
    Kind.FLOAT: models.PayloadSchemaType.FLOAT,
    Kind.BOOL: models.PayloadSchemaType.INTEGER,
}


class Pages(Collections):
    """The ordered verb of `QdrantCollections`."""

    driver: Driver
    work: Work
    database: str

    async def page(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order | None,
        after: tuple[Any, ...] | None,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record] | None:
        """As `Collections.page`, where an indexed INT field sorts."""
        if order is None or limit > self.most or not _sorts(schema, order.field):
            return None
        needed = tuple(dict.fromkeys((order.field, *schema.key, *columns)))
        found: list[Record] = []
        if after is not None:
            found = [r for r in await self._equal(schema, where, order.field, after[0], needed)
                     if _is_behind(schema, r, order, after)]  # fmt: skip
            beyond = Compare(order.field, Op.LT if order.descending else Op.GT, after[0])
            where = every(where, beyond)
        if len(found) < limit:
            found += await self._first(schema, where, order, limit - len(found), needed)
        found.sort(key=lambda r: _rank(schema, r, order), reverse=order.descending)
        return found[:limit]

    async def _first(
        self,
        schema: Schema,
        where: Filter | None,
        order: Order,
        limit: int,
        columns: Sequence[str],
    ) -> list[Record]:
        """The first in this order, and all that equal the last of them."""
        pushed = self._pushed(schema, where)
        if pushed.empty:
            return []
        found = await self.work.read(
            self.driver.quick,
            self.driver.sorted,
            self._name(schema),
            pushed.native,
            Sorting(safe(order.field), order.descending),
            limit,
            wanted(schema, columns),
        )
        records = [record(schema, p, columns) for p in found]
        if len(records) < limit:
            return records
        last = records[-1][order.field]
        before = [r for r in records if r[order.field] != last]
        return before + await self._equal(schema, where, order.field, last, columns)

    async def _equal(
        self, schema: Schema, where: Filter | None, field: str, value: Any, columns: Sequence[str]
    ) -> list[Record]:
        same = every(where, Compare(field, Op.EQ, value))
        return [r async for batch in self.scan(schema, same, columns) for r in batch
                if r[field] == value]  # fmt: skip

    def _name(self, schema: Schema) -> str:
        return collection(self.database, schema.name)

    def _pushed(self, schema: Schema, where: Filter | None) -> Pushed[Condition]:
        return push(schema, self.driver.knows_parts)(where)


def indexed(schema: Schema) -> list[Field]:
    """Fields of the key and of the declared indexes, as far as the engine can index them."""
    names = dict.fromkeys((*schema.key, *(n for i in schema.indexes for n in i.fields)))
    return [f for n in names if (f := schema.field(n)).kind in INDEXED]


def _sorts(schema: Schema, name: str) -> bool:
    return schema.field(name).kind is Kind.INT and any(f.name == name for f in indexed(schema))


def _rank(schema: Schema, found: Record, order: Order) -> tuple[Any, ...]:
    return (found[order.field], *key_of(schema, found))


def _is_behind(schema: Schema, found: Record, order: Order, after: tuple[Any, ...]) -> bool:
    rank = _rank(schema, found, order)
    return rank < tuple(after) if order.descending else rank > tuple(after)
