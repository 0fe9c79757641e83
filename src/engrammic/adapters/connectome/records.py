"""Reading and writing the documents of a Connectome storage, each change in one step."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

from engrammic.adapters.connectome.documents import Tables
from engrammic.backend import Reader
from engrammic.capabilities import Capabilities
from engrammic.changes import Change, Check, Delete, Put
from engrammic.clock import Clock
from engrammic.filters import Filter, eq, every
from engrammic.stores.base import check_id, expired
from engrammic.turns import Turns
from engrammic.types import Record, Schema

FULL = 256
"""Items in one document of a log: a full one is put away, so that adding never grows dear."""

Changed: TypeAlias = Callable[[list[Any]], list[Any]]


class Storage(Reader, Protocol):
    """What is used of a backend, or of one scope of it."""

    async def ensure_table(self, schema: Schema) -> None:
        """As `Backend.ensure_table`."""

    async def apply(self, changes: Sequence[Change]) -> int:
        """As `Backend.apply`."""

    async def transact(self, decide: Callable[[Any], Coroutine[Any, Any, Sequence[Change]]]) -> int:
        """As `Backend.transact`."""


class Documents:
    """The documents of one storage."""

    def __init__(
        self, place: Storage, tables: Tables, clock: Clock, capabilities: Capabilities
    ) -> None:
        self.place = place
        self.tables = tables
        self.clock = clock
        self._guarded = capabilities.guarded
        self._turns = Turns()

    async def declare(self) -> None:
        """Declare the tables."""
        for schema in self.tables.all():
            await self.place.ensure_table(schema)

    async def data(self, schema: Schema, owner: str, part: str) -> Any:
        """What a document holds, or None."""
        check_id(schema.key[0], owner)
        record = await self.place.get(schema.name, (owner, part))
        return None if record is None else record["data"]

    async def put(self, schema: Schema, owner: str, part: str, data: Any) -> bool:
        """Write a document in the place of the one before."""
        return await self._write(schema, owner, part, lambda _: data)

    async def change(self, schema: Schema, owner: str, part: str, changed: Changed) -> bool:
        """Write what a list becomes."""
        return await self._write(schema, owner, part, lambda old: changed(old or []))

    async def append(self, schema: Schema, owner: str, part: str, item: Any) -> bool:
        """Add an item to a log. A full document is put away under a name that sorts by age."""
        return await self._write(schema, owner, part, lambda old: [*(old or []), item], full=FULL)

    async def _write(
        self, schema: Schema, owner: str, part: str, changed: Callable[[Any], Any], full: int = 0
    ) -> bool:
        check_id(schema.key[0], owner)

        async def writing(reader: Reader) -> Sequence[Change]:
            old = await reader.get(schema.name, (owner, part))
            keys = {schema.key[0]: owner, "part": part}
            changes = self._guard(schema, keys, old)
            if full and old is not None and len(old["data"]) >= full:
                changes.append(Put(schema.name, [{**old, "part": f"{part}-{old['version']:012}"}]))
                data = changed(None)
            else:
                data = changed(None if old is None else old["data"])
            return [*changes, Put(schema.name, [self._document(keys, old, data)])]

        async with self._turns:
            await self.place.transact(writing)
        return True

    def _document(self, keys: Record, old: Record | None, data: Any) -> Record:
        moment = self.clock()
        since, version = (moment, 0) if old is None else (old["created_at"], old["version"])
        times = {"created_at": since, "updated_at": moment, "version": version + 1}
        return {**keys, "data": data, **times}

    def _guard(self, schema: Schema, keys: Record, old: Record | None) -> list[Change]:
        if not self._guarded:
            return []
        same = every(*(eq(name, value) for name, value in keys.items()))
        if old is None:
            return [Check(schema.name, same, 0)]
        return [Check(schema.name, every(same, eq("version", old["version"])), 1)]

    async def log(self, schema: Schema, owner: str, part: str, limit: int | None) -> list[Any]:
        """The last items of a log, the oldest first."""
        check_id(schema.key[0], owner)
        records = await self.place.query(schema.name, eq(schema.key[0], owner))
        records.sort(key=lambda r: (r["part"] == part, r["part"]))
        items = [item for record in records for item in record["data"]]
        return items if limit is None else items[max(0, len(items) - limit) :]

    async def owners(self, schema: Schema, part: str) -> list[str]:
        """Whose documents of one kind there are."""
        owner = schema.key[0]
        found = await self.place.query(schema.name, eq("part", part), columns=(owner,))
        return [record[owner] for record in found]

    async def delete(self, schema: Schema, owner: str) -> int:
        """Delete all documents of an owner; how many."""
        check_id(schema.key[0], owner)
        return await self.place.apply([Delete(schema.name, eq(schema.key[0], owner))])

    async def set(self, schema: Schema, key: str, data: Any, **more: Any) -> bool:
        """Write a value under its key."""
        check_id("key", key)
        record = {schema.key[0]: key, "data": data, "stored_at": self.clock(), **more}
        await self.place.apply([Put(schema.name, [record])])
        return True

    async def value(self, schema: Schema, key: str) -> dict[str, Any] | None:
        """The value under a key, None where there is none. One whose time is over is deleted."""
        check_id("key", key)
        record = await self.place.get(schema.name, (key,))
        if record is None:
            return None
        ends = record.get("expires_at")
        if ends is not None and ends <= self.clock():
            await self.sweep(schema, eq(schema.key[0], key))
            return None
        data: dict[str, Any] = record["data"]
        return data

    async def sweep(self, schema: Schema, where: Filter | None = None) -> int:
        """Delete values whose time is over; how many."""
        return await self.place.apply([Delete(schema.name, every(where, expired(self.clock())))])
