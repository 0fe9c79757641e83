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
from engrammic.backends.nornicdb.wire import Rows, Wire
from engrammic.emulation.collections import NOTES, TABLE, Collections, Key
from engrammic.emulation.derived import stamped
from engrammic.emulation.payload import point_id
from engrammic.emulation.settling import key_of
from engrammic.filters import Compare, Filter
from engrammic.types import Record, Schema

FEW = 20
"""Keys that are asked for one by one; for more, a table that is small enough is read whole."""

PAGED = 6
"""Nodes of a page that take as long as one that is asked for by its id."""

KEPT = 0.3
"""Seconds: it hands writes on every 50 ms, and syncs its log every 100 ms."""


class Nodes(Collections):
    """The verbs over labels that begin with a name; filters are left to the predicate."""

    searches = False
    shared = True
    noted = FEW

    def __init__(self, wire: Wire, name: str) -> None:
        self.wire = wire
        self._name = name

    def _of(self, schema: Schema, place: str = "") -> Statements:
        return statements(self._name, schema, place)

    def _about(self, schema: Schema, key: Key) -> Statements:
        """Stamps of different places have different labels: each search reads those of one."""
        return self._of(schema, stamped(key[0]) if schema.name == NOTES.name else "")

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`: a label needs no making."""

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`: all nodes stay, blank."""
        await self.wire.said(self._of(schema).blank_all, [{"payload": BLANK}])

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`."""
        packed = [(key_of(schema, r), pack(schema, r)) for r in records]
        await self.wire.told(
            [
                (self._about(schema, key).save, {"id": point_id(schema, key), "payload": payload})
                for key, payload in packed
            ]
        )

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`: the nodes stay, blank."""
        await self.wire.told(
            [
                (self._about(schema, key).blank, {"id": point_id(schema, key), "payload": BLANK})
                for key in keys
            ]
        )

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids, chosen = dict.fromkeys(point_id(schema, key) for key in keys), tuple(columns)
        if len(ids) <= FEW or (await self.count(schema, None) or 0) > PAGED * len(ids):
            rows = await self.wire.said(self._of(schema).load, [{"id": i} for i in ids])
            return _records(schema, rows, chosen)
        return [
            record(schema, payload, chosen)
            async for page in self._pages(self._of(schema))
            for id_, payload in page
            if id_ in ids
        ]

    async def load_noted(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str], about: str
    ) -> tuple[list[Record], list[Record]] | None:
        """As `Collections.load_noted`; with very many notes it does not do."""
        ids = dict.fromkeys(point_id(schema, key) for key in keys)
        load, page = self._of(schema).load, self._of(NOTES, about).page
        first, *rest = await self.wire.told(
            [(page, {"last": "", "blank": BLANK}), *((load, {"id": i}) for i in ids)]
        )
        if len(first) == PAGE:
            return None
        found = [row for rows in rest for row in rows]
        return _records(NOTES, first, NOTES.stored), _records(schema, found, tuple(columns))

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`: in the order of ids, whatever the filter."""
        async for page in self._pages(self._of(schema, _place(schema, where))):
            yield [record(schema, payload, tuple(columns)) for _, payload in page]

    async def _pages(self, chosen: Statements) -> AsyncIterator[Rows]:
        last = ""
        while True:
            page = await self.wire.said(chosen.page, [{"last": last, "blank": BLANK}])
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


def _records(schema: Schema, rows: Rows, columns: tuple[str, ...]) -> list[Record]:
    return [record(schema, payload, columns) for _, payload in rows if payload != BLANK]


def _place(schema: Schema, where: Filter | None) -> str:
    """Of the stamps that are asked for, empty for anything else."""
    if schema.name != NOTES.name or not isinstance(where, Compare) or where.value == TABLE:
        return ""
    return str(where.value)
