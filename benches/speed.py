"""Speed of the embedded memory, each figure beside the bare part in the same run.

Run `python benches/speed.py [--messages 20000] [--json] [--only add,scan]`. Vectors are
given, 384 numbers each. With ENGRAMMIC_DATA set, contents and queries are LoCoMo's;
without it, made-up words. Times are medians in milliseconds unless named otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import apsw
import numpy as np
from speed_material import GivenVectors, messages, questions, unit_vectors

import engrammic
from engrammic import Memory, Message
from engrammic.backends.sqlite import transactions
from engrammic.filters import Compare, Filter, eq


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, and the bound that it is held against."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the bound is kept; True where there is none."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound


async def median(work: Callable[[int], Awaitable[Any]], rounds: int, start: int = 0) -> float:
    """Milliseconds of `work`, the median of `rounds` calls."""
    return float(np.median(await times(work, rounds, start)))


async def times(work: Callable[[int], Awaitable[Any]], rounds: int, start: int = 0) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for number in range(start, start + rounds):
        began = time.perf_counter()
        await work(number)
        found.append((time.perf_counter() - began) * 1000)
    return found


class Bare:
    """A fsynced SQLite insert of the same bytes: in place, and through one thread."""

    def __init__(self, folder: Path, texts: Sequence[str], vectors: Any) -> None:
        self.texts, self.vectors = texts, vectors
        self.path = str(folder / "bare.db")
        self.here = self._open()
        self.here.execute(
            "create table t(id integer primary key, k text unique, content text, vector blob)"
        )
        self.thread = ThreadPoolExecutor(1)
        self.there = self.thread.submit(self._open).result()

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(self.path)
        connection.execute("pragma journal_mode=wal").fetchall()
        connection.execute("pragma synchronous=full").fetchall()
        return connection

    def _insert(self, connection: apsw.Connection, key: str, n: int) -> None:
        row = (key, self.texts[n % len(self.texts)], self.vectors[n].tobytes())
        connection.execute("insert into t(k, content, vector) values (?, ?, ?)", row)

    async def in_place(self, n: int) -> None:
        self._insert(self.here, f"a{n}", n)

    async def through_thread(self, n: int) -> None:
        await asyncio.wrap_future(self.thread.submit(self._insert, self.there, f"b{n}", n))


async def adding(
    memory: Memory, folder: Path, given: Sequence[Message], vectors: Any
) -> list[Line]:
    """A durable add of one message with everything in, the parts taken in turn."""
    bare = Bare(folder, [m.content for m in given], vectors)
    start = len(given) - 900

    async def add(n: int) -> None:
        await memory.messages.add(given[n], vector=vectors[n])

    ratios, hops, adds = [], [], []
    for round_ in range(6):
        at = start + round_ * 150
        one = await median(bare.in_place, 150, at)
        hop = await median(bare.through_thread, 150, at)
        mine = await times(add, 150, at)
        ratios.append(np.median(mine) / one)
        hops.append(np.median(mine) / hop)
        adds += mine
    return [
        Line("durable add", float(np.median(adds)), "ms"),
        Line("durable add, mean", float(np.mean(adds)), "ms"),
        Line("durable add / bare insert", float(np.median(ratios)), "x", 5.0),
        Line("durable add / insert through one thread", float(np.median(hops)), "x", 2.5),
        *await searching_after(memory, given, vectors),
    ]


async def searching_after(memory: Memory, given: Sequence[Message], vectors: Any) -> list[Line]:
    """What a search costs that finds one new row waiting for the text index, and one that does not.

    The rows are written anew under other ids, since what is stored already waits for nothing.
    """
    asked = questions(40)
    after, idle = [], []
    for number, query in enumerate(asked):
        again = replace(given[number], message_id=f"again-{number}")
        await memory.messages.add(again, vector=vectors[number])
        for found in (after, idle):
            began = time.perf_counter()
            await memory.search(query, mode="keyword")
            found.append((time.perf_counter() - began) * 1000)
    return [
        Line("keyword search", float(np.median(idle)), "ms"),
        Line("keyword search, the first after an add", float(np.median(after)), "ms"),
    ]


async def bulk(memory: Memory, given: Sequence[Message], vectors: Any) -> list[Line]:
    """Everything in, in transactions of which the longest is measured, its commit included."""
    longest = 0.0
    whole = transactions.Transactions._finished

    def timed(self: transactions.Transactions, *given: Any) -> Any:
        nonlocal longest
        began = time.perf_counter()
        result = whole(self, *given)
        longest = max(longest, time.perf_counter() - began)
        return result

    transactions.Transactions._finished = timed  # type: ignore[assignment, method-assign]
    began = time.perf_counter()
    await memory.messages.add_batch(given, vectors=vectors)
    rate = len(given) / (time.perf_counter() - began)
    transactions.Transactions._finished = whole  # type: ignore[method-assign]
    return [
        Line("bulk, messages a second", rate, "messages/s", 10_000, at_least=True),
        Line("longest transaction", longest * 1000, "ms", 50),
    ]


async def scanning(memory: Memory, vectors: Any, count: int) -> list[Line]:
    """Get by id; exact top 10, bare and under filters of one per cent."""
    backend = memory.messages.backend
    matrix = np.ascontiguousarray(vectors[:count])

    async def bare(n: int) -> None:
        scores = matrix @ vectors[n]
        np.argpartition(scores, -10)[-10:]

    async def search(n: int, where: Filter | None = None) -> None:
        found = await backend.vector_search("messages", "vector", vectors[n], limit=10, where=where)
        assert len(found) == 10

    async def get(n: int) -> None:
        assert await memory.messages.get(f"m{n}") is not None

    indexed = eq("conversation_id", "c3")
    other = eq("metadata.share", 7)
    plain = [eq("name", "one in a hundred"), Compare("token_count", "eq", 7)]
    await search(0)
    copying = await median(search, 16)
    scans = [(await median(bare, 30, 30 * r), await median(search, 30, 30 * r)) for r in range(5)]
    base, mine = (float(np.median([s[i] for s in scans])) for i in (0, 1))
    ratio = float(np.median([b / a for a, b in scans]))
    lines = [
        Line("get by id", await median(get, 300), "ms", 0.05),
        Line(f"exact top 10 of {count}", mine, "ms", 1.3 if count <= 20_000 else None),
        Line(f"exact top 10 of {count} / bare scan", ratio, "x", None if count <= 20_000 else 1.2),
        Line(f"exact top 10 of {count}, while vectors are copied", copying, "ms"),
        Line(
            "1 % filter, indexed", await median(lambda n: search(n, indexed), 100), "ms",
            0.5 if count <= 20_000 else 1.0,
        ),
    ]  # fmt: skip
    for name, where in (("metadata", other), ("field", plain[1])):
        asked = await times(lambda n, w=where: search(n, w), 61)  # type: ignore[misc]
        slow = float(np.median(asked[1:]))
        lines += [
            Line(f"1 % filter, {name} without index / unfiltered", slow / mine, "x", 2.5),
            Line(f"1 % filter, {name} without index, the first", asked[0], "ms"),
        ]
    return [Line("bare scan", base, "ms"), *lines]


async def searching(memory: Memory, embedder: GivenVectors) -> list[Line]:
    """The public search with real questions, the query's vector given."""
    asked = questions(400)
    embedder.prepare(asked)
    lines = []
    for mode, p50, p95 in (("keyword", None, None), ("hybrid", 6.0, 15.0)):

        async def search(n: int, mode: str = mode) -> None:
            await memory.search(asked[n], mode=mode)

        await search(0)
        found = await times(search, len(asked))
        lines.append(Line(f"{mode} search p50", float(np.percentile(found, 50)), "ms", p50))
        lines.append(Line(f"{mode} search p95", float(np.percentile(found, 95)), "ms", p95))
    return lines


