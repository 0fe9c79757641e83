"""Tables as labels of NornicDB, whose nodes are their records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from engrammic.backends.nornicdb.statements import (
    ALIVE,
    BLANK,
    PAGE,
    Statements,
    pack,
    record,
    statements,
)
from engrammic.backends.nornicdb.wire import Wire
from engrammic.emulation.collections import Collections, Key
from engrammic.emulation.payload import point_id
from engrammic.emulation.settling import key_of
from engrammic.filters import Filter
from engrammic.types import Record, Schema

FEW = 20
"""Keys that are asked for one by one; for more, the table is read: an id costs as much."""

KEPT = 0.3
"""Seconds: it hands writes on every 50 ms, and syncs its log every 100 ms."""


class Nodes(Collections):
    """The verbs over labels that begin with a name; filters are left to the predicate."""

    searches = False
    shared = True

    def __init__(self, wire: Wire, name: str) -> None:
        self.wire = wire
        self._name = name

    def _of(self, schema: Schema) -> Statements:
        return statements(self._name, schema)

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`: a label needs no making."""

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`: all nodes stay, blank."""
        await self.wire.said(self._of(schema).blank_all, [{"payload": BLANK}])

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`."""
        given = [
            {"id": point_id(schema, key_of(schema, r)), "payload": pack(schema, r)} for r in records
        ]
        await self.wire.said(self._of(schema).save, given)

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`: the nodes stay, blank."""
        given = [{"id": point_id(schema, key), "payload": BLANK} for key in keys]
        await self.wire.said(self._of(schema).blank, given)

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids, chosen = dict.fromkeys(point_id(schema, key) for key in keys), tuple(columns)
        if len(ids) <= FEW:
            rows = await self.wire.said(self._of(schema).load, [{"id": i} for i in ids])
            return [record(schema, payload, chosen) for _, payload in rows if payload != BLANK]
        return [
            record(schema, payload, chosen)
            async for page in self._pages(schema)
            for id_, payload in page
            if id_ in ids
        ]

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`: in the order of ids, whatever the filter."""
        async for page in self._pages(schema):
            yield [record(schema, payload, tuple(columns)) for _, payload in page]

    async def _pages(self, schema: Schema) -> AsyncIterator[list[list[Any]]]:
        last = ""
        while True:
            page = await self.wire.said(self._of(schema).page, [{"last": last, "blank": BLANK}])
            yield page
            if len(page) < PAGE:
                return
            last = page[-1][0]

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """As `Collections.count`: of a whole table."""
        if where is not None:
            return None
        rows = await self.wire.said(self._of(schema).total, [{"blank": BLANK}])
        return int(rows[0][0])

    async def flush(self) -> None:
        """Wait as long as the server keeps writes in memory, with its own settings."""
        await self.wire.said(ALIVE)
        await asyncio.sleep(KEPT)

    async def health(self) -> dict[str, Any]:
        """As `Collections.health`."""
        await self.wire.said(ALIVE)
        return {}

    async def close(self) -> None:
        """As `Collections.close`."""
        await self.wire.close()
