"""Which Connectome storage a name, options or the environment ask for, and moving between two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engrammic.adapters.connectome import (
    DatabaseStorage,
    FileStorage,
    SQLiteStorage,
    StorageFactory,
    StorageInterface,
    create_file_storage,
    create_sqlite_storage,
    create_storage,
    create_storage_from_env,
    get_available_backends,
)
from engrammic.errors import InvalidSettings


async def test_the_migration_of_the_guide_carries_everything(tmp_path: Path) -> None:
    old, new = (
        create_file_storage(str(tmp_path / "old")),
        create_sqlite_storage(str(tmp_path / "n.db")),
    )
    await old.store_conversation("c", {"title": "x"})
    await old.store_raw_messages("c", [{"n": 1}])
    await old.store_memory("c", "m", {"text": "t"})
    for conv_id in await old.list_conversations():
        data = await old.load_conversation(conv_id)
        assert data is not None
        await new.store_conversation(conv_id, data)
        await new.store_raw_messages(conv_id, await old.load_raw_messages(conv_id))
        for memory in await old.load_memories(conv_id):
            await new.store_memory(conv_id, memory["memory_id"], memory)
    assert await new.load_memories("c") == await old.load_memories("c")
    assert await new.load_conversation("c") == {"title": "x"}
    await old.shutdown()
    await new.shutdown()


def test_the_factory_knows_names_options_and_schemes(tmp_path: Path) -> None:
    files = StorageFactory.create_storage("file", {"base_dir": str(tmp_path / "a?b"),
                                                   "create_backups": False,
                                                   "pretty_print_json": False})  # fmt: skip
    assert isinstance(files, FileStorage)
    assert files.url() == f"files:{tmp_path}/a%3Fb?backups=0&pretty=0"
    assert isinstance(create_storage("sqlite", db_path="x.db"), SQLiteStorage)
    assert isinstance(create_storage("postgres", url="postgres://h/d"), DatabaseStorage)
    told = get_available_backends()
    assert {"file", "sqlite", "postgres", "qdrant"} <= set(told)
    assert told["file"].startswith("A folder of JSON documents")


def test_defaults_are_those_of_connectome() -> None:
    files, lite = create_storage(), StorageFactory.create_default_sqlite_storage()
    assert isinstance(files, FileStorage)
    assert isinstance(lite, SQLiteStorage)
    assert files.url() == "files:storage_data?backups=5&pretty=1"
    assert lite.url() == "sqlite:storage_data/connectome.db?timeout=30.0"
    assert isinstance(StorageFactory.create_default_file_storage("x"), FileStorage)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("redis", {}),
        ("file", {"basedir": "x"}),
        ("postgres", {}),
        ("postgres", {"url": "qdrant:memory"}),
    ],
    ids=str,
)
def test_what_the_factory_does_not_know_is_refused(kind: str, config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no storage|no such option|url|URL"):
        StorageFactory.create_storage(kind, config)


@pytest.mark.parametrize(
    "storage",
    [
        SQLiteStorage({"enable_wal_mode": False}),
        FileStorage({"create_backups": "yes"}),
        FileStorage({"base_dir": ""}),
    ],
    ids=lambda s: str(s.storage_config),
)
def test_options_without_sense_are_refused(storage: DatabaseStorage) -> None:
    with pytest.raises(InvalidSettings):
        storage.url()


def test_a_class_of_ones_own_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StorageFactory, "_backends", dict(StorageFactory._backends))

    class RedisStorage(DatabaseStorage):
        """Redis, one day."""

    StorageFactory.register_backend("redis", RedisStorage)
    assert isinstance(StorageFactory.create_storage("redis", {}), RedisStorage)
    assert get_available_backends()["redis"] == "Redis, one day."
    with pytest.raises(ValueError, match="subclass of StorageInterface"):
        StorageFactory.register_backend("odd", dict)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        StorageInterface({})  # type: ignore[abstract]


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOME_STORAGE_BASE_DIR", "data")
    monkeypatch.setenv("CONNECTOME_STORAGE_CREATE_BACKUPS", "False")
    monkeypatch.setenv("CONNECTOME_STORAGE_PRETTY_JSON", "0")
    monkeypatch.setenv("CONNECTOME_STORAGE_MAX_BACKUPS", "7")
    monkeypatch.setenv("CONNECTOME_STORAGE_DB_PATH", "p.db")
    monkeypatch.setenv("CONNECTOME_STORAGE_TIMEOUT", "1.5")
    monkeypatch.setenv("CONNECTOME_STORAGE_WAL_MODE", "true")
    files = create_storage_from_env()
    assert isinstance(files, FileStorage)
    assert files.url() == "files:data?backups=0&pretty=0"
    monkeypatch.setenv("CONNECTOME_STORAGE_TYPE", "sqlite")
    lite = create_storage_from_env()
    assert isinstance(lite, SQLiteStorage)
    assert lite.url() == "sqlite:p.db?timeout=1.5"
    monkeypatch.setenv("CONNECTOME_STORAGE_TYPE", "postgres")
    monkeypatch.setenv("ENGRAMMIC_URL", "postgres://host/db")
    other = create_storage_from_env()
    assert isinstance(other, DatabaseStorage)
    assert other.url() == "postgres://host/db"


@pytest.mark.parametrize(
    ("name", "value"), [("TIMEOUT", "soon"), ("WAL_MODE", "maybe"), ("TYPE", "nosuch")]
)
def test_variables_without_sense_are_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTOME_STORAGE_TYPE", "sqlite")
    monkeypatch.setenv(f"CONNECTOME_STORAGE_{name}", value)
    with pytest.raises(InvalidSettings, match=value):
        create_storage_from_env()
