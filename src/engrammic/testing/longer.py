"""The long form of the kit's random tests: thousands of verbs and filter trees for one backend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engrammic.backend import Backend
from engrammic.testing.hostile import TREES, hostile_round
from engrammic.testing.machine import ROUND, run_beside_memory
from engrammic.testing.trees import TABLE, disagreement, fill

HISTORIES = 76
"""More than 2,000 verbs, without those of the simplest history that each seed begins with."""

ALL_TREES = 5_000


@dataclass(slots=True)
class Outcome:
    """What a long run came to."""

    operations: int = 0
    trees: int = 0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


async def run_long(
    backend: Backend, step: Callable[[int], None], *, histories: int = HISTORIES,
    trees: int = ALL_TREES,
) -> Outcome:  # fmt: skip
    """Plays the histories beside memory, then asks the trees; goes on after a difference.

    `step` is told of each history and each tree that is done with.
    """
    outcome, started = Outcome(), time.perf_counter()
    loop = asyncio.get_running_loop()
    for number in range(0, histories, ROUND):
        examples = min(ROUND, histories - number)
        try:
            outcome.operations += await asyncio.to_thread(
                run_beside_memory, backend, loop, examples=examples,
                first=number // ROUND, shrink=False,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - every way to fail is a difference
            notes = "\n".join(getattr(error, "__notes__", ()))
            outcome.differences.append(f"{type(error).__name__}: {error}\n{notes}")
        step(examples)
    for number in range(0, trees, TREES):
        await _trees(backend, outcome, number // TREES, min(TREES, trees - number), step)
    outcome.seconds = time.perf_counter() - started
    return outcome


async def _trees(
    backend: Backend, outcome: Outcome, number: int, count: int, step: Callable[[int], None]
) -> None:
    given = await asyncio.to_thread(hostile_round, number)
    await fill(backend, given.records)
    for tree in range(count):
        if told := await disagreement(backend, given, tree):
            outcome.differences.append(f"round {number}, tree {tree}: {told}")
            await fill(backend, given.records)
        outcome.trees += 1
        step(1)
    await backend.drop_table(TABLE)
