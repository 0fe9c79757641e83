"""Progress bars on stderr, where somebody looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from engrammic.cli.output import console, counted, is_terminal, one_line, say

if TYPE_CHECKING:
    from engrammic.memory import Memory

Advance: TypeAlias = Callable[[float, float, str], None]
"""Called with what is done, what there is in all, and what is at hand."""


@contextmanager
def bar(title: str) -> Iterator[Advance]:
    """A bar that is drawn while the block runs; nothing where nobody looks."""
    if not is_terminal(sys.stderr):
        yield lambda done, total, what: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[what]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        task = progress.add_task(title, total=None, what="")

        def advance(done: float, total: float, what: str) -> None:
            shown = what if len(what) <= 40 else f"…{what[-39:]}"
            progress.update(task, completed=done, total=total, what=one_line(shown))

        yield advance


async def fill_in(memory: Memory) -> int:
    """Give pending items their vectors, with a bar; how many got one, or still wait."""
    from engrammic.upkeep import FILL_BATCH

    pending = int((await memory.stats())["pending"])
    if not pending:
        return 0
    if memory.embedder is None:
        waiting = "1 item is" if pending == 1 else f"{pending:,} items are"
        say(f"{waiting} found by words alone for now; `engrammic model install` gets the model")
        return pending
    with bar("embedding") as advance:
        done = 0
        advance(0, pending, "")
        async for _ in memory.fill_in():
            done = min(done + FILL_BATCH, pending)
            advance(done, pending, "")
    say(f"{counted(pending, 'item')} that waited for the model can be found by meaning now")
    return pending
