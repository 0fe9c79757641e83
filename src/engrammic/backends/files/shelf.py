"""The records of a folder in this process, read again when somebody has written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from engrammic.backends.files.disk import BACKUP
from engrammic.backends.files.documents import record
from engrammic.backends.files.names import file_name
from engrammic.emulation.collections import Outcome
from engrammic.errors import Corrupt
from engrammic.keys import Key, key_of
from engrammic.types import Record, Schema

SUFFIX = ".json"


class Shelf:
    """One table: `{base}/{table}/`, a folder for each part of the key but the last."""

    def __init__(self, base: Path, schema: Schema) -> None:
        self.base = base
        self.schema = schema
        self.folder = file_name(schema.name)
        self.records: dict[Key, Record] = {}
        self._signs: dict[str, tuple[int, int, int, Key]] = {}

    def path(self, key: Key) -> str:
        """The file of a record, relative to the base."""
        return "/".join([self.folder, *map(file_name, key)]) + SUFFIX

    def refresh(self) -> None:
        """Read what is new or has changed, and forget what has gone."""
        seen: dict[str, tuple[int, int, int, Key]] = {}
        records: dict[Key, Record] = {}
        for path, stat in self.files():
            known = self._signs.get(path)
            sign = stat.st_mtime_ns, stat.st_size, stat.st_ino
            if known is None or known[:3] != sign:
                found = record(self.schema, Path(path).read_bytes(), path)
                known = *sign, key_of(self.schema, found)
            else:
                found = self.records[known[3]]
            seen[path], records[known[3]] = known, found
        self._signs, self.records = seen, records

    def written(self, outcome: Outcome) -> None:
        """Take over what this process has just written."""
        for key in outcome.saved:
            path = str(self.base / self.path(key))
            stat = os.stat(path)
            self.records[key] = record(self.schema, Path(path).read_bytes(), path)
            self._signs[path] = stat.st_mtime_ns, stat.st_size, stat.st_ino, key
        for key in outcome.erased:
            self.records.pop(key, None)
            self._signs.pop(str(self.base / self.path(key)), None)

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Every record's file, with its stat."""
        folders = [str(self.base / self.folder)]
        while folders:
            try:
                entries = list(os.scandir(folders.pop()))
            except FileNotFoundError:
                continue
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.path)
                elif entry.name.endswith(SUFFIX) and not entry.name.endswith(BACKUP):
                    yield entry.path, entry.stat()

    def problems(self) -> list[str]:
        """What a look at every file finds."""
        found = []
        for path, _ in self.files():
            try:
                kept = record(self.schema, Path(path).read_bytes(), path)
            except Corrupt as error:
                found.append(str(error))
                continue
            if str(self.base / self.path(key_of(self.schema, kept))) != path:
                found.append(f"{path} holds the record of another file; move it away")
        return found
