"""A second process with a memory of its own: one JSON command a line, one JSON answer a line."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import engrammic
from engrammic import Memory, Message
from engrammic.embed.hashing import HashingEmbedder

DIMENSION = 64


class Process:
    """The handle that a test holds. `ask` waits for the answer, `tell` does not."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, str(Path(__file__).resolve())]
        self.popen = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.popen.kill()
        self.popen.communicate()

    def tell(self, verb: str, *given: Any) -> None:
        assert self.popen.stdin
        self.popen.stdin.write(json.dumps([verb, *given]) + "\n")
        self.popen.stdin.flush()

    def answer(self) -> Any:
        assert self.popen.stdout
        return json.loads(self.popen.stdout.readline())

    def ask(self, verb: str, *given: Any) -> Any:
        self.tell(verb, *given)
        return self.answer()


@contextmanager
def processes(count: int) -> Iterator[list[Process]]:
    made = [Process() for _ in range(count)]
    try:
        for process in made:
            assert process.ask("ping") == "pong"
        yield made
    finally:
        for process in made:
            process.__exit__(None, None, None)


async def opened(home: str) -> Memory:
    return await engrammic.open(home, embedder=HashingEmbedder(DIMENSION))


class Other:
    """What the second process can do."""

    def __init__(self) -> None:
        self.memory: Memory | None = None
        self.snapshot: Any = None

    @property
    def open_memory(self) -> Memory:
        assert self.memory is not None
        return self.memory

    async def ping(self) -> str:
        return "pong"

    async def open(self, home: str) -> list[str]:
        if self.memory is not None:
            await self.memory.close()
        self.memory = await opened(home)
        return [schema.name for schema in await self.memory.backend.tables()]

    async def add(self, message_id: str, content: str, conversation: str = "c") -> str:
        message = Message(conversation, "user", content, message_id)
        stored = await self.open_memory.messages.add(message)
        assert stored.message_id
        return stored.message_id

    async def remove(self, message_id: str) -> bool:
        return await self.open_memory.delete(message_id)

    async def find(self, query: str, mode: str) -> list[str]:
        return [hit.id for hit in await self.open_memory.search(query, limit=3, mode=mode)]

    async def synchronous(self) -> int:
        """What the writer's own connection says."""
        backend: Any = self.open_memory.backend
        return int(await backend._outside(lambda c: c.pragma("synchronous")))

    async def hold_snapshot(self) -> int:
        """Begin a read and keep it open; how many messages it sees."""
        backend: Any = self.open_memory.backend
        self.snapshot = backend._connections.here().connection
        self.snapshot.execute("begin")
        return await self.count_in_snapshot()

    async def count_in_snapshot(self) -> int:
        return int(self.snapshot.execute("select count(*) from messages").get)

    async def end_snapshot(self) -> None:
        self.snapshot.execute("commit")

    async def lock(self, path: str, how: str) -> None:
        """Hold a write lock on a file from a plain connection."""
        import apsw

        self.snapshot = apsw.Connection(path)
        self.snapshot.set_busy_timeout(5000)
        self.snapshot.execute(f"begin {how}")


def main() -> None:
    other = Other()
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            verb, *given = json.loads(line)
            print(json.dumps(runner.run(getattr(other, verb)(*given))), flush=True)


if __name__ == "__main__":
    main()
