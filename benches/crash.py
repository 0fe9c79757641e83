"""Many processes on one file, killed at random: is every acknowledged message there?

python benches/crash.py                 # ten rounds of 8 processes with 500 adds each
python benches/crash.py imports FILES   # an import killed at ten places, then run again
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from zlib import crc32

import numpy as np
from contents import contents, differences

import engrammic
from engrammic import Memory, Message
from engrammic.backends.sqlite.writing import Writer
from engrammic.changes import Change
from engrammic.embed.hashing import HashingEmbedder
from engrammic.text import query_terms

DIMENSION = 64
SHARED = "shared"
"""A conversation that every process writes to; each also has one of its own."""
NOON = 1_760_000_000_000
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def vector(message_id: str) -> np.ndarray:
    """A vector that nobody else has."""
    return np.random.default_rng(crc32(message_id.encode())).normal(size=DIMENSION)


def mark(message_id: str) -> str:
    """A word that nobody else has: letters alone, so that it is one term."""
    return f"{crc32(message_id.encode()):08x}".translate(LETTERS)


async def opened(home: str, frozen: bool = False) -> Memory:
    clock = {"clock": lambda: NOON} if frozen else {}
    return await engrammic.open(home, embedder=HashingEmbedder(DIMENSION), **clock)


async def write(home: str, name: str, count: int) -> None:
    """Add messages, acknowledge each on standard output, then check what one is told to."""
    memory = await opened(home)
    for number in range(count):
        message_id = f"{name}-{number:05d}"
        conversation = SHARED if number % 2 else name
        text = f"message {number} of {name}: {mark(message_id)}"
        message = Message(conversation, "user", text, message_id)
        await memory.messages.add(message, vector=vector(message_id))
        os.write(1, f"{message_id}\n".encode())
    os.write(1, b"done\n")
    wanted = sys.stdin.readline().strip()
    if wanted:
        await report(memory, Path(wanted))
    await memory.close()


async def check(home: str, ids: str) -> None:
    """Check from a fresh process."""
    async with await opened(home) as memory:
        await report(memory, Path(ids))


async def report(memory: Memory, ids: Path) -> None:
    """Which of the messages in a list this process does not find, on standard output."""
    wanted = json.loads(ids.read_text())  # noqa: ASYNC240
    scoped, missing = memory.messages.backend, []
    for message_id in wanted:
        near = await scoped.vector_search(
            "messages", "vector", vector(message_id), limit=1, columns=("message_id",)
        )
        said = await scoped.text_search(
            "messages", query_terms(mark(message_id)), limit=1, columns=("message_id",)
        )
        for how, hits in (("vector", near), ("keyword", said)):
            if [h.record["message_id"] for h in hits] != [message_id]:
                missing.append(f"{message_id} by {how}")
        if await memory.messages.get(message_id) is None:
            missing.append(f"{message_id} by id")
    os.write(1, (json.dumps({"checked": len(wanted), "missing": missing}) + "\n").encode())


async def bring_in(home: str, *paths: str) -> None:
    """Import files; the clock stands, so that two runs give equal rows."""
    async with await opened(home, frozen=True) as memory:
        await memory.import_files(paths)


async def bring_in_and_die(home: str, lists: int, *paths: str) -> None:
    """As `bring_in`, killed inside a transaction: that of this change list, before its commit."""
    run, done = Writer.run, Counter[str]()

    def counted(self: Writer, changes: Sequence[Change]) -> int:
        written = run(self, changes)
        done["lists"] += written > 0
        if done["lists"] == lists:
            os.kill(os.getpid(), signal.SIGKILL)
        return written

    with mock.patch.object(Writer, "run", counted):
        await bring_in(home, *paths)


@dataclass(slots=True)
class Child:
    """A process of this file, and the ids that it has acknowledged."""

    process: subprocess.Popen[str]
    acknowledged: list[str] = field(default_factory=list)
    verdict: dict[str, Any] | None = None
    done: threading.Event = field(default_factory=threading.Event)
    kill_after: int | None = None
    delay: float = 0.0
    reader: threading.Thread | None = None

    def follow(self) -> None:
        """Read acknowledgements on a thread; kill it after so many."""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("{"):
                self.verdict = json.loads(line)
            elif line == "done\n":
                self.done.set()
            else:
                self.acknowledged.append(line.strip())
                if len(self.acknowledged) == self.kill_after:
                    time.sleep(self.delay)  # so that the kill falls anywhere in an add
                    self.process.send_signal(signal.SIGKILL)
        self.done.set()

    def finish(self, say: str = "") -> None:
        """Tell it to check (or nothing), and wait for its end."""
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.write(f"{say}\n")
            self.process.stdin.close()
        assert self.reader
        self.reader.join(300)
        self.process.wait(60)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()


def child(*arguments: str) -> Child:
    """A process that runs one function of this file."""
    pipe = subprocess.PIPE
    command = [sys.executable, str(Path(__file__).resolve()), "run", *arguments]
    made = Child(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
    made.follow()
    return made


def rush(home: Path, processes: int, adds: int, seed: int) -> dict[str, Any]:
    """Processes that write at once, one of them killed: what was lost, who misses what."""
    chance = random.Random(seed)
    writers = [child("write", str(home), f"w{n}", str(adds)) for n in range(processes)]
    victim = chance.choice(writers)
    victim.kill_after, victim.delay = chance.randint(1, adds - 20), chance.random() / 200
    for writer in writers:
        writer.done.wait(300)
    wanted = [i for w in writers for i in w.acknowledged]
    ids = home.parent / f"{home.name}.json"
    ids.write_text(json.dumps(wanted))
    for writer in writers:
        writer.finish("" if writer is victim else str(ids))
    fresh = child("check", str(home), str(ids))
    fresh.finish()
    verdicts = [w.verdict for w in (*writers, fresh) if w is not victim]
    missing = [m for v in verdicts for m in (v["missing"] if v else ["no verdict"])]
    return {
        "acknowledged": len(wanted),
        "by the killed one": len(victim.acknowledged),
        "checked by": len(verdicts),
        "missing": missing,
        **asyncio.run(afterwards(home, wanted)),
    }


async def afterwards(home: Path, wanted: list[str]) -> dict[str, Any]:
    """What a look at the file itself says."""
    async with await opened(str(home)) as memory:
        problems = await memory.backend.diagnose()
        counts = (await memory.backend.stats())["tables"]
    held = contents(home / "engrammic.db")
    names = [str(message_id) for _, message_id, *_ in held["messages"]]
    return {
        "problems": problems,
        "lost": sorted(set(wanted) - set(names))[:5],
        "unacknowledged": len(set(names) - set(wanted)),
        "doubled": [n for n, count in Counter(names).items() if count > 1],
        "uneven": {t: n for t, n in counts.items()
                   if t in ("messages", "tier_metadata") and n != len(names)},
        "vectors": len(held["messages.vector"]) - len(names),
    }  # fmt: skip


def killed_import(home: Path, paths: list[str], after: float) -> bool:
    """Import, killed after so many seconds, then run again; whether the kill was in the middle."""
    first = child("bring_in", str(home), *paths)
    time.sleep(after)
    interrupted = first.process.poll() is None
    first.process.send_signal(signal.SIGKILL)
    first.finish()
    again = child("bring_in", str(home), *paths)
    again.finish()
    assert again.process.returncode == 0
    return interrupted


def clean_import(home: Path, paths: list[str]) -> float:
    """Import without a kill; how many seconds it took."""
    start = time.perf_counter()
    once = child("bring_in", str(home), *paths)
    once.finish()
    assert once.process.returncode == 0
    return time.perf_counter() - start


def rounds(count: int, processes: int, adds: int) -> int:
    """Run the rush so many times; how many rounds went wrong."""
    wrong = 0
    for seed in range(count):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            result = rush(Path(folder) / "home", processes, adds, seed)
        bad = {k: v for k, v in result.items() if v and k in
               ("missing", "problems", "lost", "doubled", "uneven", "vectors")}  # fmt: skip
        wrong += bool(bad)
        print(f"{seed}: {time.perf_counter() - start:.1f} s, {result}")
    return wrong


def imports(count: int, paths: list[str]) -> int:
    """Kill an import at so many places; how many left other contents than one clean run."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "clean"
        taken = clean_import(clean, paths)
        expected = contents(clean / "engrammic.db")
        for number in range(count):
            home = Path(folder) / f"killed{number}"
            after = 0.3 + (taken - 0.3) * (number + 0.5) / count
            interrupted = killed_import(home, paths, after)
            found = differences(expected, contents(home / "engrammic.db"))
            wrong += bool(found)
            print(f"killed after {after:.2f} s, in the middle: {interrupted}, other: {found}")
    return wrong


RUN = {f.__name__: f for f in (write, check, bring_in, bring_in_and_die)}


def main() -> int:
    """0 when nothing was lost, doubled or different."""
    if sys.argv[1:2] == ["run"]:
        name, *given = sys.argv[2:]
        values = [int(g) if g.isdecimal() else g for g in given]
        asyncio.run(RUN[name](*values))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("adds", "imports"), default="adds")
    parser.add_argument("paths", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--adds", type=int, default=500)
    given = parser.parse_args()
    if given.what == "imports":
        return imports(given.rounds, given.paths or ["examples"]) > 0
    return rounds(given.rounds, given.processes, given.adds) > 0


if __name__ == "__main__":
    sys.exit(main())
