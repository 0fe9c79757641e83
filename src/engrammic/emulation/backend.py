"""A whole backend out of a store of documents or vectors: `Collections`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from engrammic.backend import Backend, Decide, Health, Reader
from engrammic.batches import prepared
from engrammic.catalogue import dump_schema, load_schema
from engrammic.changes import Change, Check, Delete, checked
from engrammic.emulation.collections import (
    NOTES,
    TABLE,
    Collections,
    Outcome,
)
from engrammic.emulation.derived import Derived
from engrammic.emulation.listings import Listings
from engrammic.emulation.mixed import Mixed
from engrammic.emulation.reading import Readings
from engrammic.emulation.samples import Samples
from engrammic.emulation.searching import Searches
from engrammic.emulation.settling import Settling
from engrammic.errors import (
    Closed,
    Conflict,
    ConnectionFailed,
    InvalidSchema,
    Unsupported,
)
from engrammic.evolution import grown
from engrammic.filters import Filter, eq
from engrammic.keys import Key
from engrammic.predicate import check_filter
from engrammic.records import cleaner
from engrammic.turns import Turns
from engrammic.types import Record, Schema


class CollectionBackend(Readings, Searches, Backend):
    """Change lists, pages, filters, BM25 and scores over an engine's `Collections`.

    One list is written at a time. What a list comes to is computed first, then
    saved, and only then erased: where the engine has no transactions, a crash
    in between leaves something double, and loses nothing.
    """

    def __init__(self, engine: Collections, name: str) -> None:
        self.engine = engine
        self.name = name
        self.turns = Turns()
        self.derived = Derived(engine)
        self.samples = Samples(engine)
        self.listings = Listings()
        self.mixed = Mixed()
        self._known: dict[str, Schema] = {}
        self._pid: int | None = os.getpid()

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`."""
        self._open()
        cleaner(schema)
        _check_names(schema)
        if self._known.get(schema.name) == schema:
            return
        async with self.turns, self.engine.exclusively():
            await self._declare(schema)

    async def _declare(self, schema: Schema) -> None:
        old = (await self._catalogue()).get(schema.name)
        whole = schema if old is None else grown(old, schema)[0]
        if whole != old:
            await self.engine.create(whole, old)
            note = {"name": f"table:{whole.name}", "about": TABLE, "text": dump_schema(whole)}
            await self.engine.save(NOTES, [note])
            self.derived.forget(whole.name)
        self._known[whole.name] = whole

    async def _catalogue(self) -> dict[str, Schema]:
        found: dict[str, Schema] = {}
        async for notes in self.engine.scan(NOTES, eq("about", TABLE), NOTES.stored):
            for note in notes:
                if note["about"] == TABLE:
                    schema = load_schema(note["text"])
                    found[schema.name] = schema
        self._known = found
        return found

    async def schema(self, table: str) -> Schema:
        """The declared schema. Raises InvalidSchema for a table that was not declared."""
        self._open()
        if table not in self._known:
            await self._catalogue()
        if table not in self._known:
            raise InvalidSchema(str(table), "no such table; declare it with ensure_table")
        return self._known[table]

    async def tables(self) -> list[Schema]:
        """As `Backend.tables`."""
        self._open()
        found = await self._catalogue()
        return [found[name] for name in sorted(found)]

    async def drop_table(self, table: str) -> None:
        """As `Backend.drop_table`."""
        self._open()
        async with self.turns, self.engine.exclusively():
            schema = (await self._catalogue()).get(table)
            if schema is not None:
                await self.engine.erase(NOTES, [(f"table:{table}",)])
                await self.engine.drop(schema)
                self._forget(table)

    def _forget(self, table: str) -> None:
        self._known.pop(table, None)
        self.derived.forget(table)
        self.samples.forget(table)
        self.listings.forget(table)

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`; one list at a time."""
        self._open()
        async with self.turns, self.engine.exclusively():
            return await self._apply(changes)

    async def transact(self, decide: Decide) -> int:
        """As `Backend.transact`: nobody on this handle comes between."""
        self._open()
        async with self.turns, self.engine.exclusively():
            reader: Reader = self
            return await self._apply(await decide(reader))

    async def _apply(self, changes: Sequence[Change]) -> int:
        schemas = {c.table: await self.schema(c.table) for c in checked(changes)}
        ready = [prepared(c, schemas[c.table]) for c in changes]
        for change in ready:
            if isinstance(change, Check):
                await self._check(change)
        settling = Settling(schemas, self._keys_matching, self._load_whole)
        written = await settling.settle(ready)
        outcomes = [o for o in settling.outcomes.values() if o.saved or o.erased]
        try:
            await self._write(outcomes)
        except BaseException:
            for outcome in outcomes:
                self.derived.forget(outcome.schema.name)
                self.samples.forget(outcome.schema.name)
            raise
        return written

    async def _write(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            await self.derived.before(outcome)
        await self.engine.commit(outcomes)
        for outcome in outcomes:
            self.samples.written(outcome)
            self.listings.written(outcome)
            await self.derived.after(outcome)

    async def _check(self, change: Check) -> None:
        if not self.capabilities.checks:
            raise Unsupported(
                f"{self.scheme} cannot promise that nobody writes between a check and its changes; "
                "keep what needs checks in sqlite:, postgres: or mysql:"
            )
        found = await self.count(change.table, change.where)
        if found != change.count:
            raise Conflict(f"{change.table}: want {change.count} matching, found {found}")

    async def _load_whole(self, schema: Schema, keys: Sequence[Key]) -> list[Record]:
        return await self.engine.load(schema, keys, [f.name for f in schema.fields])

    async def delete(self, table: str, where: Filter) -> int:
        """As `Backend.delete`."""
        check_filter(where, await self.schema(table))
        return await self.apply([Delete(table, where)])

    async def flush(self) -> None:
        """As `Backend.flush`."""
        self._open()
        await self.engine.flush()

    async def optimize(self) -> None:
        """As `Backend.optimize`."""
        self._open()
        await self.engine.optimize()

    async def health(self) -> Health:
        """As `Backend.health`, with what the engine tells."""
        self._open()
        told = await self.engine.health()
        return {"status": "ok", "problems": [], "backend": self.scheme, **told}

    async def close(self) -> None:
        """As `Backend.close`."""
        if self._pid is None:
            return
        mine, self._pid = self._pid == os.getpid(), None
        if mine:
            try:
                with suppress(ConnectionFailed):  # of a lost server: its stamps stay, as in a crash
                    await self.derived.close()
            finally:
                await self.engine.close()

    def _open(self) -> None:
        if self._pid is None:
            raise Closed(f"{self.name}: this handle was closed")
        if self._pid != os.getpid():
            raise Closed(f"{self.name} was opened before a fork; open it again")


def _check_names(schema: Schema) -> None:
    if schema.name.startswith("_") or any(f.name.startswith("_") for f in schema.fields):
        raise InvalidSchema(schema.name, "names with a leading underscore are the database's own")
    if schema.partition is not None and schema.partition not in schema.key:
        raise InvalidSchema(schema.name, "the partition must be part of the key")
