"""A process that writes to a graph until it is killed: `graph_writer.py URL`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engrammic.graph import open_graph
from engrammic.triples import GraphTriple

CHAIN = 20
"""Triples in each batch."""


def batch(number: int) -> list[GraphTriple]:
    """Triples that hang together: a reader sees all of a batch or nothing."""
    return [
        GraphTriple(f"n{number}-{i}", "next", f"n{number}-{i + 1}", "T", "T", (f"b{number}",))
        for i in range(CHAIN)
    ]


@contextmanager
def writer(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has opened the graph and writes."""
    process = subprocess.Popen([sys.executable, __file__, url], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def main(url: str) -> None:
    graph = await open_graph(url)
    number = await graph.count_triples() // CHAIN
    print("open", flush=True)
    while True:
        await graph.upsert_triples(batch(number))
        number += 1
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
