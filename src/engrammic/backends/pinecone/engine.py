"""Tables as namespaces of Pinecone.

A table's records stand in the index of its first vector's dimension, those of
a table without vectors in one of two dimensions. A record without a vector
has a placeholder there that no search finds. Each further vector field has a
namespace of its own, and long records have their pieces in another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engrammic.backends.pinecone import metadata as packing
from engrammic.backends.pinecone.metadata import Packed, push
from engrammic.backends.pinecone.wire import Space, Wire, placeholder
from engrammic.emulation.collections import NOTES, Collections
from engrammic.emulation.payload import decode, point_id, safe
from engrammic.errors import Corrupt
from engrammic.filters import Filter
from engrammic.keys import Key, key_of
from engrammic.types import Field, Kind, Record, Schema, Scored

PLAIN = 2
"""The dimension of an index for records without vectors."""

TRIES = 3
"""A long record's pieces may be replaced between two requests."""


class Namespaces(Collections):
    """The verbs over namespaces."""

    approximate = True
    most: ClassVar[int] = 1_000

    def __init__(self, wire: Wire, shared: bool) -> None:
        self.wire = wire
        self.shared = shared
        self._cut: dict[str, bool] = {}

    async def open(self) -> None:
        """Make what the tables are noted in. Raises ConnectionFailed."""
        await self.create(NOTES, None)

    async def _home(self, schema: Schema) -> Space:
        return await self.wire.space(_dimension(schema), safe(schema.name))

    async def _beside(self, schema: Schema, field: Field) -> Space:
        assert field.dimension is not None
        return await self.wire.space(field.dimension, f"{safe(schema.name)}.{safe(field.name)}")

    async def _pieces(self, schema: Schema) -> Space:
        return await self.wire.space(PLAIN, f"{safe(schema.name)}:rest")

    async def create(self, schema: Schema, old: Schema | None) -> None:
        """As `Collections.create`; a table that gets its first vector moves to its index."""
        home = await self._home(schema)
        for field in _further(schema):
            await self._beside(schema, field)
        if old is not None and _dimension(old) != _dimension(schema):
            former = await self._home(old)
            async for page in former.scan(_all(old)):
                vector = placeholder(home.dimension)
                await home.upsert([
                    {"id": i, "values": vector, "metadata": v.metadata} for i, v in page.items()
                ])  # fmt: skip
            await former.drop()

    async def drop(self, schema: Schema) -> None:
        """As `Collections.drop`."""
        for field in _further(schema):
            await (await self._beside(schema, field)).drop()
        if await self._is_cut(schema):
            await (await self._pieces(schema)).drop()
        await (await self._home(schema)).drop()
        self._cut.pop(schema.name, None)

    async def _is_cut(self, schema: Schema) -> bool:
        """Whether the table has long records, or ever had."""
        if not schema.of_kind(Kind.TEXT) or schema.name == NOTES.name:
            return False
        if schema.name not in self._cut:
            self._cut[schema.name] = await (await self._pieces(schema)).exists()
        return self._cut[schema.name]

    async def save(self, schema: Schema, records: Sequence[Record]) -> None:
        """As `Collections.save`: pieces, further vectors, records, and what is left over."""
        packed = {point_id(schema, key_of(schema, r)): (packing.pack(schema, r), r)
                  for r in records}  # fmt: skip
        await self._save_pieces(schema, {i: p for i, (p, _) in packed.items() if p.pieces})
        for field in _further(schema):
            beside = await self._beside(schema, field)
            there = {i: (p, r) for i, (p, r) in packed.items() if r.get(field.name) is not None}
            await beside.upsert([_vector(i, p, r[field.name]) for i, (p, r) in there.items()])
            await self._erase_known(beside, [i for i in packed if i not in there])
        home, first = await self._home(schema), _first(schema)
        nowhere = placeholder(home.dimension)
        await home.upsert([
            _vector(i, p, nowhere if first is None or r.get(first.name) is None else r[first.name])
            for i, (p, r) in packed.items()
        ])  # fmt: skip
        if await self._is_cut(schema):
            await self._sweep(schema, list(packed), [p.digest for p, _ in packed.values()])

    async def _save_pieces(self, schema: Schema, cut: Mapping[str, Packed]) -> None:
        if not cut:
            return
        self._cut[schema.name] = True
        vector = placeholder(PLAIN)
        await (await self._pieces(schema)).upsert([
            {"id": f"{i}:{p.digest}:{n}", "values": vector,
             "metadata": {"of": i, "digest": p.digest, "text": piece}}
            for i, p in cut.items() for n, piece in enumerate(p.pieces)
        ])  # fmt: skip

    async def _sweep(self, schema: Schema, ids: Sequence[str], kept: Sequence[str]) -> None:
        """Delete the pieces of these records, but for those with a digest that is kept."""
        pieces, digests = await self._pieces(schema), [d for d in kept if d]
        for start in range(0, len(ids), 1000):
            where: dict[str, Any] = {"of": {"$in": list(ids[start : start + 1000])}}
            if digests:
                where = {"$and": [where, {"digest": {"$nin": digests}}]}
            await pieces.delete(filter=where)

    async def _erase_known(self, space: Space, ids: Sequence[str]) -> None:
        """Delete those that are there; asking costs less than a needless delete."""
        known = await space.fetch(ids) if ids else {}
        if known:
            await space.erase(list(known))

    async def erase(self, schema: Schema, keys: Sequence[Key]) -> None:
        """As `Collections.erase`."""
        ids = [point_id(schema, key) for key in keys]
        for field in _further(schema):
            await (await self._beside(schema, field)).erase(ids)
        await (await self._home(schema)).erase(ids)
        if await self._is_cut(schema):
            await self._sweep(schema, ids, ())

    async def load(
        self, schema: Schema, keys: Sequence[Key], columns: Sequence[str]
    ) -> list[Record]:
        """As `Collections.load`."""
        return await self._by_id(schema, [point_id(schema, key) for key in keys], columns)

    async def _by_id(
        self, schema: Schema, ids: Sequence[str], columns: Sequence[str]
    ) -> list[Record]:
        home = await self._home(schema)
        for attempt in range(TRIES):
            found = await home.fetch(ids)
            read = await self._read(schema, found, columns)
            if len(read) == len(found):
                return list(read.values())
            if attempt == TRIES - 1:
                raise Corrupt(f"{schema.name}: a long record lacks a piece; write it again")
        raise AssertionError

    async def scan(
        self, schema: Schema, where: Filter | None, columns: Sequence[str]
    ) -> AsyncIterator[list[Record]]:
        """As `Collections.scan`."""
        pushed = push(schema)(where)
        if pushed.empty:
            return
        home = await self._home(schema)
        async for page in home.scan(pushed.native or _all(schema)):
            there = {i: v for i, v in page.items() if safe(schema.key[0]) in v.metadata}
            read = await self._read(schema, there, columns)
            if len(read) < len(there):
                torn = [i for i in there if i not in read]
                yield await self._by_id(schema, torn, columns)
            yield list(read.values())

    async def _read(
        self, schema: Schema, found: Mapping[str, Any], columns: Sequence[str]
    ) -> dict[str, Record]:
        """The records of these vectors by id, without those whose pieces are not there."""
        payloads = {i: v.metadata for i, v in found.items()}
        long = [i for i, m in payloads.items() if packing.has_pieces(schema, m, columns)]
        whole = await self._joined(schema, {i: payloads[i] for i in long}) if long else {}
        read = {i: decode(schema, whole.get(i, m), columns)
                for i, m in payloads.items() if i in whole or i not in long}  # fmt: skip
        for field in schema.of_kind(Kind.VECTOR):
            if field.name in columns:
                await self._read_vectors(schema, field, found, read)
        return read

    async def _joined(self, schema: Schema, cut: Mapping[str, Any]) -> dict[str, Any]:
        ids = {i: packing.piece_ids(i, metadata) for i, metadata in cut.items()}
        pieces = await (await self._pieces(schema)).fetch(
            [p for some in ids.values() for p in some]
        )
        return {
            i: packing.join([pieces[p].metadata["text"] for p in some])
            for i, some in ids.items()
            if all(p in pieces for p in some)
        }

    async def _read_vectors(
        self, schema: Schema, field: Field, found: Mapping[str, Any], read: dict[str, Record]
    ) -> None:
        marked = [i for i in read if safe(field.name) in found[i].metadata]
        if field != _first(schema):
            found = await (await self._beside(schema, field)).fetch(marked) if marked else {}
        for id_, record in read.items():
            there = id_ in marked and id_ in found
            record[field.name] = np.array(found[id_].values, np.float32) if there else None

    def is_exact(self, schema: Schema, where: Filter) -> bool:
        """As `Collections.is_exact`."""
        return push(schema)(where).exact

    async def nearest(
        self,
        schema: Schema,
        field: str,
        vector: NDArray[np.float32],
        count: int,
        where: Filter | None,
        columns: Sequence[str],
    ) -> list[Scored]:
        """As `Collections.nearest`."""
        pushed, first = push(schema)(where), _first(schema)
        if pushed.empty:
            return []
        there: dict[str, Any] = {safe(field): {"$exists": True}}
        native = there if pushed.native is None else {"$and": [there, pushed.native]}
        at_home = first is not None and first.name == field
        space = await (self._home(schema) if at_home else self._beside(schema, schema.field(field)))
        hits = await space.query(vector.tolist(), count, native, at_home)
        scores = {h.id: float(h.score) for h in hits}
        inline = at_home and not any(schema.field(c).kind is Kind.VECTOR for c in columns)
        if inline and all(h.metadata for h in hits):
            read = await self._read(schema, {h.id: h for h in hits}, columns)
            if len(read) == len(hits):
                return [Scored(read[id_], score) for id_, score in scores.items()]
        needed = tuple(dict.fromkeys((*columns, *schema.key)))
        records = await self._by_id(schema, list(scores), needed)
        found = {point_id(schema, key_of(schema, r)): r for r in records}
        return [Scored(found[i], score) for i, score in scores.items() if i in found]

    async def flush(self) -> None:
        """As `Collections.flush`: return when all that was written is visible."""
        await self.wire.flush()

    async def health(self) -> dict[str, Any]:
        """As `Collections.health`."""
        stats = await self.wire.describe(PLAIN)
        return {"fullness": stats.index_fullness}

    async def close(self) -> None:
        """As `Collections.close`."""
        await self.wire.close()


def _first(schema: Schema) -> Field | None:
    """The vector that a record stands at."""
    return next(iter(schema.of_kind(Kind.VECTOR)), None)


def _further(schema: Schema) -> tuple[Field, ...]:
    return schema.of_kind(Kind.VECTOR)[1:]


def _dimension(schema: Schema) -> int:
    first = _first(schema)
    return PLAIN if first is None or first.dimension is None else first.dimension


def _all(schema: Schema) -> dict[str, Any]:
    return {safe(schema.key[0]): {"$exists": True}}


def _vector(id_: str, packed: Packed, values: Any) -> dict[str, Any]:
    plain = values if isinstance(values, list) else values.tolist()
    return {"id": id_, "values": plain, "metadata": packed.metadata}
