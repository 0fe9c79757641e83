"""Which storage a name, a configuration or the environment asks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from engrammic.adapters.connectome.builtin import (
    BASE_DIR,
    CONNECTION_TIMEOUT,
    DB_PATH,
    MAX_BACKUP_FILES,
    FileStorage,
    SQLiteStorage,
)
from engrammic.adapters.connectome.database import DatabaseStorage
from engrammic.adapters.connectome.interface import StorageInterface
from engrammic.checks import shown
from engrammic.errors import InvalidInput, InvalidSettings
from engrammic.registry import registered, scheme_of

TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class StorageFactory:
    """Makes storages by name: `file`, `sqlite`, those registered, and every scheme of ours."""

    _backends: ClassVar[dict[str, type[StorageInterface]]] = {
        "file": FileStorage,
        "sqlite": SQLiteStorage,
    }

    @classmethod
    def create_storage(
        cls, storage_type: str, config: Mapping[str, Any] | None = None
    ) -> StorageInterface:
        """A storage, not opened yet. A scheme such as "postgres" wants its URL: `{"url": ...}`.

        Raises InvalidSettings (a ValueError) for an unknown name or option.
        """
        if storage_type in cls._backends:
            return cls._backends[storage_type](config or {})
        if storage_type not in registered():
            known = ", ".join(cls.get_available_backends())
            raise InvalidSettings(f"no storage {shown(storage_type)}; there are: {known}")
        storage = DatabaseStorage(config)
        if (scheme := scheme_of(storage.url())) != storage_type:
            raise InvalidSettings(f"the URL is one of {scheme}:, not of {storage_type}:")
        return storage

    @classmethod
    def register_backend(cls, name: str, backend_class: type[StorageInterface]) -> None:
        """Let `name` mean a class of yours from now on."""
        given: Any = backend_class
        if not (isinstance(given, type) and issubclass(given, StorageInterface)):
            problem = f"want a subclass of StorageInterface, not {shown(given)}"
            raise InvalidInput("backend_class", problem)
        cls._backends[name] = backend_class

    @classmethod
    def get_available_backends(cls) -> dict[str, str]:
        """Names, and what each is in one line."""
        own = {name: (found.__doc__ or "").strip().partition("\n")[0]
               for name, found in cls._backends.items()}  # fmt: skip
        return {s: f"The database that a URL of {s}: names." for s in registered()} | own

    @classmethod
    def create_default_file_storage(cls, base_dir: str | None = None) -> StorageInterface:
        """A folder with backups, pretty."""
        return cls.create_storage("file", {"base_dir": BASE_DIR if base_dir is None else base_dir})

    @classmethod
    def create_default_sqlite_storage(cls, db_path: str | None = None) -> StorageInterface:
        """A SQLite file."""
        return cls.create_storage("sqlite", {"db_path": DB_PATH if db_path is None else db_path})

    @classmethod
    def create_from_env_config(
        cls, environment: Mapping[str, str] = os.environ
    ) -> StorageInterface:
        """What the variables CONNECTOME_STORAGE_* ask for, a `file` storage by default.

        A scheme of ours finds its URL in ENGRAMMIC_URL.
        """
        kind = environment.get("CONNECTOME_STORAGE_TYPE") or "file"
        if kind in _VARIABLES:
            return cls.create_storage(kind, _configured(kind, environment))
        if kind in cls._backends:
            return cls.create_storage(kind, {})
        return cls.create_storage(kind, {"url": environment.get("ENGRAMMIC_URL")})


def create_storage(storage_type: str = "file", **config: Any) -> StorageInterface:
    """A storage by its name; the other arguments are its configuration."""
    return StorageFactory.create_storage(storage_type, config)


def create_file_storage(base_dir: str = BASE_DIR, **config: Any) -> StorageInterface:
    """A folder of JSON documents."""
    return StorageFactory.create_storage("file", {"base_dir": base_dir, **config})


def create_sqlite_storage(db_path: str = DB_PATH, **config: Any) -> StorageInterface:
    """A SQLite file."""
    return StorageFactory.create_storage("sqlite", {"db_path": db_path, **config})


def get_available_backends() -> dict[str, str]:
    """Names of storages, and what each is in one line."""
    return StorageFactory.get_available_backends()


def create_storage_from_env() -> StorageInterface:
    """What the environment asks for."""
    return StorageFactory.create_from_env_config()


def _truth(text: str) -> bool:
    return TRUTH[text.strip().lower()]


_VARIABLES: Mapping[str, Mapping[str, tuple[str, Callable[[str], Any], Any]]] = {
    "file": {
        "base_dir": ("CONNECTOME_STORAGE_BASE_DIR", str, BASE_DIR),
        "create_backups": ("CONNECTOME_STORAGE_CREATE_BACKUPS", _truth, True),
        "pretty_print_json": ("CONNECTOME_STORAGE_PRETTY_JSON", _truth, True),
        "max_backup_files": ("CONNECTOME_STORAGE_MAX_BACKUPS", int, MAX_BACKUP_FILES),
    },
    "sqlite": {
        "db_path": ("CONNECTOME_STORAGE_DB_PATH", str, DB_PATH),
        "connection_timeout": ("CONNECTOME_STORAGE_TIMEOUT", float, CONNECTION_TIMEOUT),
        "enable_wal_mode": ("CONNECTOME_STORAGE_WAL_MODE", _truth, True),
    },
}
"""For each option its variable, how that is read, and the default."""


def _configured(kind: str, environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, (variable, read, default) in _VARIABLES[kind].items():
        given = environment.get(variable)
        try:
            found[name] = default if given is None else read(given)
        except (ValueError, KeyError) as error:
            wanted = "true or false" if read is _truth else "a number"
            raise InvalidSettings(f"{variable}: want {wanted}, not {shown(given)}") from error
    return found
