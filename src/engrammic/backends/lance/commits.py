"""Commits that another process may come between, and the driver's errors as ours."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pyarrow as pa

from engrammic.errors import StorageError

T = TypeVar("T")

FAILURES = (RuntimeError, ValueError, OSError, pa.ArrowException)
"""What the driver raises, whatever went wrong."""

TRIES = 8
FIRST_PAUSE = 0.02


async def answered(work: Callable[[], Awaitable[T]]) -> T:
    """What the driver answers. Raises StorageError."""
    try:
        return await work()
    except StorageError:
        raise
    except FAILURES as error:
        raise failure(error) from error


async def committed(work: Callable[[], Awaitable[T]]) -> T:
    """What the driver answers; tried anew after a pause where somebody else committed first.

    `work` may find its own commit done already. Raises StorageError.
    """
    for attempt in range(1, TRIES):
        try:
            return await work()
        except StorageError:
            raise
        except FAILURES as error:
            if not _is_conflict(error):
                raise failure(error) from error
        await asyncio.sleep(random.uniform(0, FIRST_PAUSE * 2**attempt))  # noqa: S311 - no secret
    return await answered(work)


def failure(error: Exception) -> StorageError:
    """The error with the first line of what the driver says."""
    told = str(error).strip().partition("\n")[0]
    return StorageError(f"lance: {told or type(error).__name__}")


def _is_conflict(error: Exception) -> bool:
    told = str(error).lower()
    return "conflict" in told or "concurrent" in told or "already exists" in told
