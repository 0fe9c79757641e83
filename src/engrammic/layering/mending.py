"""What two databases lack of each other: found by walking both by key, and mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from engrammic.backend import Backend, Reader
from engrammic.changes import Change, Update
from engrammic.clock import now
from engrammic.keys import Key, key_of, under
from engrammic.layering.layout import (
    STAMP,
    VECTOR,
    content_hash,
    of_vectors,
    vector_table,
)
from engrammic.layering.writing import Stamped, forget
from engrammic.types import Field, Kind, Record, Schema

PAGE = 500

YOUNG = 3_600_000
"""Milliseconds for which a vector without a record may be one whose record is about to come."""

Flaw: TypeAlias = Literal["missing", "damaged", "stray"]


@dataclass(frozen=True, slots=True)
class Found:
    """One vector's place, and what is wrong there."""

    flaw: Flaw
    place: Stamped


async def problems(records: Backend, vectors: Backend, schemas: Sequence[Schema]) -> list[str]:
    """What is wrong, field by field, with the remedy."""
    said: list[str] = []
    for schema, field in _fields(schemas):
        counts = {"missing": 0, "damaged": 0, "stray": 0}
        async for found in flaws(records, vectors, schema, field):
            counts[found.flaw] += 1
        wrong = ", ".join(f"{count} vectors {flaw}" for flaw, count in counts.items() if count)
        if wrong:
            said.append(f"{schema.name}.{field.name}: {wrong}; run `engrammic doctor --repair`")
    return said


async def repair(records: Backend, vectors: Backend, schemas: Sequence[Schema]) -> list[str]:
    """Mend what is wrong; what was done."""
    said: list[str] = []
    for schema, field in _fields(schemas):
        await vectors.ensure_table(of_vectors(schema, field))
        pending, gone = 0, 0
        async for found in flaws(records, vectors, schema, field):
            if found.flaw != "stray":
                pending += await _unname(records, schema, found.place)
            if found.flaw != "missing":
                gone += await forget(vectors, schema, [found.place])
        if pending or gone:
            said.append(
                f"{schema.name}.{field.name}: {pending} records wait for their vectors, "
                f"{gone} stray vectors deleted"
            )
    return said


async def flaws(
    records: Backend, vectors: Backend, schema: Schema, field: Field
) -> AsyncIterator[Found]:
    """Everything wrong with one field's vectors, by key. A stray one that is young is left out."""
    named = _named(records, schema, field.name)
    there = _there(vectors, schema, field)
    mine, theirs = await anext(named, None), await anext(there, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine < theirs[0]):
            assert mine is not None
            yield Found("missing", Stamped(schema.name, field.name, *mine))
            mine = await anext(named, None)
        elif mine is None or theirs[0] < mine:
            if not _is_young(theirs[0][1]):
                yield Found("stray", Stamped(schema.name, field.name, *theirs[0]))
            theirs = await anext(there, None)
        else:
            if content_hash(theirs[1]) != mine[1].partition(".")[2]:
                yield Found("damaged", Stamped(schema.name, field.name, *mine))
            mine, theirs = await anext(named, None), await anext(there, None)


async def _named(backend: Backend, schema: Schema, field: str) -> AsyncIterator[tuple[Key, str]]:
    """Keys and stamps on the side of the records."""
    after: Key | None = None
    columns = (*schema.key, field)
    while page := await backend.query(schema.name, after=after, limit=PAGE, columns=columns):
        after = key_of(schema, page[-1])
        for record in page:
            if record[field] is not None:
                yield key_of(schema, record), record[field]


async def _there(
    backend: Backend, schema: Schema, field: Field
) -> AsyncIterator[tuple[tuple[Key, str], Any]]:
    """Keys, stamps and vectors on the other side."""
    table, after = vector_table(schema.name, field.name), None
    if table not in {s.name for s in await backend.tables()}:
        return
    columns = (*schema.key, STAMP, VECTOR)
    while page := await backend.query(table, after=after, limit=PAGE, columns=columns):
        after = (*key_of(schema, page[-1]), page[-1][STAMP])
        for row in page:
            yield (key_of(schema, row), row[STAMP]), row[VECTOR]


async def _unname(records: Backend, schema: Schema, place: Stamped) -> int:
    """Let a record wait for its vector, unless it has been given another one meanwhile."""

    async def decide(reader: Reader) -> Sequence[Change]:
        where = under(schema, [place.key])
        found = await reader.query(schema.name, where, columns=(*schema.key, place.field))
        if not found or found[0][place.field] != place.stamp:
            return []
        change: Record = dict(zip(schema.key, place.key, strict=True))
        return [Update(schema.name, [{**change, place.field: None}])]

    return await records.transact(decide)


def _is_young(stamp: str) -> bool:
    return now() - int(stamp[:12], 16) < YOUNG


def _fields(schemas: Sequence[Schema]) -> list[tuple[Schema, Field]]:
    return [(schema, field) for schema in schemas for field in schema.of_kind(Kind.VECTOR)]
