"""Calls whose tasks are cancelled while they run, on a handle that is closed right after."""

from __future__ import annotations

import asyncio
import gc

import pytest

from engrammic.backend import Backend
from engrammic.errors import Closed
from engrammic.testing.things import THINGS, things


async def given_up_and_closed(backend: Backend, after: float) -> None:
    """Asserts that nothing is left open: what is left warns when it is collected, and fails."""
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(4))
    asked = [asyncio.create_task(backend.count("things")) for _ in range(12)]
    await asyncio.sleep(after)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await backend.close()
    with pytest.raises(Closed):
        await backend.count("things")
    del backend, asked
    gc.collect()
