"""The write-ahead log: copied into the file beside the writes, and never long."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from engrammic.backends.sqlite import SqliteBackend, connection
from engrammic.backends.sqlite.connection import LONG_LOG, LONGEST_LOG, Connections
from engrammic.changes import Put
from engrammic.scrubbing import ERASED
from engrammic.testing.things import THINGS
from sqlite_files import opened

PAGE = 4096
ROWS = 100
"""Records of a transaction, each longer than a page."""
BEHIND = 600
"""Pages that a transaction adds at most."""


async def write(backend: SqliteBackend, number: int) -> None:
    rows = [{"id": f"{number}-{n}", "at": n, "raw": bytes(6_000)} for n in range(ROWS)]
    await backend.apply([Put("things", rows)])


async def test_the_log_stays_bounded_while_much_is_written(tmp_path: Path) -> None:
    path = tmp_path / "much.db"
    async with opened(path, THINGS) as backend:
        for number in range(60):
            await write(backend, number)
            log = path.with_name("much.db-wal").stat().st_size / PAGE
            assert log <= LONGEST_LOG + BEHIND
        assert path.stat().st_size / PAGE > LONGEST_LOG


class Held:
    """A copy of the log that takes until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        monkeypatch.setattr(connection, "passive_checkpoint", self._copy)

    def _copy(self, _connection: object) -> None:
        self.began.set()
        assert self.go_on.wait(30)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


async def writes(backend: SqliteBackend, held: Held) -> None:
    """Write until the log is being copied."""
    for number in range(100):
        await write(backend, number)
        await asyncio.sleep(0.01)
        if held.began.is_set():
            return
    raise AssertionError("the log was never copied")


async def test_a_write_does_not_wait_for_the_log_to_be_copied(tmp_path: Path, held: Held) -> None:
    async with opened(tmp_path / "held.db", THINGS) as backend:
        try:
            await writes(backend, held)
            await asyncio.wait_for(write(backend, 1_000), 10)
        finally:
            held.go_on.set()


async def test_what_is_forgotten_waits_for_the_log_to_be_copied(tmp_path: Path, held: Held) -> None:
    async with opened(tmp_path / "held.db", THINGS) as backend:
        try:
            await writes(backend, held)
            scrubbing = asyncio.create_task(backend.scrub())
            done, _ = await asyncio.wait([scrubbing], timeout=1)
            assert not done
        finally:
            held.go_on.set()
        assert (await scrubbing).state == ERASED
        assert (tmp_path / "held.db-wal").stat().st_size == 0


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
                time.sleep(0.01)
            assert len(copied) == copies
    finally:
        connections.close()
