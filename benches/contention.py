"""Search while another process imports in bulk into the same file.

Run `python benches/contention.py [--messages 20000] [--searches 200]`. The queries' vectors
are given. An import makes the memory larger, and searches slower for good: "idle" is the
mean of what is measured before the import and after it.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import numpy as np
from speed_material import GivenVectors, messages, questions, unit_vectors

import engrammic
from engrammic import Memory, Message

BOUND = 3.0
CHUNK = 2_000


async def bring_in(home: Path, start: int) -> None:
    """Import for ever, in chunks; a line on stdout for each."""
    vectors = unit_vectors(CHUNK, seed=1)
    turns = messages(CHUNK)
    async with engrammic.open(home, embedder=GivenVectors()) as memory:
        for chunk in count():
            given = [
                Message(f"new{chunk}", t.role, t.content, f"m{start + chunk * CHUNK + n}", t.name)
                for n, t in enumerate(turns)
            ]
            await memory.messages.add_batch(given, vectors=vectors)
            print(chunk, flush=True)


async def searches(memory: Memory, asked: list[str]) -> list[float]:
    """Milliseconds of each hybrid search."""
    found = []
    for query in asked:
        began = time.perf_counter()
        assert await memory.search(query)
        found.append((time.perf_counter() - began) * 1000)
    return found


def start_import(home: Path, start: int) -> subprocess.Popen[bytes]:
    """Another process that imports; its first chunk is stored when this returns."""
    command = [sys.executable, __file__, "--bring-in", str(home), "--messages", str(start)]
    importer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert importer.stdout is not None
    assert importer.stdout.readline(), "the import died"
    return importer


async def measure(given: int, number: int) -> float:
    """Print the figures; the ratio of busy to idle."""
    asked = questions(number)
    embedder = GivenVectors()
    embedder.prepare(asked)
    with tempfile.TemporaryDirectory(prefix="contention", dir=Path.cwd()) as name:
        home = Path(name) / "home"
        async with engrammic.open(home, embedder=embedder) as memory:
            await memory.messages.add_batch(messages(given), vectors=unit_vectors(given))
            await searches(memory, asked[:20])
            before = await searches(memory, asked)
            importer = start_import(home, given)
            try:
                busy = await searches(memory, asked)
            finally:
                importer.kill()
                importer.communicate()
            await searches(memory, asked[:20])
            after = await searches(memory, asked)
            stored = (await memory.stats())["messages"]
    p95 = [float(np.percentile(found, 95)) for found in (before, busy, after)]
    ratio = p95[1] / ((p95[0] + p95[2]) / 2)
    for label, value in zip(("before", "during", "after"), p95, strict=True):
        print(f"{f'hybrid search p95 {label} the import':48} {value:10.3f} ms")
    print(f"{'messages before, after':48} {given:10} {stored}")
    print(f"{'search p95 during an import / idle':48} {ratio:10.3f} x           <= {BOUND}"
          f"{'' if ratio <= BOUND else ' BROKEN'}")  # fmt: skip
    return ratio


def main() -> None:
    """Print the table; exit 1 when the bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--bring-in", type=Path)
    given = parser.parse_args()
    if given.bring_in is not None:
        asyncio.run(bring_in(given.bring_in, given.messages))
        return
    raise SystemExit(asyncio.run(measure(given.messages, given.searches)) > BOUND)


if __name__ == "__main__":
    main()
