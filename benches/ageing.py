"""How long a pass of `maintain` takes over many memories, what it needs, and what searches feel.

python benches/ageing.py [--messages 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import engrammic
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder

LONGEST_S = 60.0
MOST_MB = 300.0
MOST_TIMES = 3.0
IDLE = 200


async def filled(memory: Memory, count: int) -> None:
    """Made-up turns of 14 words with vectors by lot, in conversations of 100."""
    chance = np.random.default_rng(1)
    vectors = chance.normal(size=(1_000, 384)).astype(np.float32)
    for start in range(0, count, 5_000):
        numbers = range(start, min(start + 5_000, count))
        told = [Message(f"c{n // 100}", "user", words(chance, 14), f"m{n:07}") for n in numbers]
        await memory.messages.add_batch(told, vectors=vectors[np.array(numbers) % 1_000])


def words(chance: np.random.Generator, count: int) -> str:
    """So many of 20,000 words."""
    return " ".join(f"w{w}" for w in chance.integers(0, 20_000, size=count))


async def searched(memory: Memory, chance: np.random.Generator) -> float:
    """Milliseconds of one hybrid search."""
    query = words(chance, 3)
    start = time.perf_counter()
    await memory.search(query, limit=10)
    return (time.perf_counter() - start) * 1_000


async def while_maintaining(memory: Memory) -> tuple[float, list[float]]:
    """Seconds of a pass, and the milliseconds of the searches that came in between."""
    chance = np.random.default_rng(3)
    start = time.perf_counter()
    working = asyncio.create_task(memory.maintain())
    waits: list[float] = []
    while not working.done():
        waits.append(await searched(memory, chance))
        await asyncio.sleep(0.05)
    await working
    return time.perf_counter() - start, waits


def peak_mb() -> float:
    """The most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


def told(name: str, value: float, unit: str, most: float) -> None:
    """One line."""
    print(f"{name:<46} {value:>10.2f} {unit:<4} <= {most:<8g} {'' if value <= most else 'BROKEN'}")


async def measured(folder: Path, count: int) -> None:
    """Fill a memory, measure, print."""
    chance = np.random.default_rng(2)
    async with engrammic.open(folder / "alone", embedder=HashingEmbedder()) as memory:
        await filled(memory, count)
        idle = [await searched(memory, chance) for _ in range(IDLE)]
        before = peak_mb()
        start = time.perf_counter()
        report = await memory.maintain()
        alone = time.perf_counter() - start
        print(f"{count:,} messages: {report.demoted_to_warm:,} to warm, "
              f"{report.demoted_to_cold:,} to cold")  # fmt: skip
        told("a pass alone", alone, "s", LONGEST_S)
        told("extra memory at its peak", peak_mb() - before, "MB", MOST_MB)
    async with engrammic.open(folder / "busy", embedder=HashingEmbedder()) as memory:
        await filled(memory, count)
        await searched(memory, chance)
        _, waits = await while_maintaining(memory)
        print(f"searches: idle p95 {p95(idle):.1f} ms, meanwhile {p95(waits):.1f} ms")
        told("p95 of searches meanwhile, times idle", p95(waits) / p95(idle), "x", MOST_TIMES)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measured(Path(folder), given.messages))


if __name__ == "__main__":
    main()
