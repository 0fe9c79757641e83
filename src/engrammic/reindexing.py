"""Making anew what is derived: the terms of every item, and its vectors when asked.

Both may be interrupted and begun again at any time. Vectors of two models
never stand side by side: the old ones go first, and the new model is recorded
by a change list that checks that none is left.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from engrammic.backend import Backend
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.embed.base import Embedder
from engrammic.errors import Conflict, EmbeddingMismatch
from engrammic.filters import EVERYTHING, Compare, Op, eq, every, is_in
from engrammic.memory import Memory
from engrammic.scope import COLUMN, Scope, Scoped
from engrammic.stores.code_chunks import CODE
from engrammic.stores.entity_tables import ENTITIES
from engrammic.stores.facts import FactStore
from engrammic.stores.items import BATCH, ItemStore
from engrammic.stores.messages import MessageStore
from engrammic.stores.meta import META, MetaStore
from engrammic.stores.neighbours import Turn, weave
from engrammic.stores.notes import NoteStore
from engrammic.stores.parts import passages_of
from engrammic.stores.scopes import distinct, scopes_of
from engrammic.stores.summaries import SummaryStore
from engrammic.stores.vector_store import CHUNKS
from engrammic.stores.versions import VersionStore
from engrammic.text import FINGERPRINT, joined
from engrammic.types import DERIVED, Kind, Order, Record, Schema
from engrammic.upkeep import FILL_BATCH

Advance: TypeAlias = Callable[[float, float, str], None]
"""Called with what is done, what there is in all, and what is at hand."""

PLAIN = (NoteStore, SummaryStore, FactStore, VersionStore)
"""Stores of items that are indexed each for itself."""
KINDS = {store.table: store.kind for store in (MessageStore, *PLAIN)}
TABLES = tuple(KINDS)
CHUNKED = {CODE.name: "content", CHUNKS.name: "content", ENTITIES.name: "name"}
"""Texts whose vectors are given, or that have none: only their words can be made anew."""
MOVED = "{}_moved"
"""Where a table's records wait while it is made anew for vectors of another length."""
UNFINISHED = "interrupted"
"""Stands for the analyser while a table is made anew."""
_VECTOR = Compare("vector", Op.NOT_NULL)


@dataclass(frozen=True, slots=True)
class Reindexed:
    """How many items were analysed and embedded anew."""

    indexed: int
    embedded: int


async def reindex(
    backend: Backend, embedder: Embedder | None = None, advance: Advance = lambda *_: None
) -> Reindexed:
    """Analyse every item of every scope anew; with an embedder, embed it anew too.

    What the database can mend of its own indexes comes first.
    """
    await backend.repair()
    meta = MetaStore(backend)
    total = sum([await backend.count(table) for table in await _present(backend)])
    chunks = sum([await backend.count(table) for table in await _chunked(backend)])
    if embedder is not None:
        await _forget_vectors(backend, embedder)
        if await unfinished(backend):
            # Terms are not moved along: until they are made anew nobody may take them for whole.
            await meta.write("analyser", UNFINISHED)
            await _redimension(backend, embedder.dimension)
    elif await unfinished(backend):
        raise EmbeddingMismatch(
            "a change to another model was interrupted: run `engrammic reindex --embeddings`"
        )
    indexed = 0
    for scope in await _scopes(backend):
        async for count in _words(Scoped(backend, scope)):
            indexed += count
            advance(indexed, total + chunks, "words")
    await meta.write("analyser", FINGERPRINT)
    if embedder is None:
        return Reindexed(indexed, 0)
    done = 0
    for scope in await _scopes(backend):
        memory = Memory(backend, embedder, scope=scope)
        await memory.ready()
        async for _ in memory.fill_in():
            done = min(done + FILL_BATCH, total)
            advance(done, total, "vectors")
    return Reindexed(indexed, total)


async def unfinished(backend: Backend) -> bool:
    """Whether a change to a model of another dimension was begun and not ended."""
    stored = {schema.name: schema for schema in await backend.tables()}
    model = await MetaStore(backend).read("embedding")
    dimension = None if model is None else model["dimension"]
    moved = any(MOVED.format(table) in stored for table in TABLES)
    return moved or any(t in stored and not _fits(stored[t], dimension) for t in TABLES)


async def _present(backend: Backend) -> list[str]:
    names = {schema.name for schema in await backend.tables()}
    return [t for table in TABLES for t in (table, MOVED.format(table)) if t in names]


async def _chunked(backend: Backend) -> list[str]:
    names = {schema.name for schema in await backend.tables()}
    return [table for table in CHUNKED if table in names]


async def _scopes(backend: Backend) -> list[Scope]:
    """Every scope that holds an item, or a text with a vector of its own."""
    return await scopes_of(backend, [*await _present(backend), *await _chunked(backend)])