async def embedding(folder: Path, given: Sequence[Message]) -> list[Line]:
    """The same add with the default model's embedding in it; nothing where it is not installed."""
    async with engrammic.open(folder / "embedded") as memory:
        if memory.embedder is None:
            return []

        async def add(n: int) -> None:
            await memory.messages.add(given[n])

        await add(0)
        return [Line("durable add, embedding included", await median(add, 100, 1), "ms")]


async def measure(count: int, only: set[str]) -> list[Line]:
    """Every figure, over one file that all share."""
    given, vectors = messages(count + 900), unit_vectors(count + 900)
    embedder = GivenVectors()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="speed", dir=Path.cwd()) as name:
        folder = Path(name)
        async with engrammic.open(folder / "home", embedder=embedder) as memory:
            lines += await bulk(memory, given[:count], vectors[:count])
            if not only or "scan" in only:
                lines += await scanning(memory, vectors, count)
            if not only or "search" in only:
                lines += await searching(memory, embedder)
            if not only or "add" in only:
                lines += await adding(memory, folder, given, vectors)
        if not only or "embed" in only:
            lines += await embedding(folder, given)
    return lines


def main() -> None:
    """Print the table; exit 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lines = asyncio.run(measure(given.messages, set(filter(None, given.only.split(",")))))
    if given.json:
        print(json.dumps({line.name: round(line.value, 4) for line in lines}, indent=2))
    for line in lines if not given.json else ():
        sign = "" if line.bound is None else (">= " if line.at_least else "<= ") + f"{line.bound:g}"
        print(f"{line.name:48} {line.value:10.3f} {line.unit:11} {sign:10}"
              f"{'' if line.holds else ' BROKEN'}")  # fmt: skip
    raise SystemExit(not all(line.holds for line in lines))


if __name__ == "__main__":
    main()
