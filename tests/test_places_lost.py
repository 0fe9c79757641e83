"""A home that goes, fills up or cannot be written is told as ours, and costs nothing stored."""

from __future__ import annotations

import errno
import resource
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import engrammic
from engrammic import Memory
from engrammic.backends.files import disk
from engrammic.backends.sqlite import SqliteBackend
from engrammic.errors import Closed, ConnectionFailed, StorageError
from engrammic.registry import open_backend

SCHEMES = ("sqlite", "files")
LOST = "was deleted, moved or replaced while it was open"


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def new_in(url: str) -> None:
    async with engrammic.open(url, embedder="none") as memory:
        await memory.remember("another life")


def removed(home: Path) -> None:
    shutil.rmtree(home)


def moved(home: Path) -> None:
    home.rename(home.with_name("away"))


def replaced(home: Path) -> None:
    moved(home)
    shutil.copytree(home.with_name("away"), home)


def made_a_file(home: Path) -> None:
    moved(home)
    home.write_text("")


def asked(memory: Memory, place: Path) -> list[Callable[[], Awaitable[object]]]:
    """What would be lost, or would speak of another database."""
    return [
        lambda: memory.remember("the barn is red"),
        lambda: memory.remember("the barn is red " * 2000),
        memory.health,
        lambda: memory.backend.backup(place),
    ]


@pytest.mark.parametrize("lose", [removed, moved, replaced, made_a_file])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_nothing_is_acknowledged_that_goes_into_a_home_that_is_gone(
    tmp_path: Path, scheme: str, lose: Callable[[Path], None]
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    url = f"{scheme}:{home}"
    memory = await engrammic.open(url, embedder="none")
    note = await memory.remember("the shed is blue")
    lose(home)
    for ask in asked(memory, backup):
        with pytest.raises(StorageError, match=f"{home}.* {LOST}"):
            await ask()
    assert not backup.exists()
    away = tmp_path / "away"
    if away.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.unlink(missing_ok=True)
        away.rename(home)
        assert await memory.get(note.id) == note
        await memory.remember("the barn is red")
    await memory.close()
    with pytest.raises(Closed):
        await memory.remember("late")
    async with engrammic.open(url, embedder="none") as again:
        assert len(await again.recall()) == (2 if lose is not removed else 0)


async def test_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    acknowledged = []
    async with engrammic.open(tmp_path, embedder="none") as memory:
        await memory.remember("the shed is blue")
        assert isinstance(memory.backend, SqliteBackend)
        writing = memory.backend._connections.writing()
        writing.pragma("max_page_count", writing.pragma("page_count") + 20)

        async def fill() -> None:
            while True:
                stored = await memory.remember(f"shed {len(acknowledged)} " + "x" * 2000)
                acknowledged.append(stored.id)

        with pytest.raises(StorageError, match="the disk is full; make room"):
            await fill()
        assert acknowledged
        assert await memory.search("shed")
    async with engrammic.open(tmp_path, embedder="none") as memory:
        assert [i for i in acknowledged if await memory.get(i) is None] == []
        assert await memory.backend.diagnose() == []
        await memory.remember("there is room again")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_file_that_may_not_grow_is_told(tmp_path: Path, scheme: str) -> None:
    async with engrammic.open(f"{scheme}:{tmp_path}", embedder="none") as memory:
        note = await memory.remember("the shed is blue")
        with files_of_at_most(700_000):
            with pytest.raises(StorageError, match=str(tmp_path)):
                await memory.remember("y" * 900_000)
            assert await memory.get(note.id) == note
        assert len(await memory.recall()) == 1
        await memory.remember("y" * 900_000)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_backup_to_where_nothing_can_be_written_is_told(
    tmp_path: Path, scheme: str
) -> None:
    backend = await open_backend(f"{scheme}:{tmp_path / 'home'}")
    with pytest.raises(StorageError, match="/proc/nothing"):
        await backend.backup(Path("/proc/nothing/here"))
    await backend.close()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_links_lead_to_one_database_or_are_told(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "home")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "home").mkdir()
    async with engrammic.open(f"{scheme}:{tmp_path / 'home'}", embedder="none") as memory:
        await new_in(f"{scheme}:{tmp_path / 'link'}")
        assert [n.content for n in await memory.recall()] == ["another life"]
    with pytest.raises(ConnectionFailed, match="circle"):
        await open_backend(f"{scheme}:{tmp_path / 'circle'}")


async def test_a_linked_file_is_one_database(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "home" / "engrammic.db")
    async with engrammic.open(tmp_path / "home", embedder="none") as memory:
        await new_in(str(tmp_path / "link.db"))
        assert [n.content for n in await memory.recall()] == ["another life"]
    assert (tmp_path / "link.db").is_symlink()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "make room"), (errno.EROFS, "writable"), (errno.EACCES, "permissions")],
)
def test_what_the_system_refuses_is_told_with_what_helps(number: int, remedy: str) -> None:
    with pytest.raises(StorageError, match=f"/shelf: .*{remedy}"), disk.told(Path("/shelf")):
        raise OSError(number, "no")
