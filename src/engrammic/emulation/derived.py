"""Indexes that this process derives from the stored records, and keeps current.

They are never stored, so a crash cannot leave index and record apart. Where
other processes may write, each handle leaves a stamp beside what it wrote,
and an index is made anew when somebody else's stamp has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import uuid4

from engrammic.emulation.collections import NOTES, Collections, Outcome
from engrammic.emulation.ranks import Ranked
from engrammic.emulation.vectors import Vectors
from engrammic.emulation.words import Words
from engrammic.filters import eq
from engrammic.keys import Key, key_of
from engrammic.types import Kind, Record, Schema

Place: TypeAlias = tuple[str, Any]
"""A table and the value of its partition, None in a table without partitions."""

VERSION = "version"
"""The name of the only stamp where the engine has a version."""

STAMP = "stamp"
"""What the name of each stamp begins with."""

UNFINISHED = "writing"
"""The stamp of a write under way: what is read meanwhile is not kept."""


class Index:
    """The words of one partition, and its vectors where the engine cannot compare them."""

    def __init__(self, schema: Schema, with_vectors: bool) -> None:
        self.schema = schema
        self.words = Words(schema) if schema.of_kind(Kind.TERMS) else None
        fields = schema.of_kind(Kind.VECTOR) if with_vectors else ()
        self.vectors = {f.name: Vectors(f.dimension or 0) for f in fields}
        self.guard = threading.Lock()
        self.stamps: Mapping[str, str] = {}

    def put(self, key: Key, record: Record) -> None:
        """Add a record in its stored form, or replace it."""
        with self.guard:
            if self.words is not None:
                self.words.put(key, record)
            for name, vectors in self.vectors.items():
                vectors.put(key, record.get(name))

    def remove(self, key: Key) -> None:
        """Take a record out; absent is fine."""
        with self.guard:
            if self.words is not None:
                self.words.remove(key)
            for vectors in self.vectors.values():
                vectors.remove(key)

    def rank(self, by: Ranking, count: int) -> Ranked:
        """What `by` ranks, while nobody writes."""
        with self.guard:
            return by(self, count)


Ranking: TypeAlias = Callable[[Index, int], Ranked]
"""The best of an index, so many."""


class Derived:
    """The indexes of one handle, made when they are first needed."""

    def __init__(self, engine: Collections) -> None:
        self._engine = engine
        self._indexes: dict[Place, Index] = {}
        self._handle = uuid4().hex
        self._left: set[str] = set()

    def needed(self, schema: Schema) -> bool:
        """Whether the table has anything to be indexed here."""
        kinds = (Kind.TERMS,) if self._engine.searches else (Kind.TERMS, Kind.VECTOR)
        return any(schema.of_kind(kind) for kind in kinds)

    async def index(self, schema: Schema, partition: Any) -> Index:
        """The current index of a partition."""
        place = (schema.name, partition)
        stamps = await self._stamps(place)
        found = self._indexes.get(place)
        if found is None or found.schema != schema or found.stamps != stamps:
            found = await self._made(schema, partition)
            found.stamps = stamps
            if UNFINISHED not in stamps.values():
                self._indexes[place] = found
        return found

    def held(self, schema: Schema, partition: Any) -> Index | None:
        """The index as it was last seen to be current, None where there is none yet."""
        found = self._indexes.get((schema.name, partition))
        return found if found is not None and found.schema == schema else None

    async def loaded(
        self, held: Index, partition: Any, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record] | None:
        """Stored records, None where the index is not known to be current."""
        stamps, schema = held.stamps, held.schema
        about = _digest((schema.name, partition))
        found = await self._engine.load_noted(schema, keys, columns, about)
        if found is None or _told(found[0], about) != stamps:
            return None
        return found[1]

    async def _made(self, schema: Schema, partition: Any) -> Index:
        index = Index(schema, not self._engine.searches)
        where = None if schema.partition is None else eq(schema.partition, partition)
        columns = (
            *schema.key, *(f.name for f in schema.of_kind(Kind.TERMS)), *index.vectors,
        )  # fmt: skip
        async for records in self._engine.scan(schema, where, tuple(dict.fromkeys(columns))):
            for record in records:
                key = key_of(schema, record)
                if partition_of_key(schema, key) == partition:
                    index.put(key, record)
        return index

    async def before(self, outcome: Outcome) -> None:
        """To be called before an outcome is written: whoever reads meanwhile will read again."""
        if not self._engine.shared or not self.needed(outcome.schema):
            return
        version = await self._engine.version()
        for place in places_of(outcome):
            if version is None:
                await self._leave(place, UNFINISHED)
            elif (found := self._indexes.get(place)) and found.stamps != {VERSION: version}:
                del self._indexes[place]

    async def after(self, outcome: Outcome) -> None:
        """To be called when an outcome has been written: brings the indexes up to date."""
        schema = outcome.schema
        if not self.needed(schema):
            return
        for key, record in outcome.saved.items():
            if index := self._indexes.get((schema.name, partition_of_key(schema, key))):
                index.put(key, record)
        for key in outcome.erased:
            if index := self._indexes.get((schema.name, partition_of_key(schema, key))):
                index.remove(key)
        if self._engine.shared:
            for place in places_of(outcome):
                await self._sign(place)

    async def _sign(self, place: Place) -> None:
        version = await self._engine.version()
        if version is not None:
            if index := self._indexes.get(place):
                index.stamps = {VERSION: version}
            return
        stamp = uuid4().hex
        await self._leave(place, stamp)
        if index := self._indexes.get(place):
            index.stamps = {**index.stamps, self._name(place): stamp}

    def forget(self, table: str) -> None:
        """Drop the indexes of a table: what is stored is not known any more."""
        for place in [p for p in self._indexes if p[0] == table]:
            del self._indexes[place]

    async def close(self) -> None:
        """Take this handle's stamps away."""
        if self._left:
            await self._engine.erase(NOTES, [(name,) for name in sorted(self._left)])
        self._left.clear()
        self._indexes.clear()

    async def _leave(self, place: Place, stamp: str) -> None:
        await self._engine.save(NOTES, [self.note(place, stamp)])

    def note(self, place: Place, stamp: str) -> Record:
        """The stamp as a record for NOTES; `close` takes it away."""
        name = self._name(place)
        self._left.add(name)
        return {"name": name, "about": _digest(place), "text": stamp}

    def _name(self, place: Place) -> str:
        return f"{STAMP}:{_digest(place)}:{self._handle}"

    async def _stamps(self, place: Place) -> dict[str, str]:
        if not self._engine.shared:
            return {}
        version = await self._engine.version()
        if version is not None:
            return {VERSION: version}
        about = _digest(place)
        found: dict[str, str] = {}
        async for notes in self._engine.scan(NOTES, eq("about", about), NOTES.stored):
            found |= _told(notes, about)
        return found


def stamped(note: str) -> str:
    """What the note of this name is about if it is a stamp, empty for another one."""
    kind, _, rest = note.partition(":")
    return rest.partition(":")[0] if kind == STAMP else ""


def partition_of_key(schema: Schema, key: Key) -> Any:
    """The partition's value in a key, None in a table without partitions."""
    return None if schema.partition is None else key[schema.key.index(schema.partition)]


def places_of(outcome: Outcome) -> set[Place]:
    """The partitions in which an outcome changes something."""
    schema = outcome.schema
    keys = (*outcome.saved, *outcome.erased)
    return {(schema.name, partition_of_key(schema, key)) for key in keys}


def _told(notes: Sequence[Record], about: str) -> dict[str, str]:
    return {n["name"]: n["text"] for n in notes if n["about"] == about}


def _digest(place: Place) -> str:
    table, partition = place
    return sha256(f"{table}\0{partition}".encode()).hexdigest()[:32]
