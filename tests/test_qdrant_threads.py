"""Where the searches of Qdrant's local mode run."""

from __future__ import annotations

import threading

import pytest

from engrammic.backends.qdrant import QdrantBackend
from engrammic.filters import Filter, eq
from engrammic.testing.things import THINGS, things


async def test_a_search_that_was_fast_before_waits_for_no_other_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = await QdrantBackend.connect("qdrant:memory")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(20))
    driver = backend.engine.driver  # type: ignore[attr-defined]
    here: list[bool] = []
    nearest = driver.nearest

    def noted(*given: object) -> object:
        here.append(threading.current_thread() is threading.main_thread())
        return nearest(*given)

    monkeypatch.setattr(driver, "nearest", noted)

    async def search(where: Filter | None = None) -> bool:
        here.clear()
        await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=3, where=where)
        return all(here)

    assert not await search()
    driver._took = dict.fromkeys(driver._took, 0.0001)
    assert await search()
    assert not await search(eq("at", 3))
    driver._took = dict.fromkeys(driver._took, 0.1)
    assert not await search()
    await backend.close()