async def _words(backend: Scoped) -> AsyncIterator[int]:
    stores = [make(backend) for make in PLAIN]
    messages = MessageStore(backend)
    for store in (messages, *stores):
        await store.ready()
    for store in stores:
        async for count in _item_words(backend, store):
            yield count
    for conversation in await distinct(backend, "messages", "conversation_id"):
        where = eq("conversation_id", conversation)
        said = await backend.query("messages", where, order=Order("ordinal"))
        updates = _message_terms(messages, said)
        for start in range(0, len(updates), BATCH):
            yield await backend.apply([Update("messages", updates[start : start + BATCH])])
    for table in await _chunked(backend.backend):
        async for count in _chunk_words(backend, table):
            yield count


async def _item_words(backend: Scoped, store: ItemStore[Any]) -> AsyncIterator[int]:
    after: tuple[str] | None = None
    while records := await backend.query(store.table, after=after, limit=BATCH):
        after = (records[-1][store.key],)
        updates = [{store.key: r[store.key], "terms": store.words(r)} for r in records]
        yield await backend.apply([Update(store.table, updates)])


async def _chunk_words(backend: Scoped, table: str) -> AsyncIterator[int]:
    after: tuple[str] | None = None
    text = CHUNKED[table]
    columns = ("id", text)
    while rows := await backend.query(table, after=after, limit=BATCH, columns=columns):
        after = (rows[-1]["id"],)
        updates = [{"id": r["id"], "terms": joined(r[text])} for r in rows]
        yield await backend.apply([Update(table, updates)])


def _message_terms(store: MessageStore, records: Sequence[Record]) -> list[Record]:
    """The terms of a whole conversation, given in its order, but of what is not searched."""
    turns = [Turn(r["ordinal"], r["message_id"], r["content"]) for r in records]
    around = weave([], turns).new
    return [
        {
            "message_id": r["message_id"],
            "terms": joined(store.searchable(r)),
            "around": around[r["message_id"]],
        }
        for r in records
        if not r["resting"]
    ]


async def _forget_vectors(backend: Backend, embedder: Embedder) -> None:
    """Take every vector away, and record the model that makes the new ones."""
    await backend.ensure_table(META)
    tables = [s for s in await backend.tables() if s.name in await _present(backend)]
    tables = [s for s in tables if s.of_kind(Kind.VECTOR)]
    fact = {"name": "embedding", "value": embedder.fingerprint.as_record()}
    done: list[Change] = [Put("engrammic", [fact])]
    if backend.capabilities.checks:
        done = [*(Check(s.name, _VECTOR, 0) for s in tables), *done]
    while True:
        for schema in tables:
            await _forget(backend, schema)
        try:
            await backend.apply(done)
        except Conflict:
            continue  # another process has stored a vector in between
        return


async def _forget(backend: Backend, schema: Schema) -> None:
    while rows := await backend.query(schema.name, _VECTOR, limit=BATCH, columns=schema.key):
        bare = [{**{k: r[k] for k in schema.key}, "vector": None} for r in rows]
        changes: list[Change] = [Update(schema.name, bare)]
        for scope in {r[COLUMN] for r in rows}:
            ids = [r[schema.key[-1]] for r in rows if r[COLUMN] == scope]
            gone = passages_of(KINDS[schema.name], ids)
            changes.append(Delete("passages", every(eq(COLUMN, scope), gone)))
        await backend.apply(changes)


async def _redimension(backend: Backend, dimension: int) -> None:
    """Make room for vectors of another length: by way of a second table, since tables only grow."""
    for table in TABLES:
        stored = {s.name: s for s in await backend.tables()}
        moved = MOVED.format(table)
        if table in stored and _fits(stored[table], dimension) and moved not in stored:
            continue
        if table in stored and not _fits(stored[table], dimension):
            await backend.ensure_table(_resized(stored[table], moved, dimension))
            await _move(backend, stored[table], moved)
            await backend.drop_table(table)
        elif table not in stored and moved not in stored:
            continue
        now = {s.name: s for s in await backend.tables()}
        await backend.ensure_table(_resized(now[moved], table, dimension))
        await _move(backend, now[moved], table)
        await backend.drop_table(moved)


def _fits(schema: Schema, dimension: int | None) -> bool:
    return all(f.dimension == dimension for f in schema.of_kind(Kind.VECTOR))


def _resized(schema: Schema, name: str, dimension: int) -> Schema:
    resized = (replace(f, dimension=dimension) if f.kind is Kind.VECTOR else f
               for f in schema.fields)  # fmt: skip
    return replace(schema, name=name, fields=tuple(resized))


async def _move(backend: Backend, source: Schema, target: str) -> None:
    """Move every record, batch by batch, each in one step."""
    columns = [f.name for f in source.fields if f.kind not in DERIVED]
    while rows := await backend.query(source.name, EVERYTHING, limit=BATCH, columns=columns):
        changes: list[Change] = [Put(target, rows)]
        for scope in {r[COLUMN] for r in rows}:
            ids = [r[source.key[-1]] for r in rows if r[COLUMN] == scope]
            changes.append(
                Delete(source.name, every(eq(COLUMN, scope), is_in(source.key[-1], ids)))
            )
        await backend.apply(changes)
