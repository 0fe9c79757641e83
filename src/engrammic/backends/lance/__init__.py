"""Lance: a directory of columnar tables on disk or on object storage, in this process."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qsl, unquote

import lancedb

from engrammic.backend import Capabilities
from engrammic.backends.lance.collections import LanceCollections
from engrammic.backends.lance.commits import FAILURES
from engrammic.backends.lance.syncing import Unsynced
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError

__all__ = ["LanceBackend"]

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

    def __init__(self, engine: LanceCollections, name: str, folder: Path | None) -> None:
        super().__init__(engine, name)
        self._unsynced = None if folder is None else Unsynced(folder)

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the directory, which is made if it is not there."""
        place, exact = located(url)
        folder = None if "://" in place else Path(place)
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            database = await lancedb.connect_async(
                place,
                read_consistency_interval=timedelta(0),
                session=lancedb.Session(INDEX_CACHE, FILE_CACHE),
            )
            engine = LanceCollections(database, exact)
            await engine.create(NOTES, None)
        except (StorageError, *FAILURES) as error:
            told = str(error).strip().partition("\n")[0]
            raise ConnectionFailed(f"cannot open {place}: {told}") from error
        return cls(engine, f"lance:{place}", folder)

    async def flush(self) -> None:
        """As `Backend.flush`: syncs what was written since the last time, by whomever."""
        await super().flush()
        if self._unsynced is not None:
            await asyncio.to_thread(self._unsynced.sync)


def located(url: str) -> tuple[str, bool]:
    """The place that a URL names, a path or a URI of LanceDB's, and whether it says `exact`."""
    rest, _, query = url.partition(":")[2].partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - {"exact"}:
        raise InvalidSettings(f"lance URL: unknown option {sorted(unknown)[0]!r}")
    if not rest.strip("/ "):
        raise InvalidSettings("lance URL: no path; write lance:/absolute/path")
    if not rest.startswith("//") and "://" in rest:
        return rest, options.get("exact") == "1"
    path = unquote("/" + rest.lstrip("/") if rest.startswith("/") else rest)
    return os.fspath(Path(path).expanduser().absolute()), options.get("exact") == "1"
