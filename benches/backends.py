"""Every database through engrammic, beside the engine's own client over the same rows.

Run `PYTHONPATH=tests python benches/backends.py [--only SCHEME] [--rows 20000] [--near]
[--json] [--plot FILE.html]`. For each scheme the engine of the tests gets 20,000 messages with
vectors of 384 numbers, through us, into a new database. Then the ten nearest records with
all stored columns are asked for, by the client alone (`benches/bare/`) and by us in turn.
The bound: our median is at most 1.3 times the client's and half a millisecond.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from backends_plot import page
from bare import LIMIT, Call, calling
from speed_material import GivenVectors, messages, questions, unit_vectors

import engrammic
from engines import SCHEMES, Engines
from engrammic import Memory
from engrammic.cli.progress import Advance, bar
from engrammic.scope import COLUMN

FACTOR, SPARE = 1.3, 0.5
BATCH = 1000
MODES = ("keyword", "hybrid")
PATIENCE = 8.0
"""Seconds for each kind of search; then fewer calls have to do."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One database; milliseconds, but for `load`: rows a second. NaN: not asked for."""

    scheme: str
    load: float
    bare: float
    bare_p95: float
    vector: float
    vector_p95: float
    keyword: float
    keyword_p95: float
    hybrid: float
    hybrid_p95: float

    @property
    def bound(self) -> float:
        """What our median may be."""
        return FACTOR * self.bare + SPARE

    @property
    def holds(self) -> bool:
        """Whether it is no more than that."""
        return self.vector <= self.bound


async def measured(
    scheme: str, url: str, rows: int, rounds: int, modes: Sequence[str], tell: Advance
) -> Figures:
    """Everything about one new database."""
    embedder = GivenVectors()
    async with engrammic.open(url, embedder=embedder) as memory:
        load = await _loaded(memory, rows, tell)
        backend = memory.messages.backend.backend
        schema = memory.messages.schema_for(embedder.dimension).partitioned(COLUMN)
        tell(0, 0, f"{scheme}: vectors")
        async with calling(backend, schema, url) as bare:
            near = await _by_turns(memory, bare, rounds)
        tell(0, 0, f"{scheme}: words")
        spoken = {mode: await _asked(memory, embedder, mode, rounds) for mode in modes}
        keyword, hybrid = (spoken.get(mode, (math.nan, math.nan)) for mode in MODES)
        return Figures(scheme, load, *near, *keyword, *hybrid)


async def _loaded(memory: Memory, rows: int, tell: Advance) -> float:
    given, vectors = messages(rows), unit_vectors(rows)
    began = time.perf_counter()
    for start in range(0, rows, BATCH):
        tell(start, rows, "loading")
        stop = start + BATCH
        await memory.messages.add_batch(given[start:stop], vectors=vectors[start:stop])
    await memory.messages.backend.backend.flush()
    return rows / (time.perf_counter() - began)


async def _by_turns(memory: Memory, bare: Call, rounds: int) -> list[float]:
    """p50 and p95 of the bare call, then ours; whoever comes second finds the caches warm."""
    scoped, asked = memory.messages.backend, unit_vectors(rounds + 3, seed=9)

    async def ours(vector: Any) -> Any:
        return await scoped.vector_search("messages", "vector", vector, limit=LIMIT)

    taken: dict[Any, list[float]] = {bare: [], ours: []}
    end = time.perf_counter() + 3 * PATIENCE
    for number, vector in enumerate(asked):
        for search in (bare, ours) if number % 2 else (ours, bare):
            spent = await _milliseconds(search, vector)
            if number >= 3:
                taken[search].append(spent)
        if time.perf_counter() > end and number >= 10:
            break
    return [float(np.percentile(taken[s], p)) for s in (bare, ours) for p in (50, 95)]


async def _milliseconds(search: Callable[[Any], Awaitable[Any]], vector: Any) -> float:
    began = time.perf_counter()
    found = await search(vector)
    spent = (time.perf_counter() - began) * 1000
    if len(found) != LIMIT:
        raise AssertionError(f"{len(found)} rows instead of {LIMIT}")
    return spent


async def _asked(memory: Memory, embedder: GivenVectors, mode: str, rounds: int) -> list[float]:
    """p50 and p95 of the public search of messages."""
    asked, taken = questions(rounds + 1), []
    embedder.prepare(asked)
    await memory.messages.search(asked[0], mode=mode)
    end = time.perf_counter() + PATIENCE
    for question in asked[1:]:
        began = time.perf_counter()
        await memory.messages.search(question, mode=mode)
        taken.append((time.perf_counter() - began) * 1000)
        if time.perf_counter() > end:
            break
    return [float(np.percentile(taken, p)) for p in (50, 95)]


HEAD = ("scheme", "bare p50", "p95", "ours p50", "p95", "ratio", "bound", "holds",
        "keyword", "p95", "hybrid", "p95", "rows/s")  # fmt: skip


def line(f: Figures) -> str:
    """A row of the table."""
    cells = [
        *(f"{v:.2f}" for v in (f.bare, f.bare_p95, f.vector, f.vector_p95)),
        f"{f.vector / f.bare:.2f}", f"{f.bound:.2f}", "yes" if f.holds else "NO",
        *(f"{v:.1f}" for v in (f.keyword, f.keyword_p95, f.hybrid, f.hybrid_p95)),
        f"{f.load:,.0f}",
    ]  # fmt: skip
    return f"{f.scheme:10}" + "".join(f"{c:>9}" for c in cells)


def main() -> None:
    """Print the table; exit 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="schemes, with commas between")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--near", action="store_true", help="vectors alone: no keyword, no hybrid")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE.html")
    given = parser.parse_args()
    chosen = [s for s in given.only.split(",") if s] or SCHEMES
    found = []
    if not given.json:
        print(f"{HEAD[0]:10}" + "".join(f"{h:>9}" for h in HEAD[1:]), flush=True)
    with tempfile.TemporaryDirectory(prefix="backends") as name, Engines(Path(name)) as engines:
        for scheme in chosen:
            url = defaults(engines.new(scheme))
            with bar(scheme) as tell:
                modes = () if given.near else MODES
                work = measured(scheme, url, given.rows, given.rounds, modes, tell)
                found.append(asyncio.run(work))
            if not given.json:
                print(line(found[-1]), flush=True)
    if given.json:
        print(json.dumps(list(map(_plain, found)), indent=2))
    if given.plot:
        given.plot.write_text(page(found), encoding="utf-8")
    sys.exit(not all(f.holds for f in found))


def _plain(f: Figures) -> dict[str, Any]:
    """For JSON, which has no NaN."""
    figures = asdict(f) | {"bound": f.bound, "holds": f.holds}
    return {n: None if isinstance(v, float) and math.isnan(v) else v for n, v in figures.items()}


def defaults(url: str) -> str:
    """The URL as a user writes it: the tests ask some engines for exact search."""
    return url.replace("?exact=1", "").replace("&exact=1", "")


if __name__ == "__main__":
    main()
