"""A step that nothing cuts off: whoever is cancelled in the middle of it leaves at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uncut(step: Coroutine[Any, Any, T]) -> T:
    """What the step gives or raises. Raises CancelledError, once it has ended, to the cancelled."""
    going = asyncio.ensure_future(step)
    cancelled: asyncio.CancelledError | None = None
    while not going.done():
        try:
            await asyncio.wait([going])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return going.result()
    if not going.cancelled():
        going.exception()  # else the loop complains that nobody was told
    raise cancelled
