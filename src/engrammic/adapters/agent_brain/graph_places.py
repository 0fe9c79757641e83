"""Where a graph of Agent Brain's lies: a Kuzu database at a path, or a JSON file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from engrammic.adapters.agent_brain.room import COLLECTION_NAME, Room
from engrammic.checks import shown
from engrammic.errors import Corrupt, InvalidInput
from engrammic.graph import open_graph
from engrammic.graph.snapshots import read_json, write_json
from engrammic.registry import open_backend, scheme_of
from engrammic.scope import Scope, Scoped
from engrammic.settings import find_home
from engrammic.stores.graph import SimpleGraphStore
from engrammic.triples import GraphStore, Removed
from engrammic.triples.nouns import digest
from engrammic.triples.snapshot import VERSION

FILE_NAME = "graph_store.json"


class JsonGraph(SimpleGraphStore):
    """A graph in dictionaries; `flush` writes it into a file, whole or not at all."""

    file: Path

    @classmethod
    async def opened(cls, path: Path, scope: Scope) -> Self:
        """The graph that the file has, or an empty one."""
        store = cls(Scoped(await open_backend("memory:"), scope))
        store.file = path
        await store.read()
        return store

    async def read(self) -> bool:
        """Whether there is a file: its graph is what this store has now. Raises Corrupt."""
        there = await asyncio.to_thread(self.file.exists)
        snapshot = snapshot_of(await asyncio.to_thread(read_json, self.file)) if there else {}
        await super().clear()
        if there:
            try:
                await self.restore(snapshot)
            except InvalidInput as error:
                raise Corrupt(f"{self.file}: {error}") from error
        return there

    async def flush(self) -> None:
        """Write the file; it is on disk when this returns."""
        await asyncio.to_thread(write_json, self.file, await self.export())

    async def clear(self) -> Removed:
        """As `GraphStore.clear`; the file goes too."""
        gone = await super().clear()
        await asyncio.to_thread(self.file.unlink, missing_ok=True)
        return gone


def snapshot_of(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `restore` takes, made of a file: a snapshot, or the form of Agent Brain's own store."""
    if "relationships" not in found:
        return found
    entities, relationships = found.get("entities") or {}, found["relationships"]
    try:
        types = {name: known.get("type") for name, known in entities.items()}
        triplets = [
            {
                **row,
                "subject_type": types.get(row["subject"]),
                "object_type": types.get(row["object"]),
            }
            for row in relationships
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise Corrupt(f"no graph of Agent Brain's: {error!r}") from error
    rows = [{"name": name, "entity_type": kind, "lasting": False} for name, kind in types.items()]
    return {"schema_version": VERSION, "entities": rows, "triplets": triplets}


def graph_file(room: Room) -> Path:
    """The JSON file of a collection. Raises InvalidInput where the place is no path."""
    name = room.scope.project
    if name == COLLECTION_NAME:
        return _folder(room, "minimal") / FILE_NAME
    return _folder(room, "minimal") / f"graph_store-{digest(name)}.json"


def kuzu_url(room: Room) -> str:
    """The URL of a Kuzu database. Raises InvalidInput where the place is none, and no path."""
    if isinstance(room.place, str) and scheme_of(room.place) == "kuzu":
        return room.place
    return f"kuzu:{quote(os.fsencode(_folder(room, 'kuzu')))}"


def _folder(room: Room, store_type: str) -> Path:
    if room.place is None:
        return find_home()
    is_text = isinstance(room.place, str)
    if not is_text or scheme_of(room.place) != "sqlite" or str(room.place).startswith("sqlite:"):
        raise InvalidInput(
            "persist_dir", f"a {store_type} graph lies at a path, not {shown(room.place)}"
        )
    return Path(str(room.place)).expanduser()


async def opened_kuzu(url: str, scope: Scope) -> GraphStore:
    """The graph of a collection in a Kuzu database."""
    return await open_graph(url, scope=scope)


async def opened_minimal(path: Path, scope: Scope) -> GraphStore:
    """The graph of a collection in dictionaries."""
    return await JsonGraph.opened(path, scope)
