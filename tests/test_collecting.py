"""While much is written, the collector makes no full pass; afterwards it is as it was."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic import Message
from engrammic.collecting import FullPasses, full_passes
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import EngrammicError
from engrammic.stores.items import BATCH


class Ring:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    assert gc.isenabled()
    yield
    assert gc.isenabled()


def turns(count: int) -> list[Message]:
    return [Message("c", "user", f"turn {n}", f"m{n}", metadata={"n": n}) for n in range(count)]


def test_it_is_put_off_until_the_last_who_writes_is_done() -> None:
    passes = FullPasses()
    with passes.put_off():
        assert not gc.isenabled()
        with passes.put_off():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_it() -> None:
    with pytest.raises(ZeroDivisionError), FullPasses().put_off():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_switched_it_off_finds_it_off() -> None:
    gc.disable()
    passes = FullPasses()
    kept = weakref.ref(Ring())
    with passes.put_off():
        passes.short_pass()
        assert kept() is not None
    assert not gc.isenabled()
    gc.enable()


def test_a_short_pass_frees_young_cycles() -> None:
    passes = FullPasses()
    with passes.put_off():
        kept = weakref.ref(Ring())
        assert kept() is not None
        passes.short_pass()
        assert kept() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_has_it_on_again() -> None:
    with full_passes.put_off():
        child = os.fork()
        if not child:
            os._exit(0 if gc.isenabled() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not gc.isenabled()


async def test_a_bulk_write_has_no_full_pass_and_leaves_the_collector_on(tmp_path: Path) -> None:
    generations: list[int] = []

    def seen(phase: str, told: dict[str, Any]) -> None:
        if phase == "start":
            generations.append(told["generation"])

    async with engrammic.open(tmp_path / "home", embedder=HashingEmbedder()) as memory:
        items = turns(20 * BATCH)
        gc.callbacks.append(seen)
        try:
            await memory.messages.add_batch(items)
        finally:
            gc.callbacks.remove(seen)
        assert 1 in generations
        assert 2 not in generations
        assert gc.isenabled()


async def test_a_bulk_write_that_fails_leaves_the_collector_on(tmp_path: Path) -> None:
    async with engrammic.open(tmp_path / "home", embedder=HashingEmbedder()) as memory:
        await memory.messages.add_batch(turns(1))
    with pytest.raises(EngrammicError):
        await memory.messages.add_batch(turns(5 * BATCH))
    assert gc.isenabled()
