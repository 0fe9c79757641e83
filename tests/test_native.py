"""Emulation can be refused: what a database says that it does itself it does, the rest raises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engines import SCHEMES, Engines
from engrammic.backend import Backend
from engrammic.errors import Unsupported
from engrammic.filters import Compare, Op
from engrammic.registry import open_backend
from engrammic.testing.things import THINGS, things
from engrammic.types import Order

QUERY = [1.0, 0.0, 0.0, 0.0]
ASKED: dict[str, Callable[[Backend], Awaitable[object]]] = {
    "vectors": lambda b: b.vector_search("things", "vector", QUERY, limit=3),
    "text": lambda b: b.text_search("things", ["alpha"], limit=3),
    "order": lambda b: b.query("things", order=Order("at"), limit=3),
    "filters": lambda b: b.query("things", Compare("data.a", Op.GLOB, "*l[!x]h*"), limit=3),
}


@pytest.fixture(params=SCHEMES)
async def native(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Backend]:
    backend = await open_backend(engines.new(request.param), native=True)
    yield backend
    await backend.close()


WHOLE = ("vectors", "text")
"""What a database does or does not; orders and filters it may know in part."""


async def asked(answer: Awaitable[object]) -> None:
    """Waits for an answer, or for a refusal that says how to have it all the same."""
    try:
        await answer
    except Unsupported as error:
        if "native=True" not in str(error):
            raise


async def test_what_is_not_native_is_refused(native: Backend) -> None:
    await native.ensure_table(THINGS)
    await native.insert("things", things(8))
    assert await native.get("things", (things(1)[0]["id"],)) is not None
    for name, ask in ASKED.items():
        if name in WHOLE and not getattr(native.capabilities, name):
            with pytest.raises(Unsupported, match="native=True"):
                await ask(native)
        else:
            await asked(ask(native))


@pytest.mark.parametrize("scheme", ["memory", "sqlite"])
async def test_what_is_native_throughout_is_never_refused(engines: Engines, scheme: str) -> None:
    backend = await open_backend(engines.new(scheme), native=True)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(8))
    for ask in ASKED.values():
        await ask(backend)
    await backend.close()
