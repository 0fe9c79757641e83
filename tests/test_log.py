"""The write-ahead log: copied into the file beside the writes, and never long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engrammic.backends.sqlite import SqliteBackend, connection
from engrammic.backends.sqlite.connection import LONG_LOG, LONGEST_LOG, Connections
from engrammic.changes import Put
from engrammic.testing.things import THINGS

PAGE = 4096
ROWS = 100
"""Records of a transaction, each longer than a page."""
BEHIND = 600
"""Pages that a transaction adds at most."""


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteBackend]:
    backend = await SqliteBackend.connect(str(path))
    try:
        yield backend
    finally:
        await backend.close()


async def write(backend: SqliteBackend, number: int) -> None:
    rows = [{"id": f"{number}-{n}", "at": n, "raw": bytes(6_000)} for n in range(ROWS)]
    await backend.apply([Put("things", rows)])


async def test_the_log_stays_bounded_while_much_is_written(tmp_path: Path) -> None:
    path = tmp_path / "much.db"
    async with opened(path) as backend:
        await backend.ensure_table(THINGS)
        for number in range(60):
            await write(backend, number)
            log = path.with_name("much.db-wal").stat().st_size / PAGE
            assert log <= LONGEST_LOG + BEHIND
        assert path.stat().st_size / PAGE > LONGEST_LOG


async def test_a_write_does_not_wait_for_the_log_to_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()

    def held(_connection: object) -> None:
        began.set()
        assert go_on.wait(30)

    monkeypatch.setattr(connection, "passive_checkpoint", held)
    async with opened(tmp_path / "held.db") as backend:
        await backend.ensure_table(THINGS)
        number = 0
        while not began.is_set():
            await write(backend, number)
            number += 1
            await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(write(backend, number), 10)
        finally:
            go_on.set()


def test_only_what_is_new_is_copied_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[object] = []
    monkeypatch.setattr(connection, "passive_checkpoint", copied.append)
    connections = Connections(tmp_path / "few.db", 5.0)
    copier = connections._copier
    try:
        for pages, copies in (
            (LONG_LOG, 0), (LONG_LOG + 1, 1), (2 * LONG_LOG, 1), (2 * LONG_LOG + 2, 2), (10, 2),
            (LONG_LOG + 11, 3),
        ):  # fmt: skip
            connections._log_pages = pages
            connections.shorten_log()
            while not copier.idle:
                threading.Event().wait(0.01)
            assert len(copied) == copies
    finally:
        connections.close()
