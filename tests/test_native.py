"""native=True on every database: what it does itself works, all else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from engines import SCHEMES, Engines
from engrammic.backend import Backend
from engrammic.capabilities import EMULATED
from engrammic.errors import Unsupported
from engrammic.filters import Compare, Op
from engrammic.registry import open_backend
from engrammic.testing.things import THINGS, things
from engrammic.types import Order

Ask: TypeAlias = Callable[[Backend], Coroutine[Any, Any, Any]]


def _filtered(where: Compare) -> Ask:
    return lambda backend: backend.query("things", where)


ASKS: dict[str, tuple[str, tuple[Ask, ...]]] = {
    "filters": (
        "filter",
        tuple(
            _filtered(where)
            for where in (
                Compare("name", Op.GLOB, "a*[!b]"), Compare("data.a", Op.NE, 1),
                Compare("tags", Op.CONTAINS, "x"), Compare("weight", Op.GT, 0.5),
            )
        ),
    ),
    "order": (
        "order",
        (
            lambda backend: backend.query("things", order=Order("at", descending=True), limit=3),
            lambda backend: backend.query("things", limit=3),
        ),
    ),
    "vectors": (
        "vectors",
        (lambda backend: backend.vector_search("things", "vector", [1, 0, 0, 0], limit=3),),
    ),
    "text": ("words", (lambda backend: backend.text_search("things", ["common"], limit=3),)),
}  # fmt: skip
"""What each of EMULATED is asked by, and the word by which it is refused."""


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_native_refuses_exactly_what_is_emulated(engines: Engines, scheme: str) -> None:
    backend = await open_backend(engines.new(scheme), native=True)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(30))
    assert set(ASKS) == set(EMULATED)
    for name, (word, asks) in ASKS.items():
        refused = [await refusal(backend, ask, word) for ask in asks]
        if getattr(backend.capabilities, name):
            assert not any(refused), name
        else:
            assert any(refused), name
    assert await backend.get("things", ("t00001",)) is not None
    await backend.close()


async def refusal(backend: Backend, ask: Ask, word: str) -> bool:
    """Whether it is refused, in words that say what is lacking; else its answer is the true one."""
    told = ""
    try:
        found = await ask(backend)
    except Unsupported as error:
        told = str(error)
    if told:
        assert word in told
        assert "native=True" in told
        return True
    backend.native = False
    assert found == await ask(backend)
    backend.native = True
    return False


async def test_a_layered_database_asks_it_of_both_sides(engines: Engines) -> None:
    sides = "&".join(
        f"{side}={engines.new(scheme).replace('%', '%25').replace('&', '%26')}"
        for side, scheme in (("records", "sqlite"), ("vectors", "files"))
    )
    backend = await open_backend(f"layered:?{sides}", native=True)
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(9))
    with pytest.raises(Unsupported, match="vectors"):
        await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=3)
    assert len(await backend.query("things", limit=3)) == 3
    await backend.close()
