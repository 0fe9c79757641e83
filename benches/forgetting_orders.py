"""Orders in many dresses: which memory is taken, with the new text and without it.

Run `python benches/forgetting_orders.py [--errors] [--model NAME]`. The memories are those of
data/forgetting_orders.txt, and the margins of `find_same` and `correct` were chosen on them. Each
order is also given with what it means left out: then whatever is taken is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from contradictions import wilson

import engrammic
from engrammic import Memory
from engrammic.embed.base import Embedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput, NotFound

DATA = Path(__file__).parent / "data" / "forgetting_orders.txt"
START, MINUTE = 1_790_000_000_000, 60_000


@dataclass(frozen=True, slots=True)
class Order:
    """Memories, an order about one of them by number, or about none, and what is true now."""

    memories: tuple[str, ...]
    text: str
    new: str
    meant: int | None


def orders() -> Iterator[Order]:
    """All of them, scene by scene."""
    for block in DATA.read_text().strip().split("\n\n"):
        lines = [line.split(": ", 1) for line in block.splitlines()[1:]]
        memories = tuple(text for kind, text in lines if kind == "m")
        for kind, text in lines:
            if kind in ("correct", "none"):
                about, new, *number = text.split(" => ")
                yield Order(memories, about, new, int(number[0]) if number else None)


async def taken(memory: Memory, order: Order, with_new: bool) -> str | None:
    """The memory that the order takes, or None where it is refused."""
    stored = {n.content: n.id for n in [await memory.remember(m) for m in order.memories]}
    try:
        if not with_new:
            return (await memory.find_same(order.text)).content
        await memory.correct(order.text, order.new)
    except (NotFound, InvalidInput):
        return None
    return next(iter([m for m, i in stored.items() if await memory.get(i or "") is None]))


async def outcome(embedder: Embedder, order: Order, with_new: bool) -> tuple[str, str | None]:
    """What came of one order, and what it took."""
    ticks = count(START, MINUTE)
    async with engrammic.open("memory:", embedder=embedder, clock=lambda: next(ticks)) as memory:
        found = await taken(memory, order, with_new)
    meant = None if order.meant is None else order.memories[order.meant]
    kind = "meant" if meant else "nothing meant"
    if found is None:
        return f"{kind}: refused", None
    return f"{kind}: {'right' if found == meant else 'wrong'}", found


async def measure(model: str, errors: bool) -> Counter[tuple[bool, str]]:
    found: Counter[tuple[bool, str]] = Counter()
    embedder = load_embedder(model)
    for order in orders():
        left = tuple(m for n, m in enumerate(order.memories) if n != order.meant)
        played = (
            [order] if order.meant is None else [order, Order(left, order.text, order.new, None)]
        )
        for one in played:
            for with_new in (True, False):
                told, took = await outcome(embedder, one, with_new)
                found[with_new, told] += 1
                if errors and told not in ("meant: right", "nothing meant: refused"):
                    print(
                        f"{told} ({'correct' if with_new else 'find_same'}) {one.text!r}: {took!r}"
                    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    given = parser.parse_args()
    found = asyncio.run(measure(given.model, given.errors))
    for with_new in (True, False):
        print("correct" if with_new else "find_same")
        for kind in ("meant", "nothing meant"):
            rows = {
                t: n for (w, t), n in found.items() if w == with_new and t.startswith(kind + ":")
            }
            for told, number in sorted(rows.items()):
                low, high = wilson(number, sum(rows.values()))
                print(f"  {told:24} {number:3} of {sum(rows.values()):3}  [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
