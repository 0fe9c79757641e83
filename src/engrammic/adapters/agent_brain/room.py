"""Where a collection lies: in a database that is given, or in one opened here and closed here."""

from __future__ import annotations

import asyncio
import os
from typing import TypeAlias

from engrammic.backend import Backend
from engrammic.checks import shown
from engrammic.clock import Clock, now
from engrammic.errors import InvalidInput
from engrammic.registry import open_backend
from engrammic.scope import Scope, Scoped
from engrammic.settings import find_home
from engrammic.stores.vector_store import VectorStore

COLLECTION_NAME = "doc_serve_collection"

Place: TypeAlias = Backend | Scoped | str | os.PathLike[str] | None
"""A database, open or by its URL or path; None is where the settings have the memory."""


class Room:
    """One collection's store, opened on first use. A collection is a scope: its name the project.

    A `Scoped` backend is a collection already, and takes no name.
    """

    def __init__(self, place: Place, collection_name: str | None, clock: Clock = now) -> None:
        if isinstance(place, Scoped) and collection_name is not None:
            raise InvalidInput("collection_name", "the scope says already whose collection it is")
        if not (place is None or isinstance(place, Backend | Scoped | str | os.PathLike)):
            raise InvalidInput("persist_dir", f"want a database or a path, not {shown(place)}")
        # A path is a path, whatever colons it has.
        self.place = os.path.abspath(place) if isinstance(place, os.PathLike) else place
        self.scope = Scope(project=COLLECTION_NAME if collection_name is None else collection_name)
        self.clock = clock
        self._opened: Backend | None = None
        self._store: VectorStore | None = None
        self._opening = asyncio.Lock()

    @classmethod
    def of(cls, place: Place | Room, collection_name: str | None, clock: Clock = now) -> Room:
        """The room that was given, or a new one."""
        return place if isinstance(place, Room) else cls(place, collection_name, clock)

    async def store(self) -> VectorStore:
        """The collection's store, its tables declared."""
        async with self._opening:
            if self._store is None:
                self._store = VectorStore(await self._database(), clock=self.clock)
        await self._store.ready()
        return self._store

    async def scoped(self) -> Scoped:
        """The collection's part of the database."""
        async with self._opening:
            return await self._database()

    async def _database(self) -> Scoped:
        if isinstance(self.place, Scoped):
            return self.place
        if isinstance(self.place, Backend):
            return Scoped(self.place, self.scope)
        if self._opened is None:
            place = str(find_home()) if self.place is None else self.place
            self._opened = await open_backend(place)
        return Scoped(self._opened, self.scope)

    async def close(self) -> None:
        """Close what was opened here; a database that was given stays open."""
        opened, self._opened, self._store = self._opened, None, None
        if opened is not None:
            await opened.close()
