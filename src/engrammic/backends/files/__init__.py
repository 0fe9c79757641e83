"""Files: JSON that a person can read, a folder for each table, no database at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qsl, unquote

from engrammic.backend import Capabilities
from engrammic.backends.files import disk
from engrammic.backends.files.collections import FileCollections
from engrammic.backends.files.shelf import Shelf
from engrammic.checks import shown
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.scrubbing import ERASED, Scrubbed

SCHEME = "files:"
BACKUPS = 5
TIMEOUT = 30.0


class FilesBackend(CollectionBackend):
    """`files:/path?backups=5&pretty=1&timeout=30`.

    Of each document the newest `backups` former versions stay beside it.
    `timeout` is how many seconds to wait for another process that writes.
    """

    scheme: ClassVar[str] = "files"
    capabilities: Capabilities = Capabilities(
        atomic=True, checks=True, processes=True, durable="commit"
    )
    engine: FileCollections

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the folder, making it if need be."""
        base, options = parsed(url)
        try:
            await asyncio.to_thread(disk.make, base)
            engine = FileCollections(base, *options)
        except OSError as error:
            raise ConnectionFailed(f"cannot write to {base}: {error.strerror}") from error
        return cls(engine, f"{SCHEME}{base}")

    async def diagnose(self) -> list[str]:
        """Documents that are damaged, or stand in a file that is not theirs."""
        schemas = await self.tables()
        shelves = [Shelf(self.engine.base, schema) for schema in schemas]
        found = [await asyncio.to_thread(shelf.problems) for shelf in shelves]
        return [problem for problems in found for problem in problems]

    async def backup(self, path: Path) -> None:
        """Copy the folder to `path`, which must not be there, while nobody writes."""
        self._open()
        async with self.turns, self.engine.exclusively():
            with disk.told(path):
                await asyncio.to_thread(self.engine.copy, path)

    async def scrub(self) -> Scrubbed:
        """As `Backend.scrub`: the former versions that stand beside documents go."""
        self._open()
        async with self.turns, self.engine.exclusively():
            with disk.told(self.engine.base):
                count = await asyncio.to_thread(self.engine.expire)
        return Scrubbed(ERASED, f"{count} former versions removed", [self.engine.base])

    async def restore(self, path: Path) -> None:
        """Replace the folder's tables by those of a copy that `backup` made."""
        self._open()
        async with self.turns, self.engine.exclusively():
            with disk.told(self.engine.base):
                await asyncio.to_thread(self.engine.replace, path)
        for schema in await self.tables():
            self._forget(schema.name)


def parsed(url: str) -> tuple[Path, tuple[int, bool, float]]:
    """The folder that a URL names, and its options: former versions kept, indented, seconds."""
    raw, _, query = url.removeprefix(SCHEME).partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - {"backups", "pretty", "timeout"}:
        raise InvalidSettings(f"files URL: unknown option {sorted(unknown)[0]!r}")
    path = unquote(raw.removeprefix("//"))
    if not path.strip():
        raise InvalidSettings(f"{shown(url)}: no path; write files:/absolute/path")
    try:
        backups = int(options.get("backups", BACKUPS))
        timeout = float(options.get("timeout", TIMEOUT))
    except ValueError as error:
        raise InvalidSettings(f"files URL: {error}") from error
    return Path(path).expanduser(), (backups, options.get("pretty", "1") != "0", timeout)
