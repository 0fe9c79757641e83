"""The long form of the random tests, on the backends that are named or on all of them.

Run by `make test-long`. Ends with a table; its exit status is 1 where a
backend and the reference differ.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from engines import SCHEMES, Engines, NewDatabase, chroma, milvus
from engrammic.registry import backend_class
from engrammic.testing.fakes.nornicdb import NornicdbServer
from engrammic.testing.longer import ALL_TREES, HISTORIES, Outcome, run_long


@contextmanager
def rest(folder: Path) -> Iterator[NewDatabase]:
    """NornicDB's other transport."""
    with NornicdbServer("admin", "secret/word") as server:
        yield lambda: f"{server.rest_url}?transport=rest"


OTHERS: dict[str, Callable[[Path], AbstractContextManager[NewDatabase]]] = {
    "milvus-server": milvus.serving,
    "chroma-server": chroma.serving,
    "nornicdb-rest": rest,
}
"""Second ways to the same engine."""


async def run(url: str, progress: Progress, name: str) -> Outcome:
    """The long form on one database."""
    backend = await backend_class(url.partition(":")[0]).connect(url)
    task = progress.add_task(name, total=HISTORIES + ALL_TREES)
    try:
        return await run_long(
            backend, lambda n: progress.advance(task, n), histories=HISTORIES, trees=ALL_TREES
        )
    finally:
        await backend.close()


def run_one(name: str, folder: Path, progress: Progress) -> Outcome | str:
    """The long form on a new database of that name's kind, or why there is none."""
    try:
        return _run_one(name, folder, progress)
    except pytest.skip.Exception as missing:
        return str(missing)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the others go on
        return Outcome(differences=[f"{type(error).__name__}: {error}"])


def _run_one(name: str, folder: Path, progress: Progress) -> Outcome:
    if name in OTHERS:
        folder = folder / name
        folder.mkdir()
        with OTHERS[name](folder) as new:
            return asyncio.run(run(new(), progress, name))
    with Engines(folder) as engines:
        return asyncio.run(run(engines.new(name), progress, name))


def shown(outcomes: dict[str, Outcome]) -> Table:
    """The results, a line for each backend."""
    table = Table("backend", "operations", "trees", "disagreements", "seconds")
    for name, found in outcomes.items():
        figures = found.operations, found.trees, len(found.differences), f"{found.seconds:.0f}"
        table.add_row(name, *map(str, figures))
    return table


def main(names: list[str]) -> int:
    """The exit status."""
    console = Console()
    outcomes: dict[str, Outcome] = {}
    columns = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn(),
               TimeElapsedColumn())  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=console) as progress:
        for name in names or (*SCHEMES, *OTHERS):
            found = run_one(name, Path(folder), progress)
            if isinstance(found, str):
                console.print(f"left out, {found}", markup=False)
                continue
            outcomes[name] = found
            for difference in found.differences:
                console.print(f"{name}: {difference}", markup=False, soft_wrap=True)
    console.print(shown(outcomes))
    return int(any(found.differences for found in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
