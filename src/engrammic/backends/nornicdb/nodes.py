"""Tables as labels of NornicDB, whose nodes are their records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from engrammic.backends.nornicdb.statements import (
    ALIVE,
    BLANK,
    BUCKETS,
    PAGE,
    Statements,
    pack,
    record,
    statements,
)
from engrammic.backends.nornicdb.wire import Rows, Run, Wire
from engrammic.emulation.collections import NOTES, TABLE, Collections
from engrammic.emulation.derived import stamped
from engrammic.emulation.payload import point_id
from engrammic.filters import Compare, Filter
from engrammic.keys import Key, key_of
from engrammic.types import Record, Schema

FEW = 20
"""Keys that are asked for one by one; for more, a table that is small enough is read whole."""

PAGED = 6
"""Nodes of a page that take as long as one that is asked for by its id."""

TOGETHER = 8
"""Buckets that are read in one request."""

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
        await self.wire.said(self._of(schema).blank_all(), [{"payload": BLANK}])

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`."""
        about = {point_id(schema, key): (key, r) for r in records for key in (key_of(schema, r),)}
        given = [{"id": id_, "payload": pack(schema, r)} for id_, (_, r) in about.items()]
        asked = [(self._about(schema, about[g["id"]][0]), g) for g in given]
        found = await self.wire.told([(of.change(g["id"]), g) for of, g in asked])
        await self.wire.told(
            [
                (of.create(g["id"]), g)
                for (of, g), there in zip(asked, found, strict=True)
                if not there
            ]
        )

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`: the nodes stay, blank."""
        await self.wire.told(
            [
                (self._about(schema, key).change(id_), {"id": id_, "payload": BLANK})
                for key in keys
                for id_ in (point_id(schema, key),)
            ]
        )

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        ids, chosen = dict.fromkeys(point_id(schema, key) for key in keys), tuple(columns)
        if len(ids) <= FEW or (await self.count(schema, None) or 0) > PAGED * len(ids):
            found = await self.wire.told(_loads(self._of(schema), ids))
            return _records(schema, [row for rows in found for row in rows], chosen)
        return [
            record(schema, payload, chosen)
            async for page in self._pages(self._of(schema))
            for id_, payload in dict(page).items()
            if id_ in ids
        ]

    async def load_noted(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str], about: str
    ) -> tuple[list[Record], list[Record]] | None:
        """As `Collections.load_noted`; with very many notes it does not do."""
        ids = dict.fromkeys(point_id(schema, key) for key in keys)
        notes = (self._of(NOTES, about).page(), {"blank": BLANK})
        first, *rest = await self.wire.told([notes, *_loads(self._of(schema), ids)])
        if len(first) == PAGE:
            return None
        found = [row for rows in rest for row in rows]
        return _records(NOTES, first, NOTES.stored), _records(schema, found, tuple(columns))

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`: in the order of ids, whatever the filter."""
        async for page in self._pages(self._of(schema, _place(schema, where))):
            yield [record(schema, payload, tuple(columns)) for payload in dict(page).values()]

    async def _pages(self, chosen: Statements) -> AsyncIterator[Rows]:
        """A page takes it the longer the more nodes there are: after one, bucket by bucket."""
        page = await self.wire.said(chosen.page(), [{"blank": BLANK}])
        yield page
        if len(page) < PAGE:
            return
        last = page[-1][0]
        given = {"last": last, "blank": BLANK}
        starts = [start for start in BUCKETS if start >= last[: len(start)]]
        for first in range(0, len(starts), TOGETHER):
            some = starts[first : first + TOGETHER]
            found = await self.wire.told([(chosen.behind(start), given) for start in some])
            yield [row for rows in found for row in rows]

    async def count(self, schema: Schema, where: Filter | None) -> int | None:
        """As `Collections.count`: of a whole table."""
        if where is not None:
            return None
        rows = await self.wire.said(self._of(schema).total(), [{"blank": BLANK}])
        return int(rows[0][0])

    async def flush(self) -> None:
        """Wait as long as the server keeps writes in memory, with its own settings.

        Then it has to be there still: one that died meanwhile has lost them.
        """
        await asyncio.sleep(KEPT)
        await self.wire.said(ALIVE)

    async def health(self) -> dict[str, Any]:
        """As `Collections.health`."""
        await self.wire.said(ALIVE)
        return {}

    async def close(self) -> None:
        """As `Collections.close`."""
        await self.wire.close()


def _loads(chosen: Statements, ids: Iterable[str]) -> list[Run]:
    return [(chosen.load(id_), {"id": id_}) for id_ in ids]


def _records(schema: Schema, rows: Rows, columns: tuple[str, ...]) -> list[Record]:
    found = dict(rows).values()
    return [record(schema, payload, columns) for payload in found if payload != BLANK]


def _place(schema: Schema, where: Filter | None) -> str:
    """Of the stamps that are asked for, empty for anything else."""
    if schema.name != NOTES.name or not isinstance(where, Compare) or where.value == TABLE:
        return ""
    return str(where.value)
