"""A lease is given back whenever its holder is cancelled, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic import Memory
from engrammic.backends.memory import MemoryBackend
from engrammic.errors import StorageError
from engrammic.scope import Scope, Scoped
from engrammic.stores.leases import LEASES, Leases
from engrammic.uncut import uncut

LATE = 0.02


class Slow(MemoryBackend):
    """An engine whose verbs take their time in a thread, and run on when nobody waits."""

    async def _late(self, verb: Callable[[], Awaitable[int]]) -> int:
        await asyncio.sleep(LATE)
        return await verb()

    async def transact(self, decide: Any) -> int:
        verb = super().transact
        return await asyncio.shield(self._late(lambda: verb(decide)))

    async def apply(self, changes: Any) -> int:
        verb = super().apply
        return await asyncio.shield(self._late(lambda: verb(changes)))


async def is_free(backend: Any) -> bool:
    """Whether nobody holds a lease, also once everything under way has ended."""
    await asyncio.sleep(3 * LATE)
    tables = {schema.name for schema in await backend.tables()}
    return LEASES.name not in tables or await backend.count(LEASES.name) == 0


async def cut_off(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_pass_that_is_cancelled_at_any_moment_gives_its_lease_back(tmp_path: Path) -> None:
    for moment in range(40):
        async with engrammic.open(tmp_path / str(min(moment, 20)), embedder="none") as memory:
            task = asyncio.create_task(memory.maintain())
            await asyncio.sleep(moment * 0.0003)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await Leases(memory._scoped).take("maintain", "somebody else", 60_000)
            await Leases(memory._scoped).give_back("maintain", "somebody else")


@pytest.mark.parametrize("waited", [0.0, 0.5 * LATE, 1.5 * LATE])
async def test_a_lease_that_is_being_taken_is_given_back(waited: float) -> None:
    backend = Slow()
    leases = Leases(Scoped(backend, Scope()))

    async def holding() -> None:
        async with leases.held("door", "me", 60_000):
            await asyncio.sleep(60)

    task = asyncio.create_task(holding())
    await asyncio.sleep(waited)
    await cut_off(task)
    assert await is_free(backend)


async def test_a_lease_that_is_being_renewed_is_given_back() -> None:
    backend = Slow()
    leases = Leases(Scoped(backend, Scope()))
    renewing = asyncio.Event()

    async def holding() -> None:
        async with leases.held("door", "me", 60_000):
            renewing.set()
            await leases.take("door", "me", 60_000)
            await asyncio.sleep(60)

    task = asyncio.create_task(holding())
    await renewing.wait()
    await asyncio.sleep(0.5 * LATE)
    await cut_off(task)
    assert await is_free(backend)


async def test_who_is_cancelled_again_and_again_gives_it_back_all_the_same() -> None:
    memory = Memory(Slow(), None)
    task = asyncio.create_task(memory.maintain())
    for _ in range(12):
        await asyncio.sleep(LATE / 2)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_free(memory.backend)


async def test_where_no_table_was_made_the_cancelled_are_told_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    backend = MemoryBackend()
    leases = Leases(Scoped(backend, Scope()))
    monkeypatch.setattr(leases, "take", never)

    async def holding() -> None:
        async with leases.held("door", "me", 60_000):
            pass

    task = asyncio.create_task(holding())
    await asyncio.sleep(0)
    await cut_off(task)
    assert await is_free(backend)


async def test_what_fails_inside_is_told_and_not_that_the_lease_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = MemoryBackend()

    async def failing() -> None:
        async with Leases(Scoped(backend, Scope())).held("door", "me", 60_000):
            await backend.close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert "door is held until it runs out" in caplog.text


async def test_a_step_that_fails_after_its_caller_was_cancelled_is_not_told_again() -> None:
    async def failing() -> None:
        await asyncio.sleep(LATE)
        raise StorageError("too late")

    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    task = asyncio.create_task(uncut(failing()))
    await asyncio.sleep(0)
    await cut_off(task)
    del task
    assert told == []
    with pytest.raises(StorageError, match="too late"):
        await uncut(failing())
