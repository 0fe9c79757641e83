"""Qdrant passes the kit: the client's local mode, or a server where one is named."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engines import Engines, free_port
from engrammic.backends.qdrant import QdrantBackend
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, things


class TestQdrant(BackendTests):
    EXAMPLES = 5
    STRIDE = 20

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[QdrantBackend]:
        backend = await QdrantBackend.connect(engines.new("qdrant"))
        yield backend
        if backend.engine.shared:
            await _emptied(backend)
        await backend.close()


async def _emptied(backend: QdrantBackend) -> None:
    """A server keeps what a test leaves; a closed handle is opened no more."""
    try:
        schemas = await backend.tables()
    except OSError:
        return
    for schema in schemas:
        await backend.drop_table(schema.name)


async def test_a_folder_belongs_to_one_process_and_keeps_its_records(tmp_path: Path) -> None:
    backend = await QdrantBackend.connect(f"qdrant:{tmp_path}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(20))
    code = f"""if True:
        import asyncio
        from engrammic.backends.qdrant import QdrantBackend
        from engrammic.errors import Locked
        try:
            asyncio.run(QdrantBackend.connect("qdrant:{tmp_path}"))
        except Locked:
            print("locked")
    """
    command = [sys.executable, "-c", code]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert told.stdout.strip() == "locked"
    before = await backend.export("things")
    await backend.close()
    again = await QdrantBackend.connect(f"qdrant:{tmp_path}")
    found = await again.export("things")
    assert [r["id"] for r in found] == [r["id"] for r in before]
    await again.close()


async def test_nobody_listening_is_told_in_time_and_without_the_key() -> None:
    url = f"qdrant://127.0.0.1:{free_port()}/x?timeout=2&api_key=secret"
    with pytest.raises(ConnectionFailed) as told:
        await QdrantBackend.connect(url)
    assert "127.0.0.1" in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["qdrant:", "qdrant:/a?nothing=1", "qdrant:memory?api_key=x", "qdrant://h/a b",
            "qdrant://h?timeout=soon", "qdrant://u:p@h/x"],
)  # fmt: skip
async def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="qdrant"):
        await QdrantBackend.connect(url)
