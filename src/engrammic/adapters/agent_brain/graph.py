"""GraphStoreManager: triples of one collection in two tables, a Kuzu database, or dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from engrammic.adapters.agent_brain.graph_places import (
    JsonGraph,
    graph_file,
    kuzu_url,
    opened_kuzu,
    opened_minimal,
)
from engrammic.adapters.agent_brain.resetting import check_empty
from engrammic.adapters.agent_brain.room import Place, Room
from engrammic.checks import shown
from engrammic.clock import Clock, now
from engrammic.errors import InvalidInput
from engrammic.stores.graph import SimpleGraphStore
from engrammic.triples import GraphStore, GraphTriple, Removed, known_name

STORE_TYPES = ("simple", "kuzu", "minimal")


class GraphStoreManager:
    """The graph of one collection.

    `simple` is two tables of the database that has the chunks too, `kuzu` a
    Kuzu database at a path, `minimal` dictionaries that `persist` writes into
    a JSON file. Every method opens the store, if that is still to do.
    """

    _instance: ClassVar[GraphStoreManager | None] = None

    def __init__(
        self,
        persist_dir: Place | Room = None,
        store_type: str = "simple",
        collection_name: str | None = None,
        *,
        clock: Clock = now,
    ) -> None:
        if store_type not in STORE_TYPES:
            raise InvalidInput("store_type", f"want {', '.join(STORE_TYPES)}, {_not(store_type)}")
        self.room = Room.of(persist_dir, collection_name, clock)
        self.persist_dir = self.room.place
        self.store_type = store_type
        self._kuzu = kuzu_url(self.room) if store_type == "kuzu" else None
        self._file = graph_file(self.room) if store_type == "minimal" else None
        self._graph_store: GraphStore | None = None
        self._entity_count = self._relationship_count = 0
        self._turn = asyncio.Lock()

    @classmethod
    def get_instance(
        cls, persist_dir: Place | Room = None, store_type: str | None = None
    ) -> GraphStoreManager:
        """The one of this process, made by the first call.

        Raises InvalidInput where there is one of another place or type; `close` ends it.
        """
        if GraphStoreManager._instance is None:
            GraphStoreManager._instance = cls(persist_dir, store_type or STORE_TYPES[0])
        found = GraphStoreManager._instance
        if store_type not in (None, found.store_type):
            raise InvalidInput("store_type", f"the instance is {found.store_type}; close it first")
        if persist_dir is not None and Room.of(persist_dir, None).place != found.persist_dir:
            raise InvalidInput("persist_dir", f"the instance is at {found.persist_dir}; close it")
        return found

    @property
    def is_initialized(self) -> bool:
        """Whether the store is open. Every method opens it."""
        return self._graph_store is not None

    @property
    def entity_count(self) -> int:
        """How many entities there are: counted when this manager last wrote or loaded."""
        return self._entity_count

    @property
    def relationship_count(self) -> int:
        """How many triples there are: counted when this manager last wrote or loaded."""
        return self._relationship_count

    async def initialize(self) -> None:
        """Open the store, and count what it has."""
        await self._count(await self.graph())

    async def graph(self) -> GraphStore:
        """The store itself: neighbours, paths, entities, snapshots."""
        async with self._turn:
            return await self._opened()

    async def _opened(self) -> GraphStore:
        if self._graph_store is None:
            if self._kuzu is not None:
                self._graph_store = await opened_kuzu(self._kuzu, self.room.scope)
            elif self._file is not None:
                self._graph_store = await opened_minimal(self._file, self.room.scope)
            else:
                self._graph_store = SimpleGraphStore(await self.room.scoped())
        return self._graph_store

    async def add_triplet(
        self,
        subject: str,
        predicate: str,
        obj: str,
        subject_type: str | None = None,
        object_type: str | None = None,
        source_chunk_id: str | None = None,
    ) -> bool:
        """Whether the triple is new; one that is there gains the source.

        Known types and predicates are spelt as in ENTITY_TYPES and PREDICATES.
        A triple without a source stays until it is deleted.
        """
        types = (_type("subject_type", subject_type), _type("object_type", object_type))
        sources = () if source_chunk_id is None else (source_chunk_id,)
        triple = GraphTriple(subject, _known("predicate", predicate), obj, *types, sources)
        async with self._turn:
            store = await self._opened()
            there = await store.triples(
                subject=triple.head, predicate=triple.predicate, object=triple.tail, limit=1
            )
            await store.upsert_triples([triple])
            await self._count(store)
            return not there

    async def add_triplets(self, triplets: Sequence[GraphTriple]) -> int:
        """State many triples, in steps of a few hundred; how many different ones."""
        async with self._turn:
            store = await self._opened()
            stated = await store.upsert_triples(triplets)
            await self._count(store)
            return stated

    async def forget_chunks(self, ids: Sequence[str]) -> Removed:
        """Take these sources away: a triple dies with its last one."""
        async with self._turn:
            store = await self._opened()
            gone = await store.delete_sources(ids)
            await self._count(store)
            return gone

    async def persist(self) -> None:
        """Return when the graph is on disk. `minimal` writes its file now, the others are there."""
        async with self._turn:
            await (await self._opened()).flush()

    async def load(self) -> bool:
        """Whether a graph is there. `minimal` reads its file again: what was not persisted goes."""
        async with self._turn:
            store = await self._opened()
            if isinstance(store, JsonGraph):
                await store.read()
            await self._count(store)
            return bool(self._entity_count)

    async def clear(self) -> None:
        """Delete the whole graph of the collection, the file of `minimal` too."""
        async with self._turn:
            store = await self._opened()
            await store.clear()
            await self._count(store)

    async def reset(self) -> None:
        """As `clear`, then look whether anything is left. Raises StorageError naming it."""
        await self.clear()
        check_empty(await self.leftovers())

    async def leftovers(self) -> list[str]:
        """What is there, in words; empty after `reset`."""
        async with self._turn:
            await self._count(await self._opened())
            left = [f"{self._relationship_count} triples"] if self._relationship_count else []
            left += [f"{self._entity_count} entities"] if self._entity_count else []
            return [*left, self._file.name] if self._file and self._file.exists() else left

    async def _count(self, store: GraphStore) -> None:
        self._entity_count = await store.count_entities()
        self._relationship_count = await store.count_triples()

    async def close(self) -> None:
        """Give back what was opened here; `minimal` keeps what was persisted. Twice is fine."""
        if GraphStoreManager._instance is self:
            GraphStoreManager._instance = None
        async with self._turn:
            store, self._graph_store = self._graph_store, None
            if store is not None and self.store_type != "simple":  # the room closes what is its own
                await store.close()
        await self.room.close()


def _known(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise InvalidInput(name, f"want a text, {_not(given)}")
    return known_name(given)


def _type(name: str, given: object) -> str:
    return "" if given is None else _known(name, given)


def _not(given: object) -> str:
    return f"not {shown(given)}"
