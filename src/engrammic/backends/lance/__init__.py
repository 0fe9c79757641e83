"""Lance: a directory of columnar tables on disk or on object storage, in this process."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal, Self
from urllib.parse import parse_qsl, unquote

import lancedb

from engrammic.backend import Capabilities
from engrammic.backends.lance.collections import LanceCollections
from engrammic.backends.lance.commits import FAILURES
from engrammic.backends.lance.syncing import Unsynced
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.scrubbing import ERASED, Scrubbed

__all__ = ["LanceBackend"]

PATIENCE = 30.0
"""Seconds for opening; the driver itself tries object storage for minutes."""

INDEX_CACHE = 2**30
FILE_CACHE = 2**28
"""Bytes; the engine's own default is 7 GiB together."""


class LanceBackend(CollectionBackend):
    """`lance:/path/to/dir`, or `lance:` and what else LanceDB opens, such as `s3://bucket/dir`.

    `?exact=1` compares all vectors even where an index exists. The engine does
    not sync its files: on a local disk a crash of the machine may lose what was
    written since the last `flush`, a crash of the process loses nothing.
    """

    scheme: ClassVar[str] = "lance"
    capabilities: Capabilities = Capabilities(
        order=True, vectors=True, processes=True, durable="flush"
    )

    engine: LanceCollections

    def __init__(self, engine: LanceCollections, place: str) -> None:
        super().__init__(engine, f"lance:{place}")
        self.capabilities = replace(self.capabilities, durable=durable_at(place))
        self._unsynced = Unsynced(Path(place)) if _is_path(place) else None

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the directory, which is made if it is not there."""
        place, exact = located(url)
        try:
            if _is_path(place):
                await asyncio.to_thread(os.makedirs, place, exist_ok=True)
            async with asyncio.timeout(PATIENCE):
                engine = await _opened(place, exact)
        except (StorageError, *FAILURES) as error:
            told = str(error).strip().partition("\n")[0] or f"no answer in {PATIENCE} seconds"
            raise ConnectionFailed(f"cannot open {place}: {told}") from error
        return cls(engine, place)

    async def flush(self) -> None:
        """As `Backend.flush`: syncs what was written since the last time, by whomever."""
        await super().flush()
        if self._unsynced is not None:
            await asyncio.to_thread(self._unsynced.sync)

    async def scrub(self) -> Scrubbed:
        """As `Backend.scrub`: tables are compacted, and every older version is removed.

        A process that reads an older version at that moment loses it, and reads anew.
        """
        self._open()
        async with self.turns:
            await self.engine.scrub()
        local = [self._unsynced.folder] if self._unsynced is not None else []
        return Scrubbed(ERASED, "every table was compacted, its older versions removed", local)


async def _opened(place: str, exact: bool) -> LanceCollections:
    database = await lancedb.connect_async(
        place,
        read_consistency_interval=timedelta(0),
        session=lancedb.Session(INDEX_CACHE, FILE_CACHE),
    )
    engine = LanceCollections(database, exact)
    await engine.create(NOTES, None)
    return engine


def _is_path(place: str) -> bool:
    return "://" not in place


def durable_at(place: str) -> Literal["commit", "flush", "never"]:
    """When a commit at a place outlives the machine: object storage keeps what it acknowledges."""
    if _is_path(place):
        return "flush"
    return "never" if place.startswith("memory://") else "commit"


def located(url: str) -> tuple[str, bool]:
    """The place that a URL names, a path or a URI of LanceDB's, and whether it says `exact`."""
    rest, _, query = url.partition(":")[2].removeprefix("file:").partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - {"exact"}:
        raise InvalidSettings(f"lance URL: unknown option {sorted(unknown)[0]!r}")
    if not rest.strip("/ "):
        raise InvalidSettings("lance URL: no path; write lance:/absolute/path")
    if not rest.startswith("//") and "://" in rest:
        return rest, options.get("exact") == "1"
    path = unquote("/" + rest.lstrip("/") if rest.startswith("/") else rest)
    return os.fspath(Path(path).expanduser().absolute()), options.get("exact") == "1"
