"""A memory to carry over, and a child that carries it until it is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from engrammic import Memory, Message, Note, Scope
from engrammic.backend import Backend
from engrammic.canonical import canonical
from engrammic.embed.hashing import HashingEmbedder
from engrammic.extraction import extract
from engrammic.moving import migrate
from engrammic.registry import open_backend
from engrammic.stores.entities import EntityStore
from engrammic.stores.graph import SimpleGraphStore
from engrammic.stores.meta import MetaStore
from engrammic.testing.exporting import everything
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.triples import GraphEntity, GraphTriple

NOON = 1_760_000_000_000


class Windowed(HashingEmbedder):
    """Reads 400 characters at once, so that long texts have passages."""

    def passages(self, text: str) -> list[tuple[int, int]]:
        return [(n, min(n + 400, len(text))) for n in range(0, max(1, len(text)), 400)]


async def fill(backend: Backend, count: int) -> None:
    """`count` messages in conversations of 50, one in 20 long; notes; a second scope."""
    memory = Memory(backend, Windowed(64), clock=lambda: NOON)
    await memory.ready()
    await MetaStore(backend).check_analyser()
    await MetaStore(backend).check_embedding(Windowed(64).fingerprint)
    for start in range(0, count, 500):
        await memory.messages.add_batch(list(messages(range(start, min(start + 500, count)))))
    for number in range(0, count, 50):
        await memory.conversations.create(f"c{number // 50}", title=f"Talk {number}")
    await memory.notes.add_batch([Note(f"note {n} of Déjà 日本", f"n{n}") for n in range(30)])
    other = Memory(backend, None, scope=Scope("Other", user="ü"), clock=lambda: NOON)
    await other.messages.add_batch(list(messages(range(20))))
    await age(other)


async def age(memory: Memory) -> None:
    """Summaries, facts, evidence, versions, moves and tombstones."""
    small = memory.tuned(TieredMemoryConfig(max_hot_messages=12, max_warm_summaries=4))
    await small.maintain()
    await memory.remember("the port is 8080", id="old")
    await memory.supersede("old", "the port is 9090")
    await memory.remember("the moon is made of green cheese", id="wrong")
    await memory.reject("wrong")
    await memory.hold("m000003", reason="case 7")


async def connect(backend: Backend) -> None:
    """Entities with a contradiction between them, and a graph."""
    store = EntityStore(backend)
    await store.ready()
    for number, text in enumerate(("api.py: def run(x)", "api.py: def run(x, y)", "db.py: load()")):
        await store.add_extraction(extract(text), f"m{number:06d}", NOON + number)
    graph = SimpleGraphStore(backend)
    await graph.upsert_entities([GraphEntity("api", description="it's 日本"), GraphEntity("db")])
    await graph.upsert_triples([GraphTriple("api", "calls", "db")])


def messages(numbers: Sequence[int]) -> Iterator[Message]:
    for n in numbers:
        words = f"message {n} about topic{n % 97} in snake_case_{n % 13} v1.{n}.0 日本語 é "
        yield Message(
            f"c{n // 50}", ("user", "assistant")[n % 2], words * (12 if n % 20 == 0 else 1),
            f"m{n:06d}", created_at=NOON + n * 1000, metadata={"n": n, "x": [n / 7, None, "é"]},
        )  # fmt: skip


async def lines(backend: Backend) -> dict[str, list[bytes]]:
    """Every table as canonical lines."""
    return {
        schema.name: [canonical(schema, r) for r in await everything(backend, schema.name, 500)]
        for schema in await backend.tables()
    }


async def lines_at(url: str) -> dict[str, list[bytes]]:
    """As `lines`, of the database at a URL."""
    backend = await open_backend(url)
    try:
        return await lines(backend)
    finally:
        await backend.close()


def killed(source: str, target: str, share: float) -> bool:
    """Whether a process that carries over, to kill itself at a share of the way, did so."""
    command = [sys.executable, str(Path(__file__).resolve()), source, target, str(share)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.returncode != 0


async def _carry(source: str, target: str, share: float) -> None:
    def advance(done: float, total: float, what: str) -> None:
        if done >= share * total:
            os.kill(os.getpid(), signal.SIGKILL)

    old, new = await open_backend(source), await open_backend(target)
    await migrate(old, new, name=source, advance=advance)
    await new.close()
    await old.close()


if __name__ == "__main__":
    asyncio.run(_carry(sys.argv[1], sys.argv[2], float(sys.argv[3])))
