"""Writing much: while one batch is written, the next is prepared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from engrammic.collecting import full_passes
from engrammic.scope import Scoped

Step = TypeVar("Step")
Batch = TypeVar("Batch")


async def in_turn(
    backend: Scoped,
    steps: Iterable[Step],
    prepare: Callable[[Step], Awaitable[Batch]],
    write: Callable[[Batch], Coroutine[Any, Any, None]],
) -> None:
    """Prepare and write what comes of each step, one after the other and in their order."""
    writing: asyncio.Task[None] | None = None
    with full_passes.put_off():
        try:
            for step in steps:
                batch = await prepare(step)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(write(batch))
                await asyncio.sleep(0)  # so that it has begun
                await backend.unoccupied()
                full_passes.short_pass()
            if writing is not None:
                await writing
                writing = None
        finally:
            # Nothing goes on behind the back of a caller who was told of an error.
            if writing is not None:
                await writing
