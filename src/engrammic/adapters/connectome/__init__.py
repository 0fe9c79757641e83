"""Connectome's pluggable storage over any database: its interface, factory and variables."""

from __future__ import annotations

from engrammic.adapters.connectome.builtin import FileStorage, SQLiteStorage
from engrammic.adapters.connectome.database import DatabaseStorage
from engrammic.adapters.connectome.factory import (
    StorageFactory,
    create_file_storage,
    create_sqlite_storage,
    create_storage,
    create_storage_from_env,
    get_available_backends,
)
from engrammic.adapters.connectome.interface import StorageInterface

__all__ = [
    "DatabaseStorage",
    "FileStorage",
    "SQLiteStorage",
    "StorageFactory",
    "StorageInterface",
    "create_file_storage",
    "create_sqlite_storage",
    "create_storage",
    "create_storage_from_env",
    "get_available_backends",
]
