"""The long form of the kit's random tests: the short one begins it, and it sees a lie."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

import long_run
from engrammic.backends.memory import MemoryBackend
from engrammic.changes import Change
from engrammic.filters import Compare, Filter
from engrammic.testing.hostile import NAMES, PIECES, TREES, hostile_round
from engrammic.testing.longer import run_long
from engrammic.testing.machine import STEPS, run_beside_memory
from engrammic.testing.trees import VERBS
from engrammic.types import Record


class Listening(MemoryBackend):
    """Writes down what it is told to apply."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    async def apply(self, changes: Sequence[Change]) -> int:
        self.told.append(repr(changes))
        return await super().apply(changes)


async def test_the_short_form_is_the_beginning_of_the_long_one() -> None:
    told = []
    for examples in (2, 4, 11):
        backend, loop = Listening(), asyncio.get_running_loop()
        done = await asyncio.to_thread(run_beside_memory, backend, loop, examples=examples)
        assert done == examples * STEPS
        told.append(backend.told)
    short, long, longer = told
    assert len(short) < len(long) < len(longer)
    assert long[: len(short)] == short
    assert longer[: len(long)] == long


def test_a_round_is_the_same_each_time_and_of_hostile_names_and_values() -> None:
    given = hostile_round(0)
    hostile_round.cache_clear()
    assert hostile_round(0) == given
    assert len(set(map(repr, given.trees))) == TREES
    leaves = [leaf for tree in given.trees for leaf in _leaves(tree)]
    assert {leaf.field.partition(".")[0] for leaf in leaves} > {
        n for ns in NAMES.values() for n in ns
    }
    texts = {leaf.value for leaf in leaves if isinstance(leaf.value, str)}
    assert len(texts & set(PIECES)) > 5
    assert sum(leaf.value == () for leaf in leaves) > 5  # some had a NUL in their text


class Lying(MemoryBackend):
    """Forgets the last record that a filter lets through, or fails in its own words."""

    fails = False

    async def query(self, table: str, where: Filter | None = None, **asked: Any) -> list[Record]:
        found = await super().query(table, where, **asked)
        if self.fails and where is not None:
            raise RuntimeError("syntax error near '")
        return found[:-1] if where is not None and len(found) > 1 else found


async def test_an_honest_backend_differs_in_nothing() -> None:
    steps: list[int] = []
    outcome = await run_long(MemoryBackend(), steps.append, histories=2, trees=20)
    assert (outcome.operations, outcome.trees, outcome.differences) == (2 * STEPS, 20, [])
    assert sum(steps) == 22


@pytest.mark.parametrize("fails", [False, True])
async def test_a_backend_that_lies_is_found_out(fails: bool) -> None:
    backend = Lying()
    backend.fails = fails
    outcome = await run_long(backend, lambda _: None, histories=3, trees=5 * len(VERBS))
    assert outcome.trees == 5 * len(VERBS)
    assert len(outcome.differences) > 5
    assert all("tree" in told for told in outcome.differences[1:])


@pytest.mark.parametrize("name", ["memory", "nothing"])
def test_the_command_ends_with_a_table(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_run, "HISTORIES", 2)
    monkeypatch.setattr(long_run, "ALL_TREES", 5)
    assert long_run.main([name]) == (name == "nothing")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    wanted = [str(2 * STEPS), "5", "0"] if name == "memory" else ["0", "0", "1"]
    assert [row[3:8:2] for row in rows if row[1:2] == [name] and row[0] == "│"] == [wanted]


def _leaves(tree: Filter) -> list[Compare]:
    if isinstance(tree, Compare):
        return [tree]
    return [leaf for part in tree.parts for leaf in _leaves(part)]
