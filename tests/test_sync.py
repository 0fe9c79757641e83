"""The blocking twins: generated, complete, and callable from wherever a person may be."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import gen_sync
import pytest
import twins

import engrammic
import engrammic.sync
from engrammic import Message, loop
from engrammic.errors import InvalidInput, Unsupported
from engrammic.tiers.tiered import TieredMemory

TWINS = [
    (engrammic.Memory, engrammic.sync.Memory, {"ready"}),
    (TieredMemory, engrammic.sync.TieredMemory, {"ready", "raise_up", "made", "touch"}),
    (engrammic.MessageStore, engrammic.sync.MessageStore, twins.STORE),
    (engrammic.NoteStore, engrammic.sync.NoteStore, twins.STORE),
    (engrammic.ConversationStore, engrammic.sync.ConversationStore, twins.STORE),
]


def opened(home: Path) -> engrammic.sync.Memory:
    return engrammic.sync.open(home, embedder="hashing")


def test_what_is_written_is_what_would_be_written() -> None:
    made = gen_sync.modules()
    assert {p.name: p.read_text("utf-8") for p in gen_sync.TARGET.glob("*.py")} == made


def test_check_says_which_file_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gen_sync, "TARGET", tmp_path / "sync")
    monkeypatch.setattr(sys, "argv", ["gen_sync.py"])
    assert gen_sync.main() == 0
    monkeypatch.setattr(sys, "argv", ["gen_sync.py", "--check"])
    assert gen_sync.main() == 0
    (tmp_path / "sync" / "notes.py").write_text("")
    assert gen_sync.main() == 1
    assert "notes.py" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("awaited", "twin", "inner"), TWINS, ids=lambda v: getattr(v, "__name__", "")
)
def test_every_public_coroutine_has_a_twin_with_the_same_parameters(
    awaited: type, twin: type, inner: frozenset[str]
) -> None:
    def is_awaited(value: object) -> bool:
        return inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)

    methods = dict(inspect.getmembers(awaited, is_awaited))
    public = {name for name in methods if not name.startswith("_")} - set(inner)
    assert len(public) > 5
    for name in public:
        here = inspect.signature(getattr(twin, name)).parameters
        there = inspect.signature(methods[name]).parameters
        assert [(p.name, p.kind, p.default) for p in here.values()] == [
            (p.name, p.kind, p.default) for p in there.values()
        ]
        assert getattr(twin, name).__doc__ == methods[name].__doc__
        assert not is_awaited(getattr(twin, name))


def test_open_takes_what_the_awaited_one_takes() -> None:
    here = inspect.signature(engrammic.sync.open).parameters
    there = inspect.signature(engrammic.open).parameters
    assert [(p.name, p.default) for p in here.values()] == [
        (p.name, p.default) for p in there.values()
    ]


def test_a_memory_is_used_with_and_without_with(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    memory.messages.add(Message("c", "user", "The kiosk signs with RS256"))
    note = memory.remember("short answers", "preference")
    memory.close()
    with opened(tmp_path) as again:
        assert again.search("kiosk")[0].text == "The kiosk signs with RS256"
        assert again.recall(memory_type="preference") == [note]
        assert again.conversations.get("c").message_count == 1  # type: ignore[union-attr]
        assert again.scoped(user="ada").recall() == []
        assert again.list("message").items[0].content == "The kiosk signs with RS256"
        assert again.stats()["notes"] == 1


def test_errors_come_through_as_they_are(tmp_path: Path) -> None:
    with opened(tmp_path) as memory, pytest.raises(InvalidInput, match="query"):
        memory.search(" ")


def test_an_async_iterator_becomes_a_plain_one(tmp_path: Path) -> None:
    with engrammic.sync.open(tmp_path, embedder="none") as memory:
        memory.remember("waits for the model")
    with opened(tmp_path) as memory:
        assert memory.stats()["pending"] == 1
        assert list(memory.fill_in()) == [0]
        assert memory.stats()["pending"] == 0


def test_an_iterator_left_early_is_closed() -> None:
    closed = threading.Event()

    async def numbers() -> AsyncIterator[int]:
        try:
            for number in range(10):
                yield number
        finally:
            closed.set()

    iterator = loop.each(numbers())
    assert next(iterator) == 0
    iterator.close()  # type: ignore[attr-defined]
    assert closed.is_set()


async def test_it_works_while_a_loop_runs_here(tmp_path: Path) -> None:
    with opened(tmp_path) as memory:
        memory.remember("said within a running loop")
        assert len(memory.search("loop")) == 1


def test_a_call_from_the_loop_itself_is_an_error_and_no_deadlock(tmp_path: Path) -> None:
    with opened(tmp_path) as memory:

        async def inside() -> None:
            memory.stats()

        with pytest.raises(Unsupported, match="own event loop"):
            loop.call(inside())


def test_calls_come_from_many_threads(tmp_path: Path) -> None:
    with opened(tmp_path) as memory:
        threads = [
            threading.Thread(target=memory.remember, args=(f"note number {n}",)) for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert memory.stats()["notes"] == 8


def test_an_interrupt_cancels_the_call() -> None:
    cancelled = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    # What is started in the background of a shell ignores interrupts, until somebody handles them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            loop.call(slow())
    finally:
        signal.signal(signal.SIGINT, before)
    assert cancelled.is_set()


FORK = """
import os, sys
import engrammic.sync
home = sys.argv[1]
with engrammic.sync.open(home, embedder="hashing") as memory:
    memory.remember("before the fork")
pid = os.fork()
with engrammic.sync.open(home, embedder="hashing") as memory:
    memory.remember("in the child" if pid == 0 else "in the parent")
if pid == 0:
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
with engrammic.sync.open(home, embedder="hashing") as memory:
    print(sorted(note.content for note in memory.recall()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_thread_starts_anew_after_a_fork(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.strip() == "['before the fork', 'in the child', 'in the parent']"
