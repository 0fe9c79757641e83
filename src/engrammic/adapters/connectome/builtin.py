"""Connectome's two storages under their own options: a folder of JSON, and a SQLite file."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from engrammic.adapters.connectome.database import DatabaseStorage
from engrammic.adapters.connectome.documents import Tables
from engrammic.adapters.connectome.records import Storage
from engrammic.backend import Backend
from engrammic.checks import check_count, shown
from engrammic.errors import InvalidSettings

BASE_DIR = "./storage_data"
DB_PATH = "./storage_data/connectome.db"
CONNECTION_TIMEOUT = 30.0
MAX_BACKUP_FILES = 5
FOLDERS = ("conversations", "cache", "agents", "system")


class FileStorage(DatabaseStorage):
    """A folder of JSON documents that a person can read, with backups of what is overwritten."""

    storage_type: ClassVar[str | None] = "file"
    options: ClassVar[frozenset[str]] = frozenset(
        {"base_dir", "create_backups", "max_backup_files", "pretty_print_json"}
    )
    tables: ClassVar[Tables] = Tables.named("")

    @property
    def base_dir(self) -> Path:
        """Where the folders are."""
        return _path("base_dir", self.storage_config.get("base_dir", BASE_DIR))

    def url(self) -> str:
        """The URL of `files:` with the options in it."""
        most = self.storage_config.get("max_backup_files", MAX_BACKUP_FILES)
        check_count("max_backup_files", most, 0, 10_000)
        kept = most if _flag(self.storage_config, "create_backups") else 0
        pretty = int(_flag(self.storage_config, "pretty_print_json"))
        return f"files:{quote(str(self.base_dir))}?{urlencode({'backups': kept, 'pretty': pretty})}"

    def _within(self, backend: Backend) -> Storage:
        return backend  # a folder of its own needs no scope, and lies as Connectome's

    async def health_check(self) -> dict[str, Any]:
        """As `DatabaseStorage.health_check`, with the state of the folders and the disk."""
        found = await super().health_check()
        if found["status"] == "error":
            return found
        usage = shutil.disk_usage(self.base_dir)
        return {
            **found,
            "directories_accessible": os.access(self.base_dir, os.R_OK | os.X_OK),
            "write_permissions": os.access(self.base_dir, os.W_OK),
            "disk_usage": {
                "total_bytes": usage.total,
                "used_bytes": usage.used,
                "free_bytes": usage.free,
                "free_percent": round(100 * usage.free / usage.total, 2),
            },
        }

    async def get_storage_stats(self) -> dict[str, Any]:
        """As `DatabaseStorage.get_storage_stats`, with the size of each folder."""
        found = await super().get_storage_stats()
        each = await asyncio.to_thread(
            lambda: {f"{name}_bytes": _size(self.base_dir / name) for name in FOLDERS}
        )
        total = sum(each.values())
        return {**found, "total_bytes": total, "directory_sizes": {**each, "total_bytes": total}}

    def _place_told(self) -> dict[str, Any]:
        return {"base_directory": str(self.base_dir)}


class SQLiteStorage(DatabaseStorage):
    """One SQLite file that several processes can use, always in WAL mode."""

    storage_type: ClassVar[str | None] = "sqlite"
    options: ClassVar[frozenset[str]] = frozenset(
        {"db_path", "connection_timeout", "enable_wal_mode"}
    )

    @property
    def db_path(self) -> Path:
        """The file, or a folder in which `engrammic.db` lies: what ends in no .db is one."""
        return _path("db_path", self.storage_config.get("db_path", DB_PATH))

    def url(self) -> str:
        """The URL of `sqlite:` with the timeout in it."""
        if not _flag(self.storage_config, "enable_wal_mode"):
            raise InvalidSettings("enable_wal_mode: always on; without it processes block another")
        timeout = self.storage_config.get("connection_timeout", CONNECTION_TIMEOUT)
        return f"sqlite:{quote(str(self.db_path))}?{urlencode({'timeout': timeout})}"

    async def health_check(self) -> dict[str, Any]:
        """As `DatabaseStorage.health_check`, with the size of the file."""
        found = await super().health_check()
        if found["status"] == "error":
            return found
        return {**found, "database_size_bytes": self._bytes(), "connection_active": True}

    async def get_storage_stats(self) -> dict[str, Any]:
        """As `DatabaseStorage.get_storage_stats`, with the size of the file."""
        return {**await super().get_storage_stats(), "database_size_bytes": self._bytes()}

    def _bytes(self) -> int:
        path = getattr(self.backend, "path", self.db_path)
        return sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*"))

    def _place_told(self) -> dict[str, Any]:
        return {"database_path": str(getattr(self.backend, "path", self.db_path))}


def _path(name: str, given: Any) -> Path:
    if not isinstance(given, str | os.PathLike) or not str(given).strip():
        raise InvalidSettings(f"{name}: want a path, not {shown(given)}")
    return Path(given).expanduser()


def _flag(config: dict[str, Any], name: str) -> bool:
    given = config.get(name, True)
    if not isinstance(given, bool):
        raise InvalidSettings(f"{name}: want True or False, not {shown(given)}")
    return given


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
