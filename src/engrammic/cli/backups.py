"""The commands that write a backup of a memory, and that bring one back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door, NoMemory, exists
from engrammic.cli.output import emit, say, size
from engrammic.errors import InvalidInput, NotFound

FOLDER = "backups"
_NAME = re.compile(r"engrammic-\d{8}T\d{9}Z(\.db)?")


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(backup)
    command(app)(restore)


async def backup(
    door: Door,
    destination: Annotated[
        Path | None,
        typer.Argument(help="Folder for the backup; by default `backups` beside the database."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Delete all but this many backups of the folder.")
    ] = None,
) -> None:
    """Write a backup of everything, all scopes, while the memory is in use; checked and on disk.

    Its name is the time: engrammic-20261126T093000123Z.db. Other files of the folder stay.
    """
    from engrammic.registry import open_backend

    url = door.settings().url
    if not exists(url):
        raise NoMemory(url)
    folder = destination or _folder(url)
    path = folder / _name(url)
    backend = await open_backend(url)
    try:
        await backend.backup(path)
    finally:
        await backend.close()
    gone = [] if keep is None else _thin(folder, keep)
    if door.json:
        emit({"path": str(path), "bytes": _bytes(path), "deleted": [str(p) for p in gone]})
        return
    print(path)
    say(f"{size(_bytes(path))} written" + (f", {len(gone)} older deleted" if gone else ""))


async def restore(
    door: Door,
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="A backup, or a folder: its newest one.")
    ],
) -> None:
    """Replace everything in the memory, all scopes, by what a backup holds.

    What is there now is backed up first, and stays. Other processes may have the memory open:
    they see the old contents until the whole backup is there.
    """
    from engrammic.registry import open_backend

    chosen = _newest(source) if _is_folder_of_backups(source) else source
    if not chosen.exists():
        told = f"{source}: no such backup, or folder of backups; `engrammic backup` writes one"
        raise NotFound("backup", str(source), told)
    url = door.settings().url
    kept = _folder(url) / f"before-restore-{_name(url)}" if exists(url) else None
    backend = await open_backend(url)
    try:
        if kept is not None:
            await backend.backup(kept)
        await backend.restore(chosen)
    finally:
        await backend.close()
    if door.json:
        emit({"restored": str(chosen), "kept": None if kept is None else str(kept)})
        return
    say(f"restored from {chosen}" + ("" if kept is None else f"; what was there is in {kept}"))


def _folder(url: str) -> Path:
    """Beside an embedded database; in the home of the memory for any other."""
    from engrammic.registry import scheme_of
    from engrammic.settings import find_home

    if scheme_of(url) == "files":
        from engrammic.backends.files import parsed

        base = parsed(url)[0].resolve()
        return base.with_name(f"{base.name}-{FOLDER}")
    if scheme_of(url) != "sqlite":
        return find_home() / FOLDER
    from engrammic.backends.sqlite.locating import locate

    return locate(url)[0].parent / FOLDER


def _name(url: str) -> str:
    from engrammic.registry import scheme_of

    moment = datetime.now(UTC)
    stamp = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}Z"
    return f"engrammic-{stamp}" + (".db" if scheme_of(url) == "sqlite" else "")


def _backups(folder: Path) -> list[Path]:
    """The backups of a folder, oldest first; kept states are none."""
    return sorted(p for p in folder.iterdir() if _NAME.fullmatch(p.name))


def _is_folder_of_backups(path: Path) -> bool:
    return path.is_dir() and not _NAME.fullmatch(path.name)


def _newest(folder: Path) -> Path:
    found = _backups(folder)
    if not found:
        raise InvalidInput("backup", f"there is none in {folder}")
    return found[-1]


def _thin(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest; which ones. A folder that is a backup goes with its files."""
    import shutil

    gone = _backups(folder)[:-keep]
    for path in gone:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return gone


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(p.stat().st_size for p in files if p.is_file())
